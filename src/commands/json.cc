// The JSON family: whole documents, and what is common to paths.
#include "commands/json.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "json/text.h"

namespace kvorum {

// --- What is shared -----------------------------------------------------------------------------------------------------------

namespace {

bool AsJson(Context& ctx, Entry* entry, JsonObject** json) {
  *json = nullptr;
  if (entry == nullptr) return true;
  if (entry->type() != ObjectType::kJson) {
    ctx.Error("Existing key has wrong Redis type");
    return false;
  }
  *json = static_cast<JsonObject*>(entry->object());
  return true;
}

}  // namespace

bool ReadJson(Context& ctx, std::string_view key, JsonObject** json) { return AsJson(ctx, ctx.Read(key), json); }
bool WriteJsonKey(Context& ctx, std::string_view key, JsonObject** json) { return AsJson(ctx, ctx.Write(key), json); }

bool WriteJsonThere(Context& ctx, std::string_view key, JsonObject** json) {
  if (!WriteJsonKey(ctx, key, json)) return false;
  if (*json == nullptr) NoSuchJsonKey(ctx);
  return *json != nullptr;
}

bool ParsePathArg(Context& ctx, size_t index, JsonPath* path) {
  std::string error;
  const std::string_view text = index < ctx.args.size() ? ctx.args[index] : ".";
  if (JsonPath::Parse(text, path, &error)) return true;
  ctx.Error(error);
  return false;
}

bool ParseJsonArg(Context& ctx, std::string_view text, JsonValue* value) {
  std::string error;
  if (ParseJson(text, value, &error)) return true;
  ctx.Error(error);
  return false;
}

bool FindJson(Context& ctx, const JsonPath& path, JsonObject& json, std::vector<JsonMatch>* matches) {
  if (path.Find(json.root(), matches)) return true;
  ctx.Error(kJsonPathTooMuch);
  return false;
}

void NoSuchJsonKey(Context& ctx) { ctx.Error("ERR could not perform this operation on a key that doesn't exist"); }

void NoSuchPath(Context& ctx, const JsonPath& path, std::string_view or_what) {
  std::string error = "ERR Path '" + path.text().substr(0, 1024) + "' does not exist";
  if (!or_what.empty()) error.append(" or ").append(or_what);
  ctx.Error(error);
}

void WrongJsonType(Context& ctx, std::string_view expected, const JsonValue& found) {
  ctx.Error("WRONGTYPE wrong type of path value - expected " + std::string(expected) + " but found " +
            std::string(JsonTypeName(found.type())));
}

bool ReplyTooDeep(Context& ctx) {
  ctx.Error("ERR the value would be nested too deeply");
  return false;
}

void JsonChanged(Context& ctx, std::string_view key, std::string_view event) {
  ctx.Changed(key);
  ctx.Notify(event::kModule, event, key);
}

std::vector<size_t> DeepestFirst(const std::vector<JsonMatch>& matches) {
  std::vector<size_t> order(matches.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return matches[a].depth > matches[b].depth; });
  return order;
}

void ReplyIntegers(Context& ctx, const JsonPath& path, const std::vector<std::optional<int64_t>>& results,
                   std::string_view or_what) {
  if (path.legacy()) {
    const auto last =
        std::find_if(results.rbegin(), results.rend(), [](const auto& result) { return result.has_value(); });
    if (last == results.rend()) return NoSuchPath(ctx, path, or_what);
    return ctx.reply.Integer(**last);
  }
  ctx.reply.Array(results.size());
  for (const std::optional<int64_t>& result : results) result ? ctx.reply.Integer(*result) : ctx.reply.Null();
}

void ReplyJsonText(Context& ctx, const JsonValue& value) {
  std::string text;
  WriteJson(value, &text);
  ctx.reply.Bulk(text);
}

