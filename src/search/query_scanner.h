// QueryScanner: the characters of a query, with what its grammar needs to look for.
//
// Threads: one. Ownership: borrows the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kvorum {

class QueryScanner {
 public:
  explicit QueryScanner(std::string_view text) : text_(text) {}

  size_t offset() const { return offset_; }
  void set_offset(size_t offset) { offset_ = offset; }
  bool done() const { return offset_ >= text_.size(); }
  // 0 at the end.
  char peek(size_t ahead = 0) const { return offset_ + ahead < text_.size() ? text_[offset_ + ahead] : '\0'; }

  // Spaces, and what parts words without a meaning here.
  void SkipIgnored();
  void SkipSpaces();
  // After ignored characters: takes the text if it is next.
  bool Take(std::string_view token);
  bool LooksAt(std::string_view token) const { return text_.substr(offset_, token.size()) == token; }

  // A word at this very place, folded, its escapes taken away. Empty when there is none.
  std::string TakeWord();
  bool AtWord() const { return StartsWord(offset_); }
  // Letters, digits and underscores, as they are; with escapes taken away. For names. A field's may have dots inside without
  // escapes: clients name fields after places in a document (`metadata.kind`).
  enum class Dots : uint8_t { kEnd, kInside };
  std::string TakeName(Dots dots = Dots::kEnd);
  // Up to one of the characters or a space, as it is. For numbers and values.
  std::string_view TakeUntil(std::string_view ends);
  // What is between quotes, this one being next; of its escapes all are taken away, or only those of the quote itself. False: it
  // does not end.
  bool TakeQuoted(char quote, bool unescape, std::string* content);

  // The token at hand, for error messages.
  std::string Near() const;

 private:
  // A letter, or one that is made one by a backslash.
  bool StartsWord(size_t offset) const;

  std::string_view text_;
  size_t offset_ = 0;
};

}  // namespace kvorum
