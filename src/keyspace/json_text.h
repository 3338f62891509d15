// JsonText: reads what is needed of a JSON text (RFC 8259) where it lies, without making anything of it.
//
// Threads: no state. Nothing is trusted: any bytes may be given, and depth is limited. Complexity: O(bytes).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kvorum {

// Arrays and objects in each other.
inline constexpr size_t kMaxJsonTextDepth = 128;

// Whether it is one JSON value, with nothing but space around.
[[nodiscard]] bool IsJsonText(std::string_view text);

class JsonText {
 public:
  enum class Kind { kNone, kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

  explicit JsonText(std::string_view text) : rest_(text) { SkipSpace(); }

  std::string_view rest() const { return rest_; }
  Kind kind() const;
  void SkipSpace();
  bool TakeChar(char wanted);
  // Each takes what begins here off the front. False: it is not that.
  bool TakeNumber(double* number);
  // As it stands between the quotes.
  bool TakeRawString(std::string_view* raw);
  bool TakeWord(std::string_view word);
  bool SkipValue(size_t depth = 0);

  // Goes to the value of the member of this name. False: this is no object, has no such member, or is damaged before it.
  bool EnterMember(std::string_view name);

 private:
  bool SkipMembers(size_t depth);

  std::string_view rest_;
};

// Without escapes. False: one is damaged.
bool DecodeJsonString(std::string_view raw, std::string* text);

}  // namespace kvorum
