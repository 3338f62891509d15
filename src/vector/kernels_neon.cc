// The kernels for ARM with the dot product instructions (ARMv8.2: Graviton 2, Ampere Altra, Apple M1 and later).
#include "vector/kernels.h"

#if defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

namespace kvorum {
namespace {

struct F32 {
  using Type = float;
  static float32x4_t Load(const float* from) { return vld1q_f32(from); }
  static float One(float from) { return from; }
};
struct F16 {
  using Type = uint16_t;
  static float32x4_t Load(const uint16_t* from) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from))); }
  static float One(uint16_t from) { return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(from))), 0); }
};
struct Bf16 {
  using Type = uint16_t;
  static float32x4_t Load(const uint16_t* from) { return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(from), 16)); }
  static float One(uint16_t from) {
    return vgetq_lane_f32(vreinterpretq_f32_u32(vshll_n_u16(vdup_n_u16(from), 16)), 0);
  }
};

struct SquaredDifference {
  static float32x4_t Add(float32x4_t a, float32x4_t b, float32x4_t sum) {
    const float32x4_t difference = vsubq_f32(a, b);
    return vfmaq_f32(sum, difference, difference);
  }
  static float Add(float a, float b, float sum) { return sum + (a - b) * (a - b); }
};
struct Product {
  static float32x4_t Add(float32x4_t a, float32x4_t b, float32x4_t sum) { return vfmaq_f32(sum, a, b); }
  static float Add(float a, float b, float sum) { return sum + a * b; }
};

template <typename Op, typename Element>
float Floats(const float* query, const typename Element::Type* stored, size_t n) {
  float32x4_t sum0 = vdupq_n_f32(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    sum0 = Op::Add(vld1q_f32(query + i), Element::Load(stored + i), sum0);
    sum1 = Op::Add(vld1q_f32(query + i + 4), Element::Load(stored + i + 4), sum1);
    sum2 = Op::Add(vld1q_f32(query + i + 8), Element::Load(stored + i + 8), sum2);
    sum3 = Op::Add(vld1q_f32(query + i + 12), Element::Load(stored + i + 12), sum3);
  }
  for (; i + 4 <= n; i += 4) sum0 = Op::Add(vld1q_f32(query + i), Element::Load(stored + i), sum0);
  float sum = vaddvq_f32(vaddq_f32(vaddq_f32(sum0, sum1), vaddq_f32(sum2, sum3)));
  for (; i < n; ++i) sum = Op::Add(query[i], Element::One(stored[i]), sum);
  return sum;
}

// The instruction multiplies signed with signed: stored - 128 is, and 128 times the query's sum makes up for it.
int32_t DotU8(const int8_t* query, const uint8_t* stored, size_t n) {
  int32x4_t sum0 = vdupq_n_s32(0), sum1 = sum0, query_sum = sum0;
  const uint8x16_t flip = vdupq_n_u8(0x80);
  const int8x16_t ones = vdupq_n_s8(1);
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    const int8x16_t q0 = vld1q_s8(query + i);
    const int8x16_t q1 = vld1q_s8(query + i + 16);
    sum0 = vdotq_s32(sum0, q0, vreinterpretq_s8_u8(veorq_u8(vld1q_u8(stored + i), flip)));
    sum1 = vdotq_s32(sum1, q1, vreinterpretq_s8_u8(veorq_u8(vld1q_u8(stored + i + 16), flip)));
    query_sum = vdotq_s32(vdotq_s32(query_sum, q0, ones), q1, ones);
  }
  int32_t sum = vaddvq_s32(vaddq_s32(sum0, sum1)) + 128 * vaddvq_s32(query_sum);
  for (; i < n; ++i) sum += query[i] * stored[i];
  return sum;
}

