// JsonPath: places in a JSON value, as RedisJSON writes them, and what is there.
//
//   $                          the whole; @ in a filter: the item that is looked at
//   .name  ['name']  ["name"]  a member
//   [n]  [-n]                  an item; from the end
//   [start:end:step]           a slice
//   .*  [*]                    all items and members
//   [a,b]                      several of these
//   ..                         what follows, of the place and of all below it, in the order of the text
//   [?(filter)]                items and members for which it is true: && || ! ( ) and comparisons == != < <= > >= =~ (a regular
//                              expression that is found) of paths, "texts", numbers, true, false, null; a path alone: there is such
//
// A path that does not begin so is a legacy one (`.a.b`, `a.b`, `.`): the same without its $, of which commands take the first place or
// say that there is none.
//
// Hostile paths: their length, steps, filters' depth and size are limited, so is the work of finding what they say.
//
// Threads: no state. Ownership: a path owns copies; matches point into the value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/regex.h"
#include "json/value.h"

namespace kvorum {

inline constexpr size_t kMaxJsonPathBytes = 64 << 10;
// Of a path, with those of its filters.
inline constexpr size_t kMaxJsonPathSteps = 256;
inline constexpr size_t kMaxJsonSelectors = 4096;
inline constexpr size_t kMaxJsonFilterDepth = 16;
inline constexpr size_t kMaxJsonFilterTerms = 1024;
// Places looked at, of which so many may match.
inline constexpr uint64_t kMaxJsonPathWork = 100'000'000;
inline constexpr size_t kMaxJsonMatches = 4'000'000;

struct JsonFilter;

struct JsonSelector {
  enum class Kind : uint8_t { kName, kIndex, kSlice, kAll, kFilter };
  Kind kind = Kind::kAll;
  std::string name;
  int64_t index = 0;  // also a slice's start
  std::optional<int64_t> start;
  std::optional<int64_t> end;
  int64_t step = 1;
  std::shared_ptr<const JsonFilter> filter;
};

struct JsonStep {
  bool descends = false;
  std::vector<JsonSelector> selectors;
};

struct JsonMatch {
  JsonValue* value;
  JsonValue* parent;  // null: it is the root
  uint32_t depth;
};

class JsonPath {
 public:
  // False: *error says why, without an error's code.
  [[nodiscard]] static bool Parse(std::string_view text, JsonPath* path, std::string* error);

  bool legacy() const { return legacy_; }
  bool is_root() const { return steps_.empty(); }
  // As a path that begins with $.
  const std::string& text() const { return text_; }
  // Whether it names one place at most: members and items only.
  bool is_static() const;
  const std::vector<JsonStep>& steps() const { return steps_; }
  // The place around its last step.
  JsonPath Parent() const;

  // Appends what is there, in the order of the text. False: too much of it, or too much work.
  [[nodiscard]] bool Find(JsonValue& root, std::vector<JsonMatch>* matches) const;
  // The first. Null as well where that is too much work.
  JsonValue* First(JsonValue& root) const;

 private:
  friend class JsonPathParser;

  std::string text_;
  std::vector<JsonStep> steps_;
  bool legacy_ = false;
};

struct JsonOperand {
  enum class Kind : uint8_t { kValue, kPath };
  Kind kind = Kind::kValue;
  bool of_root = false;
  JsonValue value;
  std::vector<JsonStep> steps;
};

// A tree of conditions.
struct JsonFilter {
  enum class Kind : uint8_t {
    kAll,
    kAny,
    kNot,
    kExists,
    kEqual,
    kUnequal,
    kLess,
    kAtMost,
    kGreater,
    kAtLeast,
    kMatches
  };
  Kind kind = Kind::kExists;
  std::vector<JsonFilter> parts;  // kAll, kAny, kNot
  JsonOperand left;
  JsonOperand right;
  std::shared_ptr<const Regex> regex;  // of kMatches, where its text is known
};

// What is wrong with a path that finds too much.
inline constexpr std::string_view kJsonPathTooMuch = "ERR the path matches too much";

}  // namespace kvorum
