// What the commands of the JSON family share. The family is json.cc (documents), json_values.cc (numbers, texts, booleans, objects) and
// json_arrays.cc; paths and values are the business of src/json.
//
// A legacy path means one value, and it is an error, or nil, that there is none; a JSONPath means any number, and the reply is an array
// of what became of each, nil where the value is of another type. Where a command changes several values it begins with the deepest, so
// that none is moved or freed before it is its turn.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/table.h"
#include "json/path.h"
#include "keyspace/json_object.h"

namespace kvorum {

inline constexpr std::string_view kRootPath = "$";

// False: the error has been replied. *json null: no such key.
[[nodiscard]] bool ReadJson(Context& ctx, std::string_view key, JsonObject** json);
[[nodiscard]] bool WriteJsonKey(Context& ctx, std::string_view key, JsonObject** json);
// The same of a key that must be there.
[[nodiscard]] bool WriteJsonThere(Context& ctx, std::string_view key, JsonObject** json);
[[nodiscard]] bool ParsePathArg(Context& ctx, size_t index, JsonPath* path);  // beyond the last: the legacy root
[[nodiscard]] bool ParseJsonArg(Context& ctx, std::string_view text, JsonValue* value);
[[nodiscard]] bool FindJson(Context& ctx, const JsonPath& path, JsonObject& json, std::vector<JsonMatch>* matches);

void NoSuchJsonKey(Context& ctx);
// "ERR Path '$.a' does not exist", and what else may be wrong with it.
void NoSuchPath(Context& ctx, const JsonPath& path, std::string_view or_what = {});
void WrongJsonType(Context& ctx, std::string_view expected, const JsonValue& found);
bool ReplyTooDeep(Context& ctx);

// What a document's change says of itself.
void JsonChanged(Context& ctx, std::string_view key, std::string_view event);

// Runs change(match) for each, the deepest first; what it returns, in the order of the matches.
template <typename Result, typename Change>
std::vector<std::optional<Result>> ChangeEach(const std::vector<JsonMatch>& matches, Change change);
// The order for that.
std::vector<size_t> DeepestFirst(const std::vector<JsonMatch>& matches);

// Replies lengths and the like: of a legacy path the last there is, or the error that says `or_what`.
void ReplyIntegers(Context& ctx, const JsonPath& path, const std::vector<std::optional<int64_t>>& results,
                   std::string_view or_what);
void ReplyJsonText(Context& ctx, const JsonValue& value);

void RegisterJsonValueCommands(CommandTable& table);
void RegisterJsonArrayCommands(CommandTable& table);

template <typename Result, typename Change>
std::vector<std::optional<Result>> ChangeEach(const std::vector<JsonMatch>& matches, Change change) {
  std::vector<std::optional<Result>> results(matches.size());
  for (size_t i : DeepestFirst(matches)) results[i] = change(matches[i]);
  return results;
}

}  // namespace kvorum