namespace {

// --- Reading documents --------------------------------------------------------------------------------------------------------

// An array of all that was found.
void WriteMatches(const std::vector<JsonMatch>& matches, const JsonFormat& format, size_t level, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < matches.size(); ++i) {
    if (i > 0) out->push_back(',');
    WriteJsonBreak(format, level + 1, out);
    WriteJson(*matches[i].value, out, format, level + 1);
  }
  if (!matches.empty()) WriteJsonBreak(format, level, out);
  out->push_back(']');
}

// What JSON.GET says of several paths: an object with what each finds, in arrays if any of them is a JSONPath.
void GetSeveral(Context& ctx, JsonObject& json, Arguments words, const JsonFormat& format) {
  std::vector<JsonPath> paths(words.size());
  std::string error;
  for (size_t i = 0; i < words.size(); ++i) {
    if (!JsonPath::Parse(words[i], &paths[i], &error)) return ctx.Error(error);
  }
  const bool legacy = std::all_of(paths.begin(), paths.end(), [](const JsonPath& path) { return path.legacy(); });
  std::string out = "{";
  for (size_t i = 0; i < paths.size(); ++i) {
    // A path that comes twice is told once.
    if (std::find(words.begin(), words.begin() + static_cast<ptrdiff_t>(i), words[i]) <
        words.begin() + static_cast<ptrdiff_t>(i))
      continue;
    std::vector<JsonMatch> matches;
    if (!FindJson(ctx, paths[i], json, &matches)) return;
    if (legacy && matches.empty()) return NoSuchPath(ctx, paths[i]);
    if (i > 0) out.push_back(',');
    WriteJsonBreak(format, 1, &out);
    WriteJsonString(words[i], &out);
    out.append(1, ':').append(format.space);
    legacy ? WriteJson(*matches[0].value, &out, format, 1) : WriteMatches(matches, format, 1, &out);
  }
  WriteJsonBreak(format, 0, &out);
  out.push_back('}');
  ctx.reply.Bulk(out);
}

void JsonGet(Context& ctx) {
  JsonFormat format;
  size_t first = 2;
  for (; first < ctx.args.size(); ++first) {
    std::string_view* option = ctx.Is(first, "INDENT")    ? &format.indent
                               : ctx.Is(first, "NEWLINE") ? &format.newline
                               : ctx.Is(first, "SPACE")   ? &format.space
                                                          : nullptr;
    if (option != nullptr) {
      if (++first == ctx.args.size()) return ctx.WrongArity();
      *option = ctx.args[first];
    } else if (!ctx.Is(first, "NOESCAPE")) {
      break;
    }
  }
  JsonObject* json;
  if (!ReadJson(ctx, ctx.args[1], &json)) return;
  if (json == nullptr) return ctx.reply.Null();
  if (ctx.args.size() > first + 1) return GetSeveral(ctx, *json, ctx.args.subspan(first), format);
  JsonPath path;
  std::vector<JsonMatch> matches;
  if (!ParsePathArg(ctx, first, &path) || !FindJson(ctx, path, *json, &matches)) return;
  std::string out;
  if (!path.legacy()) {
    WriteMatches(matches, format, 0, &out);
  } else if (matches.empty()) {
    return NoSuchPath(ctx, path);
  } else {
    WriteJson(*matches[0].value, &out, format);
  }
  ctx.reply.Bulk(out);
}

void JsonMget(Context& ctx) {
  JsonPath path;
  if (!ParsePathArg(ctx, ctx.args.size() - 1, &path)) return;
  const Arguments keys = ctx.args.subspan(1, ctx.args.size() - 2);
  ctx.reply.Array(keys.size());
  for (std::string_view key : keys) {
    Entry* entry = ctx.Read(key);
    std::vector<JsonMatch> matches;
    if (entry == nullptr || entry->type() != ObjectType::kJson ||
        !path.Find(static_cast<JsonObject*>(entry->object())->root(), &matches) || (path.legacy() && matches.empty())) {
      ctx.reply.Null();
      continue;
    }
    std::string out;
    path.legacy() ? WriteJson(*matches[0].value, &out) : WriteMatches(matches, {}, 0, &out);
    ctx.reply.Bulk(out);
  }
}

