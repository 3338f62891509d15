// Words so common that an index leaves them out.
//
// Threads: immutable after it is made.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvorum {

class StopWords {
 public:
  // None.
  StopWords() = default;
  // Folds their case.
  explicit StopWords(std::span<const std::string_view> words);
  // The 33 that the documentation of RediSearch lists.
  static const StopWords& Default();

  bool Has(std::string_view folded_word) const;
  const std::vector<std::string>& words() const { return words_; }

 private:
  std::vector<std::string> words_;  // in order
};

}  // namespace kvorum
