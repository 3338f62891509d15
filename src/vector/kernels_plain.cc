// The kernels as plain loops: what the others are tested against, and what runs where none of those does.
#include "vector/half.h"
#include "vector/kernels.h"

namespace kvorum {
namespace {

float Same(float value) { return value; }

template <auto widen, typename T>
float L2(const float* query, const T* stored, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) {
    const float difference = query[i] - widen(stored[i]);
    sum += difference * difference;
  }
  return sum;
}

template <auto widen, typename T>
float Dot(const float* query, const T* stored, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) sum += query[i] * widen(stored[i]);
  return sum;
}

int32_t DotU8(const int8_t* query, const uint8_t* stored, size_t n) {
  int32_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += query[i] * stored[i];
  return sum;
}

int32_t DotCentred(const uint8_t* a, const uint8_t* b, size_t n) {
  int32_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += (a[i] - 128) * (b[i] - 128);
  return sum;
}

int32_t SumBits(const int8_t* query, const uint8_t* bits, size_t n) {
  int32_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += (bits[i / 8] >> (i % 8) & 1) != 0 ? query[i] : 0;
  return sum;
}

float Fine(const uint8_t* codes, const uint8_t* low, size_t i, size_t stride, unsigned bits) {
  const unsigned part = low[i % stride] >> (i / stride * bits) & ((1U << bits) - 1);
  return static_cast<float>((static_cast<unsigned>(codes[i]) << bits) + part);
}

float L2Fine(const float* query, const uint8_t* codes, const uint8_t* low, size_t n, unsigned bits) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) {
    const float difference = query[i] - Fine(codes, low, i, FineBytes(n, bits), bits);
    sum += difference * difference;
  }
  return sum;
}

float DotFine(const float* query, const uint8_t* codes, const uint8_t* low, size_t n, unsigned bits) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) sum += query[i] * Fine(codes, low, i, FineBytes(n, bits), bits);
  return sum;
}

constexpr Kernels kPlain = {
    .name = "plain",
    .l2_f32 = L2<Same, float>,
    .dot_f32 = Dot<Same, float>,
    .l2_f16 = L2<FloatFromF16, uint16_t>,
    .dot_f16 = Dot<FloatFromF16, uint16_t>,
    .l2_bf16 = L2<FloatFromBf16, uint16_t>,
    .dot_bf16 = Dot<FloatFromBf16, uint16_t>,
    .dot_u8 = DotU8,
    .dot_centred = DotCentred,
    .sum_bits = SumBits,
    .l2_fine = L2Fine,
    .dot_fine = DotFine,
};

}  // namespace

const Kernels* PlainKernels() { return &kPlain; }

}  // namespace kvorum
