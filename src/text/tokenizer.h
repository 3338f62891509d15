// Tokenizer: a text as words.
//
// Words are runs of letters, digits, marks and underscores, folded to one letter case. A backslash takes a separator behind it
// into the word: `hello\-world hello-world` is "hello-world", "hello", "world". Of a word longer than kMaxTokenBytes only
// that much counts.
//
// Chinese (and what else is written without spaces) is cut into words by ICU's dictionary where the language says so.
//
// Threads: one. Ownership: borrows the text; tokens are good until the next. Complexity: O(bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/language.h"

namespace kvorum {

inline constexpr size_t kMaxTokenBytes = 512;

// Parts words even behind a backslash, so an index can begin terms of its own with it.
inline constexpr char kStemMark = '\x01';

struct Token {
  std::string_view text;
  uint32_t position = 0;  // counts words, from 0
  size_t begin = 0;       // bytes in the text
  size_t end = 0;
};

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text, Language language = Language::kEnglish);

  // False at the end.
  bool Next(Token* token);

 private:
  bool NextSegment(Token* token);

  std::string_view text_;
  size_t offset_ = 0;
  uint32_t position_ = 0;
  std::string word_;
  bool by_dictionary_;
  std::vector<size_t> ends_;  // of the segments of the run at hand, by dictionary
  size_t next_end_ = 0;
  size_t segment_begin_ = 0;
};

}  // namespace kvorum
