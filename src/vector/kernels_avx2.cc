// The kernels for AVX2 with FMA and F16C (Intel from Haswell, AMD from Zen). What is left over at the end of a length goes
// one by one.
#include "vector/kernels.h"

#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#include <immintrin.h>

namespace kvorum {
namespace {

struct F32 {
  using Type = float;
  static __m256 Load(const float* from) { return _mm256_loadu_ps(from); }
  static float One(float from) { return from; }
};
struct F16 {
  using Type = uint16_t;
  static __m256 Load(const uint16_t* from) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)from)); }
  static float One(uint16_t from) { return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(from))); }
};
struct Bf16 {
  using Type = uint16_t;
  static __m256 Load(const uint16_t* from) {
    const __m256i bits = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i*)from));
    return _mm256_castsi256_ps(_mm256_slli_epi32(bits, 16));
  }
  static float One(uint16_t from) {
    return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(static_cast<int>(static_cast<uint32_t>(from) << 16))));
  }
};

struct SquaredDifference {
  static __m256 Add(__m256 a, __m256 b, __m256 sum) {
    const __m256 difference = _mm256_sub_ps(a, b);
    return _mm256_fmadd_ps(difference, difference, sum);
  }
  static float Add(float a, float b, float sum) { return sum + (a - b) * (a - b); }
};
struct Product {
  static __m256 Add(__m256 a, __m256 b, __m256 sum) { return _mm256_fmadd_ps(a, b, sum); }
  static float Add(float a, float b, float sum) { return sum + a * b; }
};

float Sum(__m256 numbers) {
  __m128 sum = _mm_add_ps(_mm256_castps256_ps128(numbers), _mm256_extractf128_ps(numbers, 1));
  sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

int32_t Sum(__m256i numbers) {
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(numbers), _mm256_extracti128_si256(numbers, 1));
  sum = _mm_add_epi32(sum, _mm_unpackhi_epi64(sum, sum));
  return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 1)));
}

template <typename Op, typename Element>
float Floats(const float* query, const typename Element::Type* stored, size_t n) {
  __m256 sum0 = _mm256_setzero_ps(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    sum0 = Op::Add(_mm256_loadu_ps(query + i), Element::Load(stored + i), sum0);
    sum1 = Op::Add(_mm256_loadu_ps(query + i + 8), Element::Load(stored + i + 8), sum1);
    sum2 = Op::Add(_mm256_loadu_ps(query + i + 16), Element::Load(stored + i + 16), sum2);
    sum3 = Op::Add(_mm256_loadu_ps(query + i + 24), Element::Load(stored + i + 24), sum3);
  }
  for (; i + 8 <= n; i += 8) sum0 = Op::Add(_mm256_loadu_ps(query + i), Element::Load(stored + i), sum0);
  float sum = Sum(_mm256_add_ps(_mm256_add_ps(sum0, sum1), _mm256_add_ps(sum2, sum3)));
  for (; i < n; ++i) sum = Op::Add(query[i], Element::One(stored[i]), sum);
  return sum;
}

// In 16 bits, as the 8-bit multiply-and-add would saturate.
int32_t DotU8(const int8_t* query, const uint8_t* stored, size_t n) {
  __m256i sum0 = _mm256_setzero_si256(), sum1 = sum0;
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    const __m256i q0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)(query + i)));
    const __m256i s0 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i*)(stored + i)));
    const __m256i q1 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)(query + i + 16)));
    const __m256i s1 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i*)(stored + i + 16)));
    sum0 = _mm256_add_epi32(sum0, _mm256_madd_epi16(q0, s0));
    sum1 = _mm256_add_epi32(sum1, _mm256_madd_epi16(q1, s1));
  }
  int32_t sum = Sum(_mm256_add_epi32(sum0, sum1));
  for (; i < n; ++i) sum += query[i] * stored[i];
  return sum;
}

int32_t DotCentred(const uint8_t* a, const uint8_t* b, size_t n) {
  const __m256i centre = _mm256_set1_epi16(128);
  __m256i sum0 = _mm256_setzero_si256(), sum1 = sum0;
  const auto load = [&](const uint8_t* from) {
    return _mm256_sub_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i*)from)), centre);
  };
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    sum0 = _mm256_add_epi32(sum0, _mm256_madd_epi16(load(a + i), load(b + i)));
    sum1 = _mm256_add_epi32(sum1, _mm256_madd_epi16(load(a + i + 16), load(b + i + 16)));
  }
  int32_t sum = Sum(_mm256_add_epi32(sum0, sum1));
  for (; i < n; ++i) sum += (a[i] - 128) * (b[i] - 128);
  return sum;
}

int32_t SumBits(const int8_t* query, const uint8_t* bits, size_t n) {
  // Byte j of a lane gets the byte of bits that j's bit is in, then only that bit of it is looked at.
  const __m256i spread =
      _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
  const __m256i select = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201ULL));
  const __m256i ones8 = _mm256_set1_epi8(1);
  const __m256i ones16 = _mm256_set1_epi16(1);
  __m256i sums = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    int word;
    __builtin_memcpy(&word, bits + i / 8, sizeof(word));
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(word), spread);
    const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, select), select);
    const __m256i taken = _mm256_and_si256(set, _mm256_loadu_si256((const __m256i*)(query + i)));
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(ones8, taken), ones16));
  }
  int32_t sum = Sum(sums);
  for (; i < n; ++i) sum += (bits[i / 8] >> (i % 8) & 1) != 0 ? query[i] : 0;
  return sum;
}

template <typename Op>
float Fine(const float* query, const uint8_t* codes, const uint8_t* low, size_t n, unsigned bits) {
  const size_t stride = FineBytes(n, bits);
  const unsigned mask = (1U << bits) - 1;
  const __m256i part = _mm256_set1_epi32(static_cast<int>(mask));
  const __m128i up = _mm_cvtsi32_si128(static_cast<int>(bits));
  __m256 sums = _mm256_setzero_ps();
  float sum = 0;
  unsigned shift = 0;
  for (size_t begin = 0; begin < n; begin += stride, shift += bits) {
    const __m128i down = _mm_cvtsi32_si128(static_cast<int>(shift));
    const size_t length = n - begin < stride ? n - begin : stride;
    size_t j = 0;
    for (; j + 8 <= length; j += 8) {
      const __m256i high = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)(codes + begin + j)));
      const __m256i rest = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)(low + j)));
      const __m256i value =
          _mm256_or_si256(_mm256_sll_epi32(high, up), _mm256_and_si256(_mm256_srl_epi32(rest, down), part));
      sums = Op::Add(_mm256_loadu_ps(query + begin + j), _mm256_cvtepi32_ps(value), sums);
    }
    for (; j < length; ++j) {
      const unsigned value = (static_cast<unsigned>(codes[begin + j]) << bits) | (low[j] >> shift & mask);
      sum = Op::Add(query[begin + j], static_cast<float>(value), sum);
    }
  }
  return sum + Sum(sums);
}

constexpr Kernels kAvx2 = {
    .name = "avx2",
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

const Kernels* Avx2Kernels() {
  // clang 14 cannot ask for F16C; no processor has AVX2 without it.
  const bool can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return can ? &kAvx2 : nullptr;
}

}  // namespace kvorum

#else

namespace kvorum {
const Kernels* Avx2Kernels() { return nullptr; }
}  // namespace kvorum

#endif