int32_t DotCentred(const uint8_t* a, const uint8_t* b, size_t n) {
  const uint8x16_t flip = vdupq_n_u8(0x80);
  int32x4_t sums = vdupq_n_s32(0);
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    sums = vdotq_s32(sums, vreinterpretq_s8_u8(veorq_u8(vld1q_u8(a + i), flip)),
                     vreinterpretq_s8_u8(veorq_u8(vld1q_u8(b + i), flip)));
  }
  int32_t sum = vaddvq_s32(sums);
  for (; i < n; ++i) sum += (a[i] - 128) * (b[i] - 128);
  return sum;
}

int32_t SumBits(const int8_t* query, const uint8_t* bits, size_t n) {
  const uint8_t kSelect[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t select = vld1q_u8(kSelect);
  const int8x16_t ones = vdupq_n_s8(1);
  int32x4_t sums = vdupq_n_s32(0);
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const uint8x16_t bytes = vcombine_u8(vdup_n_u8(bits[i / 8]), vdup_n_u8(bits[i / 8 + 1]));
    const int8x16_t taken = vandq_s8(vreinterpretq_s8_u8(vtstq_u8(bytes, select)), vld1q_s8(query + i));
    sums = vdotq_s32(sums, taken, ones);
  }
  int32_t sum = vaddvq_s32(sums);
  for (; i < n; ++i) sum += (bits[i / 8] >> (i % 8) & 1) != 0 ? query[i] : 0;
  return sum;
}

template <typename Op>
float Fine(const float* query, const uint8_t* codes, const uint8_t* low, size_t n, unsigned bits) {
  const size_t stride = FineBytes(n, bits);
  const unsigned mask = (1U << bits) - 1;
  const int16x8_t up = vdupq_n_s16(static_cast<int16_t>(bits));
  const uint8x8_t part = vdup_n_u8(static_cast<uint8_t>(mask));
  float32x4_t sums = vdupq_n_f32(0);
  float sum = 0;
  unsigned shift = 0;
  for (size_t begin = 0; begin < n; begin += stride, shift += bits) {
    const int8x8_t down = vdup_n_s8(static_cast<int8_t>(-static_cast<int>(shift)));
    const size_t length = n - begin < stride ? n - begin : stride;
    size_t j = 0;
    for (; j + 8 <= length; j += 8) {
      const uint16x8_t high = vshlq_u16(vmovl_u8(vld1_u8(codes + begin + j)), up);
      const uint16x8_t value = vorrq_u16(high, vmovl_u8(vand_u8(vshl_u8(vld1_u8(low + j), down), part)));
      sums = Op::Add(vld1q_f32(query + begin + j), vcvtq_f32_u32(vmovl_u16(vget_low_u16(value))), sums);
      sums = Op::Add(vld1q_f32(query + begin + j + 4), vcvtq_f32_u32(vmovl_u16(vget_high_u16(value))), sums);
    }
    for (; j < length; ++j) {
      const unsigned value = (static_cast<unsigned>(codes[begin + j]) << bits) | (low[j] >> shift & mask);
      sum = Op::Add(query[begin + j], static_cast<float>(value), sum);
    }
  }
  return sum + vaddvq_f32(sums);
}

constexpr Kernels kNeon = {
    .name = "neon",
    .l2_f32 = Floats<SquaredDifference, F32>,
    .dot_f32 = Floats<Product, F32>,
    .l2_f16 = Floats<SquaredDifference, F16>,
    .dot_f16 = Floats<Product, F16>,
    .l2_bf16 = Floats<SquaredDifference, Bf16>,
    .dot_bf16 = Floats<Product, Bf16>,
    .dot_u8 = DotU8,
    .dot_centred = DotCentred,
    .sum_bits = SumBits,
    .l2_fine = Fine<SquaredDifference>,
    .dot_fine = Fine<Product>,
};

}  // namespace

const Kernels* NeonKernels() {
#if defined(__linux__)
  constexpr unsigned long kDotProduct = 1UL << 20;  // HWCAP_ASIMDDP
  if ((getauxval(AT_HWCAP) & kDotProduct) == 0) return nullptr;
#endif
  return &kNeon;
}

}  // namespace kvorum

#else

namespace kvorum {
const Kernels* NeonKernels() { return nullptr; }
}  // namespace kvorum

#endif