void JsonType(Context& ctx) {
  JsonPath path;
  JsonObject* json;
  std::vector<JsonMatch> matches;
  if (!ParsePathArg(ctx, 2, &path) || !ReadJson(ctx, ctx.args[1], &json)) return;
  const bool nested = ctx.reply.resp() == 3;
  if (nested) ctx.reply.Array(1);
  if (json == nullptr) return ctx.reply.Null();
  // The array is begun: what is too much counts as nothing.
  if (!path.Find(json->root(), &matches)) matches.clear();
  if (path.legacy()) {
    return matches.empty() ? ctx.reply.Null() : ctx.reply.Bulk(JsonTypeName(matches[0].value->type()));
  }
  ctx.reply.Array(matches.size());
  for (const JsonMatch& match : matches) ctx.reply.Bulk(JsonTypeName(match.value->type()));
}

void ReplyAsResp(Context& ctx, const JsonValue& value) {
  switch (value.type()) {
    case JsonValue::Type::kNull:
      return ctx.reply.Null();
    case JsonValue::Type::kBoolean:
      return ctx.reply.Status(value.boolean() ? "true" : "false");
    case JsonValue::Type::kInteger:
      return ctx.reply.Integer(value.integer());
    case JsonValue::Type::kNumber:
      return ReplyJsonText(ctx, value);
    case JsonValue::Type::kString:
      return ctx.reply.Bulk(value.string());
    default:
      break;
  }
  ctx.reply.Array(1 + value.size() * (value.is_object() ? 2 : 1));
  ctx.reply.Status(value.is_array() ? "[" : "{");
  for (size_t i = 0; i < value.child_slots(); ++i) {
    const JsonValue* child = value.Child(i);
    if (child == nullptr) continue;
    if (value.is_object()) ctx.reply.Bulk(value.MemberAt(i)->name());
    ReplyAsResp(ctx, *child);
  }
}

void JsonResp(Context& ctx) {
  JsonPath path;
  JsonObject* json;
  std::vector<JsonMatch> matches;
  if (!ParsePathArg(ctx, 2, &path) || !ReadJson(ctx, ctx.args[1], &json)) return;
  if (json == nullptr) return ctx.reply.Null();
  if (!FindJson(ctx, path, *json, &matches)) return;
  if (path.legacy()) return matches.empty() ? ctx.reply.Null() : ReplyAsResp(ctx, *matches[0].value);
  ctx.reply.Array(matches.size());
  for (const JsonMatch& match : matches) ReplyAsResp(ctx, *match.value);
}

void JsonDebugMemory(Context& ctx) {
  JsonPath path;
  JsonObject* json;
  std::vector<JsonMatch> matches;
  if (!ParsePathArg(ctx, 3, &path) || !ReadJson(ctx, ctx.args[2], &json)) return;
  if (json != nullptr && !FindJson(ctx, path, *json, &matches)) return;
  const auto bytes = [](const JsonMatch& match) {
    return static_cast<int64_t>(sizeof(JsonValue) + match.value->MemoryBytes(0));
  };
  if (path.legacy()) return ctx.reply.Integer(matches.empty() ? 0 : bytes(matches[0]));
  ctx.reply.Array(matches.size());
  for (const JsonMatch& match : matches) ctx.reply.Integer(bytes(match));
}

void JsonDebugHelp(Context& ctx) {
  ctx.reply.Array(2);
  ctx.reply.Bulk("MEMORY <key> [path] - reports memory usage");
  ctx.reply.Bulk("HELP                - this message");
}

// --- Writing documents --------------------------------------------------------------------------------------------------------

enum class Condition : uint8_t { kNone, kNew, kExisting };

// Whether a path that finds nothing names a member that could be added. False: the error has been replied.
bool CheckAddable(Context& ctx, const JsonPath& path) {
  const bool is_static = path.is_static();
  if (is_static && path.steps().back().selectors[0].kind == JsonSelector::Kind::kName) return true;
  ctx.Error(is_static ? "ERR array index out of range" : "Err wrong static path");
  return false;
}

