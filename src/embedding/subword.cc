#include "embedding/subword.h"

#include <algorithm>
#include <cmath>

namespace kvorum {
namespace {

constexpr size_t kShortest = 3;
constexpr size_t kLongest = 5;
constexpr int kWholeWordWeight = 3;

uint64_t Mix(uint64_t x) {  // splitmix64's
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// Four bits as signs: of bit i, number i.
struct SignTable {
  float signs[16][4];
  constexpr SignTable() : signs() {
    for (size_t bits = 0; bits < 16; ++bits) {
      for (size_t i = 0; i < 4; ++i) signs[bits][i] = (bits >> i & 1) != 0 ? 1.0F : -1.0F;
    }
  }
};
constexpr SignTable kSigns;

void AddSigns(std::string_view gram, size_t dimension, float weight, float* out) {
  uint64_t state = SubwordHash(gram);
  for (size_t i = 0; i < dimension; i += 64) {
    state += 0x9E3779B97F4A7C15;
    uint64_t bits = Mix(state);
    for (float* group = out + i; group < out + i + 64; group += 4, bits >>= 4) {
      const float* signs = kSigns.signs[bits & 15];
      for (size_t k = 0; k < 4; ++k) group[k] += weight * signs[k];
    }
  }
}

}  // namespace

uint64_t SubwordHash(std::string_view bytes) {
  uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3;
  return Mix(hash);
}

void SubwordVector(std::string_view word, size_t dimension, float* out) {
  char marked[kMaxSubwordBytes + 2];
  const size_t bytes = std::min(word.size(), kMaxSubwordBytes);
  marked[0] = '<';
  std::copy_n(word.data(), bytes, marked + 1);
  marked[bytes + 1] = '>';
  const std::string_view whole(marked, bytes + 2);
  std::fill_n(out, dimension, 0.0F);
  AddSigns(whole, dimension, kWholeWordWeight, out);
  for (size_t length = kShortest; length <= kLongest; ++length) {
    for (size_t at = 0; at + length <= whole.size(); ++at) AddSigns(whole.substr(at, length), dimension, 1, out);
  }
  double square = 0;
  for (size_t i = 0; i < dimension; ++i) square += double{out[i]} * out[i];
  const auto scale = static_cast<float>(1 / std::sqrt(std::max(square, 1e-12)));
  for (size_t i = 0; i < dimension; ++i) out[i] *= scale;
}

}  // namespace kvorum
