#include "vector/rotation.h"

#include <cmath>

#include "base/random.h"

namespace kvorum {

Rotation::Rotation(size_t dimensions, uint64_t seed) : dimensions_(dimensions), signs_(kRounds * dimensions) {
  while (power_ * 2 <= dimensions) power_ *= 2;
  scale_ = 1 / std::sqrt(static_cast<float>(power_));
  Random random(seed);
  for (float& sign : signs_) sign = (random.Next() >> 63) != 0 ? 1 : -1;
}

void Rotation::Transform(float* part) const {
  for (size_t half = 1; half < power_; half *= 2) {
    for (size_t block = 0; block < power_; block += 2 * half) {
      for (size_t i = block; i < block + half; ++i) {
        const float a = part[i], b = part[i + half];
        part[i] = a + b;
        part[i + half] = a - b;
      }
    }
  }
  for (size_t i = 0; i < power_; ++i) part[i] *= scale_;
}

void Rotation::Apply(float* vector) const {
  for (size_t round = 0; round < kRounds; ++round) {
    const float* signs = signs_.data() + round * dimensions_;
    for (size_t i = 0; i < dimensions_; ++i) vector[i] *= signs[i];
    Transform(round % 2 == 0 ? vector : vector + dimensions_ - power_);
  }
}

void Rotation::Revert(float* vector) const {
  for (size_t round = kRounds; round-- > 0;) {
    Transform(round % 2 == 0 ? vector : vector + dimensions_ - power_);  // its own inverse
    const float* signs = signs_.data() + round * dimensions_;
    for (size_t i = 0; i < dimensions_; ++i) vector[i] *= signs[i];
  }
}

}  // namespace kvorum