// Adds a member where the path's last step names one that is not there. False: the error has been replied. *done: whether there was a
// place for it.
bool AddMember(Context& ctx, JsonObject& json, const JsonPath& path, JsonValue value, bool* done) {
  *done = false;
  std::vector<JsonMatch> parents;
  if (!CheckAddable(ctx, path) || !FindJson(ctx, path.Parent(), json, &parents)) return false;
  const JsonSelector& last = path.steps().back().selectors[0];
  if (parents.empty() || !parents[0].value->is_object()) return true;
  if (parents[0].depth + 1 + value.Depth() > kMaxJsonDepth || parents[0].value->size() >= kMaxJsonItems) {
    return ReplyTooDeep(ctx);
  }
  parents[0].value->Set(last.name, std::move(value));
  return *done = true;
}

// Puts the value at all places that the path found: one at least.
bool ReplaceAll(Context& ctx, const std::vector<JsonMatch>& matches, JsonValue value) {
  const size_t depth = value.Depth();
  for (const JsonMatch& match : matches) {
    if (match.depth + depth > kMaxJsonDepth) return ReplyTooDeep(ctx);
  }
  std::vector<size_t> order = DeepestFirst(matches);
  const size_t last = order.back();
  order.pop_back();
  for (size_t i : order) *matches[i].value = value.Clone();
  *matches[last].value = std::move(value);
  return true;
}

void SetDocument(Context& ctx, std::string_view key, JsonValue value) {
  ctx.Put(key, std::make_unique<JsonObject>(std::move(value)));
}

void JsonSet(Context& ctx) {
  const std::string_view key = ctx.args[1];
  auto condition = Condition::kNone;
  for (size_t i = 4; i < ctx.args.size(); ++i) {
    const bool is_new = ctx.Is(i, "NX");
    if (ctx.Is(i, "FORMAT") && i + 1 < ctx.args.size() && EqualsIgnoringCase(ctx.args[i + 1], "JSON")) {
      ++i;
    } else if (condition == Condition::kNone && (is_new || ctx.Is(i, "XX"))) {
      condition = is_new ? Condition::kNew : Condition::kExisting;
    } else {
      return ctx.SyntaxError();
    }
  }
  JsonPath path;
  JsonValue value;
  if (!ParsePathArg(ctx, 2, &path) || !ParseJsonArg(ctx, ctx.args[3], &value)) return;
  // A new document keeps the deadline that the key has: it is the same key with another value.
  JsonObject* json;
  if (!WriteJsonKey(ctx, key, &json)) return;
  if (json == nullptr) {
    if (!path.is_root()) return ctx.Error("ERR new objects must be created at the root");
    if (condition == Condition::kExisting) return ctx.reply.Null();
    SetDocument(ctx, key, std::move(value));
  } else {
    std::vector<JsonMatch> matches;
    if (!FindJson(ctx, path, *json, &matches)) return;
    if (matches.empty() ? condition == Condition::kExisting : condition == Condition::kNew) return ctx.reply.Null();
    bool done = true;
    if (!(matches.empty() ? AddMember(ctx, *json, path, std::move(value), &done)
                          : ReplaceAll(ctx, matches, std::move(value)))) {
      return;
    }
    if (!done) return ctx.reply.Null();
  }
  JsonChanged(ctx, key, "json.set");
  ctx.reply.Ok();
}

