// WordReader: walks over the words of a command, whose names are in any letter case.
//
// Threads: one. Ownership: borrows the words.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "base/numbers.h"

namespace kvorum {

inline bool SameWord(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

class WordReader {
 public:
  explicit WordReader(std::span<const std::string_view> words) : words_(words) {}

  bool done() const { return at_ == words_.size(); }
  size_t left() const { return words_.size() - at_; }
  std::string_view peek() const { return done() ? std::string_view() : words_[at_]; }
  size_t at() const { return at_; }

  // Takes the word if it is this one.
  bool TakeName(std::string_view name) {
    if (done() || !SameWord(words_[at_], name)) return false;
    ++at_;
    return true;
  }
  bool Take(std::string_view* word) {
    if (done()) return false;
    *word = words_[at_++];
    return true;
  }
  bool TakeNumber(double* number) {
    if (done() || !ParseDouble(words_[at_], number)) return false;
    ++at_;
    return true;
  }
  bool TakeInteger(int64_t least, int64_t greatest, int64_t* number) {
    int64_t value;
    if (done() || !ParseInt64(words_[at_], &value) || value < least || value > greatest) return false;
    *number = value;
    ++at_;
    return true;
  }
  // A count, and as many words.
  bool TakeList(std::span<const std::string_view>* list) {
    int64_t count;
    if (!TakeInteger(0, std::numeric_limits<int32_t>::max(), &count)) return false;
    if (static_cast<size_t>(count) > left()) return false;
    *list = words_.subspan(at_, static_cast<size_t>(count));
    at_ += static_cast<size_t>(count);
    return true;
  }
  std::span<const std::string_view> TakeRest() {
    auto rest = words_.subspan(at_);
    at_ = words_.size();
    return rest;
  }

 private:
  std::span<const std::string_view> words_;
  size_t at_ = 0;
};

}  // namespace kvorum
