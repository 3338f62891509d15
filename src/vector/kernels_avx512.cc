// The kernels for AVX-512 with VNNI (Intel from Ice Lake, AMD from Zen 4). The rest of a length goes through masked loads,
// which do not touch what the mask leaves out.
//
// f16 and bf16 are widened: the query stays f32, so nothing of it is rounded, and the widening hides behind memory, which
// is what AVX512-FP16's and AVX512-BF16's own arithmetic would have to gain from.
#include "vector/kernels.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__) && \
    defined(__AVX512VNNI__)
#include <immintrin.h>

namespace kvorum {
namespace {

__mmask16 First16(size_t n) { return static_cast<__mmask16>(n >= 16 ? 0xFFFFU : (1U << n) - 1); }
__mmask64 First64(size_t n) { return n >= 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1; }

struct F32 {
  using Type = float;
  static __m512 Load(const float* from) { return _mm512_loadu_ps(from); }
  static __m512 Load(const float* from, __mmask16 mask) { return _mm512_maskz_loadu_ps(mask, from); }
};
struct F16 {
  using Type = uint16_t;
  static __m512 Load(const uint16_t* from) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)from)); }
  static __m512 Load(const uint16_t* from, __mmask16 mask) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, from));
  }
};
struct Bf16 {
  using Type = uint16_t;
  static __m512 Widen(__m256i bits) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16)); }
  static __m512 Load(const uint16_t* from) { return Widen(_mm256_loadu_si256((const __m256i*)from)); }
  static __m512 Load(const uint16_t* from, __mmask16 mask) { return Widen(_mm256_maskz_loadu_epi16(mask, from)); }
};

struct SquaredDifference {
  static __m512 Add(__m512 a, __m512 b, __m512 sum) {
    const __m512 difference = _mm512_sub_ps(a, b);
    return _mm512_fmadd_ps(difference, difference, sum);
  }
};
struct Product {
  static __m512 Add(__m512 a, __m512 b, __m512 sum) { return _mm512_fmadd_ps(a, b, sum); }
};

template <typename Op, typename Element>
float Floats(const float* query, const typename Element::Type* stored, size_t n) {
  __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    sum0 = Op::Add(_mm512_loadu_ps(query + i), Element::Load(stored + i), sum0);
    sum1 = Op::Add(_mm512_loadu_ps(query + i + 16), Element::Load(stored + i + 16), sum1);
    sum2 = Op::Add(_mm512_loadu_ps(query + i + 32), Element::Load(stored + i + 32), sum2);
    sum3 = Op::Add(_mm512_loadu_ps(query + i + 48), Element::Load(stored + i + 48), sum3);
  }
  for (; i < n; i += 16) {
    const __mmask16 mask = First16(n - i);
    sum0 = Op::Add(_mm512_maskz_loadu_ps(mask, query + i), Element::Load(stored + i, mask), sum0);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sum0, sum1), _mm512_add_ps(sum2, sum3)));
}

int32_t DotU8(const int8_t* query, const uint8_t* stored, size_t n) {
  __m512i sum0 = _mm512_setzero_si512(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  size_t i = 0;
  for (; i + 256 <= n; i += 256) {
    sum0 = _mm512_dpbusd_epi32(sum0, _mm512_loadu_si512(stored + i), _mm512_loadu_si512(query + i));
    sum1 = _mm512_dpbusd_epi32(sum1, _mm512_loadu_si512(stored + i + 64), _mm512_loadu_si512(query + i + 64));
    sum2 = _mm512_dpbusd_epi32(sum2, _mm512_loadu_si512(stored + i + 128), _mm512_loadu_si512(query + i + 128));
    sum3 = _mm512_dpbusd_epi32(sum3, _mm512_loadu_si512(stored + i + 192), _mm512_loadu_si512(query + i + 192));
  }
  for (; i + 64 <= n; i += 64) {
    sum0 = _mm512_dpbusd_epi32(sum0, _mm512_loadu_si512(stored + i), _mm512_loadu_si512(query + i));
  }
  if (i < n) {
    const __mmask64 mask = First64(n - i);
    sum1 =
        _mm512_dpbusd_epi32(sum1, _mm512_maskz_loadu_epi8(mask, stored + i), _mm512_maskz_loadu_epi8(mask, query + i));
  }
  return _mm512_reduce_add_epi32(_mm512_add_epi32(_mm512_add_epi32(sum0, sum1), _mm512_add_epi32(sum2, sum3)));
}

// (a - 128) (b - 128) = (a - 128) b - 128 (a - 128); a - 128 is a with its top bit flipped, read as signed.
int32_t DotCentred(const uint8_t* a, const uint8_t* b, size_t n) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i sum0 = _mm512_setzero_si512(), sum1 = sum0, of_a0 = sum0, of_a1 = sum0;
  size_t i = 0;
  for (; i + 128 <= n; i += 128) {
    const __m512i a0 = _mm512_xor_si512(_mm512_loadu_si512(a + i), flip);
    const __m512i a1 = _mm512_xor_si512(_mm512_loadu_si512(a + i + 64), flip);
    sum0 = _mm512_dpbusd_epi32(sum0, _mm512_loadu_si512(b + i), a0);
    sum1 = _mm512_dpbusd_epi32(sum1, _mm512_loadu_si512(b + i + 64), a1);
    of_a0 = _mm512_dpbusd_epi32(of_a0, ones, a0);
    of_a1 = _mm512_dpbusd_epi32(of_a1, ones, a1);
  }
  for (; i < n; i += 64) {
    const __mmask64 mask = First64(n - i);
    const __m512i rest = _mm512_maskz_mov_epi8(mask, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, a + i), flip));
    sum0 = _mm512_dpbusd_epi32(sum0, _mm512_maskz_loadu_epi8(mask, b + i), rest);
    of_a0 = _mm512_dpbusd_epi32(of_a0, ones, rest);
  }
  const __m512i of_a = _mm512_slli_epi32(_mm512_add_epi32(of_a0, of_a1), 7);
  return _mm512_reduce_add_epi32(_mm512_sub_epi32(_mm512_add_epi32(sum0, sum1), of_a));
}