void JsonMset(Context& ctx) {
  if (ctx.args.size() % 3 != 1) return ctx.WrongArity();
  const size_t count = (ctx.args.size() - 1) / 3;
  std::vector<JsonPath> paths(count);
  std::vector<JsonValue> values(count);
  // All is checked before anything changes. A key may come several times: the first time may be what makes it.
  std::unordered_set<std::string_view> made;
  for (size_t i = 0; i < count; ++i) {
    const std::string_view key = ctx.args[3 * i + 1];
    JsonObject* json;
    if (!ParsePathArg(ctx, 3 * i + 2, &paths[i]) || !ParseJsonArg(ctx, ctx.args[3 * i + 3], &values[i])) return;
    if (!WriteJsonKey(ctx, key, &json)) return;
    if (paths[i].is_root()) {
      made.insert(key);
    } else if (!made.contains(key)) {
      if (json == nullptr) return ctx.Error("ERR new objects must be created at the root");
      std::vector<JsonMatch> matches;
      if (!FindJson(ctx, paths[i], *json, &matches)) return;
      if (matches.empty() && !CheckAddable(ctx, paths[i])) return;
    }
  }
  for (size_t i = 0; i < count; ++i) {
    const std::string_view key = ctx.args[3 * i + 1];
    JsonObject* json;
    std::vector<JsonMatch> matches;
    if (!WriteJsonKey(ctx, key, &json)) return;
    bool done = true;
    if (json == nullptr) {
      SetDocument(ctx, key, std::move(values[i]));
    } else if (!FindJson(ctx, paths[i], *json, &matches) ||
               !(matches.empty() ? AddMember(ctx, *json, paths[i], std::move(values[i]), &done)
                                 : ReplaceAll(ctx, matches, std::move(values[i])))) {
      return;
    }
    if (!done) continue;
    JsonChanged(ctx, key, "json.mset");
    // Each by itself: a later one may fail, and what was done before stays.
    ctx.Effect({"JSON.SET", key, ctx.args[3 * i + 2], ctx.args[3 * i + 3]});
  }
  ctx.reply.Ok();
}

// RFC 7396. `depth`: of the target.
bool Merge(JsonValue* target, const JsonValue& patch, size_t depth) {
  if (!patch.is_object()) {
    if (depth + patch.Depth() > kMaxJsonDepth) return false;
    *target = patch.Clone();
    return true;
  }
  if (depth + 1 > kMaxJsonDepth) return false;
  if (!target->is_object()) *target = JsonValue::Object();
  bool removed = false;
  for (size_t slot = 0; slot < patch.slots(); ++slot) {
    const JsonMember* member = patch.MemberAt(slot);
    if (member == nullptr) continue;
    JsonValue* old = target->Find(member->name());
    if (member->value.is_null()) {
      if (old != nullptr) old->MarkRemoved();
      removed = removed || old != nullptr;
      continue;
    }
    if (old == nullptr) {
      if (target->size() >= kMaxJsonItems) return false;
      target->Set(member->name(), JsonValue());
      old = target->Find(member->name());
    }
    if (!Merge(old, member->value, depth + 1)) return false;
  }
  if (removed) target->DropRemoved();
  return true;
}

// Removes the topmost of the places, and says how many they are. The root is not among them.
class Remover {
 public:
  explicit Remover(const std::vector<JsonMatch>& matches) {
    for (const JsonMatch& match : matches) places_.insert(match.value);
  }
  int64_t Run(JsonValue* root) {
    Below(root);
    return removed_;
  }

 private:
  void Below(JsonValue* value) {
    bool drops = false;
    for (size_t i = 0; i < value->child_slots(); ++i) {
      JsonValue* child = value->Child(i);
      if (child == nullptr) continue;
      if (places_.contains(child)) {
        child->MarkRemoved();
        ++removed_;
        drops = true;
      } else if (child->is_container()) {
        Below(child);
      }
    }
    if (drops) value->DropRemoved();
  }

  std::unordered_set<const JsonValue*> places_;
  int64_t removed_ = 0;
};

