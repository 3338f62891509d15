// Vectors of words that no model has seen: by their spelling.
//
// Each run of 3 to 5 bytes of a word, and the word itself, has a vector of pseudo-random signs, which its hash gives (feature
// hashing, Weinberger et al. 2009, on fastText's n-grams, Bojanowski et al. 2017). The word's vector is their sum. So words that
// are spelled alike are near, names and numbers are near to themselves only, and nothing has to be stored.
//
// What comes out is part of every stored vector: it never changes.
//
// Threads: no state. Complexity: O(length * dimension).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kvorum {

// out[0 .. dimension) = the word's vector, at length 1. `dimension` is a multiple of 64. Of longer words the first
// kMaxSubwordBytes count.
inline constexpr size_t kMaxSubwordBytes = 64;
void SubwordVector(std::string_view word, size_t dimension, float* out);

// A hash that never changes (base/hash.h's is another in each process).
uint64_t SubwordHash(std::string_view bytes);

}  // namespace kvorum