// One bit a byte: the mask lets a 1 through where the bit is set, and VNNI adds what the query has there.
int32_t SumBits(const int8_t* query, const uint8_t* bits, size_t n) {
  __m512i sum0 = _mm512_setzero_si512(), sum1 = sum0;
  const __m512i ones = _mm512_set1_epi8(1);
  size_t i = 0;
  for (; i + 128 <= n; i += 128) {
    uint64_t mask[2];
    __builtin_memcpy(mask, bits + i / 8, sizeof(mask));
    sum0 = _mm512_dpbusd_epi32(sum0, _mm512_maskz_mov_epi8(mask[0], ones), _mm512_loadu_si512(query + i));
    sum1 = _mm512_dpbusd_epi32(sum1, _mm512_maskz_mov_epi8(mask[1], ones), _mm512_loadu_si512(query + i + 64));
  }
  for (; i < n; i += 64) {
    const size_t left = n - i;
    uint64_t mask = 0;
    __builtin_memcpy(&mask, bits + i / 8, left >= 64 ? 8 : (left + 7) / 8);
    mask &= First64(left);
    sum0 =
        _mm512_dpbusd_epi32(sum0, _mm512_maskz_mov_epi8(mask, ones), _mm512_maskz_loadu_epi8(First64(left), query + i));
  }
  return _mm512_reduce_add_epi32(_mm512_add_epi32(sum0, sum1));
}

template <typename Op>
float Fine(const float* query, const uint8_t* codes, const uint8_t* low, size_t n, unsigned bits) {
  const size_t stride = FineBytes(n, bits);
  const __m512i part = _mm512_set1_epi32(static_cast<int>((1U << bits) - 1));
  const __m128i up = _mm_cvtsi32_si128(static_cast<int>(bits));
  __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0;
  unsigned shift = 0;
  for (size_t begin = 0; begin < n; begin += stride, shift += bits) {
    const __m128i down = _mm_cvtsi32_si128(static_cast<int>(shift));
    const size_t length = n - begin < stride ? n - begin : stride;
    const auto values = [&](size_t j, __mmask16 mask) {
      const __m512i high = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, codes + begin + j));
      const __m512i rest = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, low + j));
      return _mm512_cvtepi32_ps(
          _mm512_or_si512(_mm512_sll_epi32(high, up), _mm512_and_si512(_mm512_srl_epi32(rest, down), part)));
    };
    size_t j = 0;
    for (; j + 32 <= length; j += 32) {
      sum0 = Op::Add(_mm512_loadu_ps(query + begin + j), values(j, 0xFFFF), sum0);
      sum1 = Op::Add(_mm512_loadu_ps(query + begin + j + 16), values(j + 16, 0xFFFF), sum1);
    }
    for (; j < length; j += 16) {
      const __mmask16 mask = First16(length - j);
      sum0 = Op::Add(_mm512_maskz_loadu_ps(mask, query + begin + j), values(j, mask), sum0);
    }
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(sum0, sum1));
}

constexpr Kernels kAvx512 = {
    .name = "avx512",
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

const Kernels* Avx512Kernels() {
  // GCC's and clang's cpu_supports also ask whether the system saves the registers.
  const bool can = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vnni");
  return can ? &kAvx512 : nullptr;
}

}  // namespace kvorum

#else

namespace kvorum {
const Kernels* Avx512Kernels() { return nullptr; }
}  // namespace kvorum

#endif
