// Reads the small notations of spec.h from left to right. A row that does not follow them is a bug: CHECK.
#pragma once

#include <string_view>

#include "base/check.h"

namespace kvorum {

class Notation {
 public:
  explicit Notation(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }
  char Peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  std::string_view rest() const { return rest_; }

  bool Take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  bool Take(char c) { return Take(std::string_view(&c, 1)); }

  template <typename Predicate>
  std::string_view TakeWhile(Predicate predicate) {
    size_t length = 0;
    while (length < rest_.size() && predicate(rest_[length])) ++length;
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  void SkipSpaces() {
    TakeWhile([](char c) { return c == ' '; });
  }

  // 'text', without its quotes.
  std::string_view TakeQuoted() {
    CHECK(Take('\''));
    const std::string_view text = TakeWhile([](char c) { return c != '\''; });
    CHECK(Take('\''));
    return text;
  }

 private:
  std::string_view rest_;
};

}  // namespace kvorum
