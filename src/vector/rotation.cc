#include "vector/rotation.h"

#include <cmath>
#include <cstring>

#include "base/random.h"

namespace kvorum {
namespace {

// So many at once, as any processor's vector registers hold. The sums are those of plain loops to the bit: codes that were stored belong
// to one rotation.
constexpr size_t kAtOnce = 4;
using Floats [[gnu::vector_size(kAtOnce * sizeof(float))]] = float;

Floats Load(const float* from) {
  Floats v;
  std::memcpy(&v, from, sizeof(v));
  return v;
}
void Store(const Floats& v, float* to) { std::memcpy(to, &v, sizeof(v)); }

void Butterfly(float* a, float* b) {
  const float sum = *a + *b;
  *b = *a - *b;
  *a = sum;
}
void Butterflies(float* a, float* b) {
  const Floats x = Load(a), y = Load(b);
  Store(x + y, a);
  Store(x - y, b);
}

// The butterflies of 1 and 2 apart among 4.
void TransformWithin(float* part) {
  Floats v = Load(part);
  v = __builtin_shufflevector(v, v, 0, 0, 2, 2) + __builtin_shufflevector(v, v, 1, 1, 3, 3) * Floats{1, -1, 1, -1};
  v = __builtin_shufflevector(v, v, 0, 1, 0, 1) + __builtin_shufflevector(v, v, 2, 3, 2, 3) * Floats{1, 1, -1, -1};
  Store(v, part);
}

void Flip(const float* signs, size_t n, float* vector) {
  size_t i = 0;
  for (; i + kAtOnce <= n; i += kAtOnce) Store(Load(vector + i) * Load(signs + i), vector + i);
  for (; i < n; ++i) vector[i] *= signs[i];
}

}  // namespace

Rotation::Rotation(size_t dimensions, uint64_t seed) : dimensions_(dimensions), signs_(kRounds * dimensions) {
  while (power_ * 2 <= dimensions) power_ *= 2;
  scale_ = 1 / std::sqrt(static_cast<float>(power_));
  Random random(seed);
  for (float& sign : signs_) sign = (random.Next() >> 63) != 0 ? 1 : -1;
}

void Rotation::Transform(float* part) const {
  size_t half = 1;
  if (power_ >= kAtOnce) {
    for (size_t i = 0; i < power_; i += kAtOnce) TransformWithin(part + i);
    half = kAtOnce;
  }
  for (; half < power_; half *= 2) {
    for (size_t block = 0; block < power_; block += 2 * half) {
      if (half < kAtOnce) {
        for (size_t i = block; i < block + half; ++i) Butterfly(part + i, part + i + half);
      } else {
        for (size_t i = block; i < block + half; i += kAtOnce) Butterflies(part + i, part + i + half);
      }
    }
  }
  size_t i = 0;
  const Floats scales = {scale_, scale_, scale_, scale_};
  for (; i + kAtOnce <= power_; i += kAtOnce) Store(Load(part + i) * scales, part + i);
  for (; i < power_; ++i) part[i] *= scale_;
}

void Rotation::Apply(float* vector) const {
  for (size_t round = 0; round < kRounds; ++round) {
    Flip(signs_.data() + round * dimensions_, dimensions_, vector);
    Transform(round % 2 == 0 ? vector : vector + dimensions_ - power_);
  }
}

void Rotation::Revert(float* vector) const {
  for (size_t round = kRounds; round-- > 0;) {
    Transform(round % 2 == 0 ? vector : vector + dimensions_ - power_);  // its own inverse
    Flip(signs_.data() + round * dimensions_, dimensions_, vector);
  }
}

}  // namespace kvorum
