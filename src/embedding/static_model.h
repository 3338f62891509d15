// A model of static word vectors, and its file: for each word a vector of small whole numbers, and how often the word was seen.
//
// Format version 1; numbers are little-endian, a checksum is CRC-32C:
//
//   model    = header, words, counts, codes, u32 checksum of words, counts and codes
//
//   header   0  "KVEMBED\n"
//            8  u32 format version, 1
//           12  u32 numbers in a vector: a multiple of 64, at most kMaxModelDimension
//           16  u32 how many words
//           20  u32 bytes of `words`
//           24  u64 words of text that it was trained on
//           32  24 bytes: name of the model, printable ASCII without spaces, filled up with zeros
//           56  u32 zero
//           60  u32 checksum of bytes 0 to 60
//
//   words    for each its length (u8, not 0) and its bytes: lower case and stemmed (text/language.h), all different
//   counts   for each a u32: how often it was seen
//   codes    for each dimension / 2 bytes: byte i holds number i in its low and number i + dimension / 2 in its high four bits.
//            A code c stands for 2c - 15, so for odd numbers from -15 to 15; all words' vectors have about the same length.
//
// The file is used in place: a model borrows its bytes. Nothing in them is trusted; what is damaged is refused.
//
// Threads: any may read. Complexity: opening is O(words + bytes for the checksum), a look-up O(1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvorum {

inline constexpr size_t kMaxModelDimension = 1024;
inline constexpr size_t kMaxModelWords = 1 << 22;
inline constexpr size_t kModelHeaderBytes = 64;
inline constexpr size_t kMaxModelNameBytes = 24;

class StaticModel {
 public:
  // False, with *error saying why, where the bytes are no model or a damaged one. They must outlive *model.
  [[nodiscard]] static bool Open(std::string_view bytes, StaticModel* model, std::string* error);

  static constexpr uint32_t kNoWord = ~0U;
  // The word's number, or kNoWord. Words with smaller numbers were seen at least as often.
  uint32_t Find(std::string_view word) const;

  size_t dimension() const { return dimension_; }
  size_t size() const { return words_.size(); }
  const std::string& name() const { return name_; }
  // Of all that stands behind the header.
  uint32_t checksum() const { return checksum_; }
  std::string_view word(uint32_t number) const { return words_[number]; }
  // The share of the word among all that the model was trained on.
  double Frequency(uint32_t number) const;
  // out[i] += weight * number i of the word's vector.
  void Add(uint32_t number, float weight, float* out) const;

 private:
  size_t dimension_ = 0;
  uint64_t trained_on_ = 0;
  uint32_t checksum_ = 0;
  std::string name_;
  std::vector<std::string_view> words_;
  std::vector<uint32_t> slots_;  // a hash table of numbers, open addressing; a power of two, at most half full
  const char* counts_ = nullptr;
  const char* codes_ = nullptr;
};

// What a model is made of, for whoever trains one.
struct StaticModelParts {
  std::string name;
  uint64_t trained_on = 0;
  size_t dimension = 0;
  std::vector<std::string> words;  // most frequent first
  std::vector<uint32_t> counts;
  std::vector<float> vectors;  // words.size() * dimension, each of length 1
};

// The file. Numbers are rounded to the nearest code.
std::string StaticModelBytes(const StaticModelParts& parts);

}  // namespace kvorum
