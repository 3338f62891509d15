#include "text/stop_words.h"

#include <algorithm>
#include <array>

#include "text/unicode.h"

namespace kvorum {

StopWords::StopWords(std::span<const std::string_view> words) {
  for (std::string_view word : words) words_.push_back(FoldCase(word));
  std::sort(words_.begin(), words_.end());
  words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
}

const StopWords& StopWords::Default() {
  static constexpr std::array<std::string_view, 33> kWords = {
      "a",    "is",    "the",  "an",    "and",   "are",  "as",   "at", "be",  "but",  "by",
      "for",  "if",    "in",   "into",  "it",    "no",   "not",  "of", "on",  "or",   "such",
      "that", "their", "then", "there", "these", "they", "this", "to", "was", "will", "with"};
  static const StopWords words(kWords);
  return words;
}

bool StopWords::Has(std::string_view folded_word) const {
  return std::binary_search(words_.begin(), words_.end(), folded_word, std::less<>());
}

}  // namespace kvorum
