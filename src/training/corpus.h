// The words of texts as numbers, to train word vectors on.
//
// Threads: one at a time. Complexity: O(bytes); 4 bytes of memory a word of text, and the different words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/language.h"

namespace kvorum {

class Corpus {
 public:
  static constexpr uint32_t kBreak = ~0U;     // between texts
  static constexpr uint32_t kRare = ~0U - 1;  // a word that Limit() has left out

  // A text: a dictionary's entry, a paragraph. Words of one are neighbours, of two they are not.
  void Add(std::string_view text);

  // Numbers the words again, most frequent first (equally frequent ones by their bytes), and keeps those seen `least` times, at
  // most `most` of them. To be called once, after the last Add.
  void Limit(uint64_t least, size_t most);

  const std::vector<uint32_t>& words() const { return words_; }
  const std::vector<std::string>& names() const { return names_; }  // of the numbers
  const std::vector<uint32_t>& counts() const { return counts_; }   // of the numbers
  uint64_t total() const { return total_; }                         // words of text, rare ones too

 private:
  std::vector<uint32_t> words_;
  std::vector<std::string> names_;
  std::vector<uint32_t> counts_;
  uint64_t total_ = 0;
  Stemmers stemmers_;
  std::unordered_map<std::string, uint32_t> numbers_;  // by the word as it stands in texts
  std::unordered_map<std::string, uint32_t> stems_;
};

// The entries of a dictd database, in the order of the file, cleaned of pronunciations and of marks of where an entry comes from.
// `index` and `text` are the contents of NAME.index and NAME.dict. False, with *error, where the index does not fit the text.
[[nodiscard]] bool ReadDictionary(std::string_view index, std::string_view text, std::vector<std::string>* entries,
                                  std::string* error);

}  // namespace kvorum
