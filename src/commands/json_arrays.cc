// The JSON family: arrays within documents.
#include <algorithm>
#include <utility>

#include "commands/json.h"
#include "json/text.h"

namespace kvorum {
namespace {

constexpr std::string_view kNotAnArray = "not an array";

int64_t SizeOf(const JsonValue& array) { return static_cast<int64_t>(array.size()); }

std::vector<JsonValue> CloneAll(const std::vector<JsonValue>& values) {
  std::vector<JsonValue> copies;
  copies.reserve(values.size());
  for (const JsonValue& value : values) copies.push_back(value.Clone());
  return copies;
}

// The values from args[first] on.
bool ParseValues(Context& ctx, size_t first, std::vector<JsonValue>* values, size_t* depth) {
  *depth = 0;
  for (std::string_view text : ctx.args.subspan(first)) {
    if (!ParseJsonArg(ctx, text, &values->emplace_back())) return false;
    *depth = std::max(*depth, values->back().Depth());
  }
  return true;
}

// Whether the arrays have room for `more` values of this depth.
bool CheckRoom(Context& ctx, const std::vector<JsonMatch>& matches, size_t more, size_t depth) {
  for (const JsonMatch& match : matches) {
    if (!match.value->is_array()) continue;
    if (match.depth + 1 + depth > kMaxJsonDepth || match.value->size() + more > kMaxJsonItems / 2) {
      return ReplyTooDeep(ctx);
    }
  }
  return true;
}

bool HasArray(const std::vector<JsonMatch>& matches) {
  return std::any_of(matches.begin(), matches.end(), [](const JsonMatch& match) { return match.value->is_array(); });
}

void JsonArrappend(Context& ctx) {
  const std::string_view key = ctx.args[1];
  JsonPath path;
  JsonObject* json;
  std::vector<JsonValue> values;
  std::vector<JsonMatch> matches;
  size_t depth;
  if (!ParsePathArg(ctx, 2, &path) || !ParseValues(ctx, 3, &values, &depth)) return;
  if (!WriteJsonThere(ctx, key, &json) || !FindJson(ctx, path, *json, &matches)) return;
  if (!CheckRoom(ctx, matches, values.size(), depth)) return;
  const bool changes = HasArray(matches);
  const auto results = ChangeEach<int64_t>(matches, [&](const JsonMatch& match) -> std::optional<int64_t> {
    JsonValue& array = *match.value;
    if (!array.is_array()) return std::nullopt;
    std::vector<JsonValue> copies = CloneAll(values);
    array.Insert(array.size(), copies);
    return SizeOf(array);
  });
  if (changes) JsonChanged(ctx, key, "json.arrappend");
  ReplyIntegers(ctx, path, results, kNotAnArray);
}

void JsonArrinsert(Context& ctx) {
  const std::string_view key = ctx.args[1];
  JsonPath path;
  JsonObject* json;
  std::vector<JsonValue> values;
  std::vector<JsonMatch> matches;
  int64_t index;
  size_t depth;
  if (!ParsePathArg(ctx, 2, &path) || !ctx.IntegerArg(3, &index) || !ParseValues(ctx, 4, &values, &depth)) return;
  if (!WriteJsonThere(ctx, key, &json) || !FindJson(ctx, path, *json, &matches)) return;
  if (!CheckRoom(ctx, matches, values.size(), depth)) return;
  for (const JsonMatch& match : matches) {
    if (!match.value->is_array()) continue;
    const int64_t size = SizeOf(*match.value);
    if (index > size || index < -size) return ctx.Error("ERR index out of bounds");
  }
  const bool changes = HasArray(matches);
  const auto results = ChangeEach<int64_t>(matches, [&](const JsonMatch& match) -> std::optional<int64_t> {
    JsonValue& array = *match.value;
    if (!array.is_array()) return std::nullopt;
    std::vector<JsonValue> copies = CloneAll(values);
    array.Insert(static_cast<size_t>(index < 0 ? index + SizeOf(array) : index), copies);
    return SizeOf(array);
  });
  if (changes) JsonChanged(ctx, key, "json.arrinsert");
  ReplyIntegers(ctx, path, results, kNotAnArray);
}

void JsonArrtrim(Context& ctx) {
  const std::string_view key = ctx.args[1];
  JsonPath path;
  JsonObject* json;
  std::vector<JsonMatch> matches;
  int64_t start;
  int64_t stop;
  if (!ParsePathArg(ctx, 2, &path) || !ctx.IntegerArg(3, &start) || !ctx.IntegerArg(4, &stop)) return;
  if (!WriteJsonThere(ctx, key, &json) || !FindJson(ctx, path, *json, &matches)) return;
  const bool changes = HasArray(matches);
  const auto results = ChangeEach<int64_t>(matches, [&](const JsonMatch& match) -> std::optional<int64_t> {
    JsonValue& array = *match.value;
    if (!array.is_array()) return std::nullopt;
    const int64_t size = SizeOf(array);
    const int64_t first = std::clamp<int64_t>(start < 0 ? start + size : start, 0, size);
    const int64_t last = std::clamp<int64_t>(stop < 0 ? stop + size : stop, -1, size - 1);
    if (first > last) {
      array = JsonValue::Array();
    } else {
      array.Erase(static_cast<size_t>(last + 1), static_cast<size_t>(size - last - 1));
      array.Erase(0, static_cast<size_t>(first));
    }
    return SizeOf(array);
  });
  if (changes) JsonChanged(ctx, key, "json.arrtrim");
  ReplyIntegers(ctx, path, results, kNotAnArray);
}

// Whether they are the same value of the same type: 3 is not 3.0.
bool IsSame(const JsonValue& a, const JsonValue& b) { return a.type() == b.type() && a.Equals(b); }

void JsonArrindex(Context& ctx) {
  JsonPath path;
  JsonObject* json;
  JsonValue wanted;
  std::vector<JsonMatch> matches;
  int64_t start = 0;
  int64_t stop = 0;
  if (ctx.args.size() > 6) return ctx.WrongArity();
  if (!ParsePathArg(ctx, 2, &path) || !ParseJsonArg(ctx, ctx.args[3], &wanted)) return;
  if (ctx.args.size() > 4 && !ctx.IntegerArg(4, &start)) return;
  if (ctx.args.size() > 5 && !ctx.IntegerArg(5, &stop)) return;
  if (!ReadJson(ctx, ctx.args[1], &json)) return;
  if (json == nullptr) return NoSuchJsonKey(ctx);
  if (!FindJson(ctx, path, *json, &matches)) return;
  const auto index_in = [&](const JsonValue& array) -> int64_t {
    const int64_t size = SizeOf(array);
    const int64_t first = std::max<int64_t>(start < 0 ? start + size : start, 0);
    // 0: to the end.
    const int64_t end = std::min(stop <= 0 ? stop + size : stop, size);
    for (int64_t i = first; i < end; ++i) {
      if (IsSame(array.at(static_cast<size_t>(i)), wanted)) return i;
    }
    return -1;
  };
  if (path.legacy()) {
    if (matches.empty()) return NoSuchPath(ctx, path);
    if (!matches[0].value->is_array()) return WrongJsonType(ctx, "array", *matches[0].value);
    return ctx.reply.Integer(index_in(*matches[0].value));
  }
  ctx.reply.Array(matches.size());
  for (const JsonMatch& match : matches) {
    match.value->is_array() ? ctx.reply.Integer(index_in(*match.value)) : ctx.reply.Null();
  }
}

void JsonArrpop(Context& ctx) {
  const std::string_view key = ctx.args[1];
  if (ctx.args.size() > 4) return ctx.WrongArity();
  JsonPath path;
  JsonObject* json;
  std::vector<JsonMatch> matches;
  int64_t index = -1;
  if (!ParsePathArg(ctx, 2, &path) || (ctx.args.size() > 3 && !ctx.IntegerArg(3, &index))) return;
  if (!WriteJsonThere(ctx, key, &json) || !FindJson(ctx, path, *json, &matches)) return;
  if (path.legacy() && !HasArray(matches)) return NoSuchPath(ctx, path, kNotAnArray);
  const std::vector<JsonMatch> all = matches;
  bool popped = false;
  const auto results = ChangeEach<std::string>(all, [&](const JsonMatch& match) -> std::optional<std::string> {
    JsonValue& array = *match.value;
    if (!array.is_array() || array.size() == 0) return std::nullopt;
    const int64_t last = SizeOf(array) - 1;
    const auto at = static_cast<size_t>(std::clamp<int64_t>(index < 0 ? index + last + 1 : index, 0, last));
    std::string text;
    WriteJson(array.at(at), &text);
    array.Erase(at, 1);
    popped = true;
    return text;
  });
  if (popped) JsonChanged(ctx, key, "json.arrpop");
  const auto reply = [&ctx](const std::optional<std::string>& text) {
    text ? ctx.reply.Bulk(*text) : ctx.reply.Null();
  };
  if (path.legacy()) return reply(results.back());
  ctx.reply.Array(results.size());
  for (const std::optional<std::string>& result : results) reply(result);
}

}  // namespace

void RegisterJsonArrayCommands(CommandTable& table) {
  table.Bind("json.arrappend", JsonArrappend);
  table.Bind("json.arrindex", JsonArrindex);
  table.Bind("json.arrinsert", JsonArrinsert);
  table.Bind("json.arrpop", JsonArrpop);
  table.Bind("json.arrtrim", JsonArrtrim);
}

}  // namespace kvorum
