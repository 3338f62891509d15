// The JSON family: numbers, texts, booleans and objects within documents.
#include <cmath>
#include <utility>

#include "commands/json.h"
#include "json/text.h"

namespace kvorum {
namespace {

enum class Operation : uint8_t { kAdd, kMultiply };

// Integers as long as they fit, numbers otherwise. False: the result is infinite.
bool Calculate(Operation operation, const JsonValue& left, const JsonValue& right, JsonValue* result) {
  using Type = JsonValue::Type;
  if (left.type() == Type::kInteger && right.type() == Type::kInteger) {
    int64_t integer;
    const bool overflows = operation == Operation::kAdd
                               ? __builtin_add_overflow(left.integer(), right.integer(), &integer)
                               : __builtin_mul_overflow(left.integer(), right.integer(), &integer);
    if (!overflows) {
      *result = JsonValue::Integer(integer);
      return true;
    }
  }
  const double number = operation == Operation::kAdd ? left.number() + right.number() : left.number() * right.number();
  if (!std::isfinite(number)) return false;
  *result = JsonValue::Number(number);
  return true;
}

void ReplyNumber(Context& ctx, const JsonValue& value) {
  value.type() == JsonValue::Type::kInteger ? ctx.reply.Integer(value.integer()) : ctx.reply.Double(value.number());
}

// RESP2: the new values as JSON; RESP3: an array of numbers.
void ReplyNumbers(Context& ctx, const JsonPath& path, const std::vector<JsonMatch>& matches) {
  if (ctx.reply.resp() == 3) {
    ctx.reply.Array(matches.size());
    for (const JsonMatch& match : matches) {
      match.value->is_numeric() ? ReplyNumber(ctx, *match.value) : ctx.reply.Null();
    }
    return;
  }
  std::string out;
  if (!path.legacy()) out.push_back('[');
  for (const JsonMatch& match : matches) {
    if (path.legacy()) {
      if (!match.value->is_numeric()) continue;
      out.clear();
    } else if (out.size() > 1) {
      out.push_back(',');
    }
    match.value->is_numeric() ? WriteJson(*match.value, &out) : WriteJson(JsonValue(), &out);
  }
  if (!path.legacy()) out.push_back(']');
  ctx.reply.Bulk(out);
}

void ChangeNumbers(Context& ctx, Operation operation, std::string_view event) {
  const std::string_view key = ctx.args[1];
  JsonPath path;
  JsonValue by;
  JsonObject* json;
  std::vector<JsonMatch> matches;
  if (!ParsePathArg(ctx, 2, &path) || !ParseJsonArg(ctx, ctx.args[3], &by)) return;
  if (!by.is_numeric()) return ctx.Error("ERR the value is not a number");
  if (!WriteJsonThere(ctx, key, &json) || !FindJson(ctx, path, *json, &matches)) return;
  // All or nothing.
  std::vector<JsonValue> results(matches.size());
  bool any = false;
  for (size_t i = 0; i < matches.size(); ++i) {
    if (!matches[i].value->is_numeric()) continue;
    any = true;
    if (!Calculate(operation, *matches[i].value, by, &results[i])) {
      return ctx.Error("ERR result is not a number");
    }
  }
  if (path.legacy() && !any) return NoSuchPath(ctx, path, "does not contains a number");
  for (size_t i = 0; i < matches.size(); ++i) {
    if (matches[i].value->is_numeric()) *matches[i].value = std::move(results[i]);
  }
  if (any) JsonChanged(ctx, key, event);
  ReplyNumbers(ctx, path, matches);
}

void JsonNumincrby(Context& ctx) { ChangeNumbers(ctx, Operation::kAdd, "json.numincrby"); }
void JsonNummultby(Context& ctx) { ChangeNumbers(ctx, Operation::kMultiply, "json.nummultby"); }

void JsonStrappend(Context& ctx) {
  const std::string_view key = ctx.args[1];
  if (ctx.args.size() > 4) return ctx.WrongArity();
  JsonPath path;
  JsonValue more;
  JsonObject* json;
  std::vector<JsonMatch> matches;
  std::string error;
  if (!JsonPath::Parse(ctx.args.size() == 4 ? ctx.args[2] : ".", &path, &error)) return ctx.Error(error);
  if (!ParseJsonArg(ctx, ctx.args.back(), &more)) return;
  if (!more.is_string()) return WrongJsonType(ctx, "string", more);
  if (!WriteJsonThere(ctx, key, &json) || !FindJson(ctx, path, *json, &matches)) return;
  bool any = false;
  for (const JsonMatch& match : matches) {
    if (!match.value->is_string()) continue;
    any = true;
    if (match.value->string().size() + more.string().size() > kMaxJsonStringBytes) {
      return ctx.Error("ERR string exceeds maximum allowed size");
    }
  }
  std::vector<std::optional<int64_t>> lengths(matches.size());
  for (size_t i = 0; i < matches.size(); ++i) {
    JsonValue& value = *matches[i].value;
    if (!value.is_string()) continue;
    // A place that was found twice may have grown meanwhile.
    if (value.string().size() + more.string().size() <= kMaxJsonStringBytes) {
      value = JsonValue::Joined(value.string(), more.string());
    }
    lengths[i] = static_cast<int64_t>(value.string().size());
  }
  if (any) JsonChanged(ctx, key, "json.strappend");
  ReplyIntegers(ctx, path, lengths, "not a string");
}

void JsonToggle(Context& ctx) {
  const std::string_view key = ctx.args[1];
  JsonPath path;
  JsonObject* json;
  std::vector<JsonMatch> matches;
  if (!ParsePathArg(ctx, 2, &path) || !WriteJsonThere(ctx, key, &json) || !FindJson(ctx, path, *json, &matches)) return;
  bool any = false;
  std::vector<std::optional<int64_t>> results(matches.size());
  for (size_t i = 0; i < matches.size(); ++i) {
    JsonValue& value = *matches[i].value;
    if (value.type() != JsonValue::Type::kBoolean) continue;
    any = true;
    value = JsonValue::Boolean(!value.boolean());
    results[i] = value.boolean() ? 1 : 0;
  }
  if (any) JsonChanged(ctx, key, "json.toggle");
  if (!path.legacy() || !any) return ReplyIntegers(ctx, path, results, "not a bool");
  for (size_t i = matches.size(); i-- > 0;) {
    if (results[i]) return ctx.reply.Bulk(*results[i] != 0 ? "true" : "false");
  }
}

// --- Lengths and names --------------------------------------------------------------------------------------------------------

// Replies what `measure` says of each value. A missing key is nil to a legacy path.
template <typename Is, typename Reply>
void ReadEach(Context& ctx, std::string_view type, Is is, Reply reply) {
  JsonPath path;
  JsonObject* json;
  std::vector<JsonMatch> matches;
  if (!ParsePathArg(ctx, 2, &path) || !ReadJson(ctx, ctx.args[1], &json)) return;
  if (json == nullptr) return path.legacy() ? ctx.reply.Null() : NoSuchJsonKey(ctx);
  if (!FindJson(ctx, path, *json, &matches)) return;
  if (path.legacy()) {
    if (matches.empty()) return type == "object" ? ctx.reply.Null() : NoSuchPath(ctx, path);
    return is(*matches[0].value) ? reply(*matches[0].value) : WrongJsonType(ctx, type, *matches[0].value);
  }
  ctx.reply.Array(matches.size());
  for (const JsonMatch& match : matches) is(*match.value) ? reply(*match.value) : ctx.reply.Null();
}

bool IsString(const JsonValue& value) { return value.is_string(); }
bool IsArray(const JsonValue& value) { return value.is_array(); }
bool IsObject(const JsonValue& value) { return value.is_object(); }

void JsonStrlen(Context& ctx) {
  ReadEach(ctx, "string", IsString,
           [&ctx](const JsonValue& value) { ctx.reply.Integer(static_cast<int64_t>(value.string().size())); });
}

void JsonArrlen(Context& ctx) {
  ReadEach(ctx, "array", IsArray,
           [&ctx](const JsonValue& value) { ctx.reply.Integer(static_cast<int64_t>(value.size())); });
}

void JsonObjlen(Context& ctx) {
  ReadEach(ctx, "object", IsObject,
           [&ctx](const JsonValue& value) { ctx.reply.Integer(static_cast<int64_t>(value.size())); });
}

void JsonObjkeys(Context& ctx) {
  ReadEach(ctx, "object", IsObject, [&ctx](const JsonValue& value) {
    ctx.reply.Array(value.size());
    for (size_t slot = 0; slot < value.slots(); ++slot) {
      if (const JsonMember* member = value.MemberAt(slot); member != nullptr) ctx.reply.Bulk(member->name());
    }
  });
}

}  // namespace

void RegisterJsonValueCommands(CommandTable& table) {
  table.Bind("json.numincrby", JsonNumincrby);
  table.Bind("json.nummultby", JsonNummultby);
  table.Bind("json.strappend", JsonStrappend);
  table.Bind("json.strlen", JsonStrlen);
  table.Bind("json.toggle", JsonToggle);
  table.Bind("json.arrlen", JsonArrlen);
  table.Bind("json.objlen", JsonObjlen);
  table.Bind("json.objkeys", JsonObjkeys);
}

}  // namespace kvorum
