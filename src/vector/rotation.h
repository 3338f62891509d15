// Rotation: a random rotation of d-dimensional space that costs O(d log d).
//
// Quantizers with one step for all dimensions want dimensions of like spread, and 1-bit codes want vectors that look the same
// from every side. A rotation keeps all distances and gives both, whatever the data.
//
// It is a product of rounds, each a flip of random signs and a Walsh-Hadamard transform. The transform needs a power of two: d is
// covered by two of them that overlap, the first and the last p dimensions, p the largest power of two up to d, in turn. (The
// idea of Ailon and Chazelle 2006; rounds on overlapping parts instead of padding, which would lengthen the codes.)
//
// Threads: const after construction. Ownership: owns its signs, d bytes a round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kvorum {

class Rotation {
 public:
  Rotation(size_t dimensions, uint64_t seed);

  // In place; `vector` has the dimensions. Apply(Revert(x)) is x but for rounding.
  void Apply(float* vector) const;
  void Revert(float* vector) const;

  size_t Bytes() const { return signs_.capacity() * sizeof(float); }

 private:
  static constexpr size_t kRounds = 4;

  void Transform(float* part) const;

  size_t dimensions_;
  size_t power_ = 1;          // of two, at most dimensions_
  float scale_ = 1;           // makes the transform keep lengths
  std::vector<float> signs_;  // kRounds * dimensions_, each 1 or -1
};

}  // namespace kvorum