void JsonMerge(Context& ctx) {
  const std::string_view key = ctx.args[1];
  JsonPath path;
  JsonValue patch;
  JsonObject* json;
  if (!ParsePathArg(ctx, 2, &path) || !ParseJsonArg(ctx, ctx.args[3], &patch) || !WriteJsonKey(ctx, key, &json)) return;
  if (json == nullptr) {
    if (!path.is_root()) return ctx.Error("ERR new objects must be created at the root");
    // A new document has no members that are null.
    JsonValue made;
    if (!Merge(&made, patch, 0)) return (void)ReplyTooDeep(ctx);
    SetDocument(ctx, key, std::move(made));
    JsonChanged(ctx, key, "json.merge");
    return ctx.reply.Ok();
  }
  std::vector<JsonMatch> matches;
  if (!FindJson(ctx, path, *json, &matches)) return;
  if (matches.empty()) {
    bool done;
    JsonValue made;
    if (!Merge(&made, patch, 0)) return (void)ReplyTooDeep(ctx);
    if (!AddMember(ctx, *json, path, std::move(made), &done)) return;
    if (!done) return ctx.reply.Null();
  } else if (path.is_root() && patch.is_null()) {
    // As a member that is null goes, so does the document.
    ctx.Delete(key, ctx.settings().lazyfree_lazy_server_del);
  } else {
    const size_t depth = patch.Depth();
    for (const JsonMatch& match : matches) {
      if (match.depth + depth > kMaxJsonDepth) return (void)ReplyTooDeep(ctx);
    }
    if (patch.is_null() && matches[0].parent != nullptr) {
      (void)Remover(matches).Run(&json->root());
    } else {
      for (size_t i : DeepestFirst(matches)) (void)Merge(matches[i].value, patch, matches[i].depth);
    }
  }
  JsonChanged(ctx, key, "json.merge");
  ctx.reply.Ok();
}

void JsonDel(Context& ctx) {
  const std::string_view key = ctx.args[1];
  JsonPath path;
  JsonObject* json;
  if (!ParsePathArg(ctx, 2, &path) || !WriteJsonKey(ctx, key, &json)) return;
  if (json == nullptr) return ctx.reply.Integer(0);
  std::vector<JsonMatch> matches;
  if (!path.is_root() && !FindJson(ctx, path, *json, &matches)) return;
  int64_t removed = 1;
  if (path.is_root()) {
    ctx.Delete(key, ctx.settings().lazyfree_lazy_server_del);
  } else if (matches.size() == 1 && matches[0].parent != nullptr) {
    matches[0].value->MarkRemoved();
    matches[0].parent->DropRemoved();
  } else {
    removed = matches.empty() ? 0 : Remover(matches).Run(&json->root());
  }
  if (removed > 0) JsonChanged(ctx, key, "json.del");
  ctx.reply.Integer(removed);
}

void JsonClear(Context& ctx) {
  const std::string_view key = ctx.args[1];
  JsonPath path;
  JsonObject* json;
  std::vector<JsonMatch> matches;
  if (!ParsePathArg(ctx, 2, &path) || !WriteJsonThere(ctx, key, &json)) return;
  if (!FindJson(ctx, path, *json, &matches)) return;
  int64_t cleared = 0;
  for (size_t i : DeepestFirst(matches)) {
    JsonValue& value = *matches[i].value;
    if (value.is_container() && value.size() > 0) {
      value = value.is_array() ? JsonValue::Array() : JsonValue::Object();
    } else if (value.is_numeric() && value.number() != 0) {
      value = JsonValue::Integer(0);
    } else {
      continue;
    }
    ++cleared;
  }
  if (cleared > 0) JsonChanged(ctx, key, "json.clear");
  ctx.reply.Integer(cleared);
}

}  // namespace

void RegisterJsonCommands(CommandTable& table) {
  table.Bind("json.get", JsonGet);
  table.Bind("json.mget", JsonMget);
  table.Bind("json.set", JsonSet);
  table.Bind("json.mset", JsonMset);
  table.Bind("json.merge", JsonMerge);
  table.Bind("json.del", JsonDel);
  table.Bind("json.forget", JsonDel);
  table.Bind("json.type", JsonType);
  table.Bind("json.resp", JsonResp);
  table.Bind("json.clear", JsonClear);
  table.Bind("json.debug|memory", JsonDebugMemory);
  table.Bind("json.debug|help", JsonDebugHelp);
  RegisterJsonValueCommands(table);
  RegisterJsonArrayCommands(table);
}

}  // namespace kvorum
