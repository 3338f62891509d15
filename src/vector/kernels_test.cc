// Every kernel of every instruction set that this machine runs, against the plain one: at all lengths up to a few times the
// widest step and some long ones, from places that are not aligned. Integers, and floats that hold small integers, must
// give the same number; fractions nearly so.
#include "vector/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"
#include "vector/half.h"

namespace kvorum {
namespace {

constexpr uint64_t kSeed = 20261122;

std::vector<size_t> Lengths() {
  std::vector<size_t> lengths;
  for (size_t n = 0; n <= 300; ++n) lengths.push_back(n);
  for (size_t n : {383, 384, 511, 512, 784, 1023, 1536, 4096}) lengths.push_back(n);
  return lengths;
}

// Exactly as long as its contents, and at an odd place, so that the address sanitizer sees a step too far.
template <typename T>
class Unaligned {
 public:
  explicit Unaligned(size_t n) : block_(sizeof(T) * n + sizeof(T)), n_(n) {}
  T* data() { return reinterpret_cast<T*>(block_.data() + sizeof(T)); }
  size_t size() const { return n_; }

 private:
  std::vector<unsigned char> block_;
  size_t n_;
};

class KernelsTest : public testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& kernels() const { return *GetParam(); }
  const Kernels& plain() const { return *PlainKernels(); }
  Random random_{kSeed};
};

std::vector<const Kernels*> Sets() {
  std::vector<const Kernels*> sets = {PlainKernels()};
  for (const Kernels* set : {Avx2Kernels(), Avx512Kernels(), NeonKernels()}) {
    if (set != nullptr) sets.push_back(set);
  }
  return sets;
}

TEST_P(KernelsTest, FloatsThatHoldIntegersGiveEqualResults) {
  for (const size_t n : Lengths()) {
    Unaligned<float> a(n), b(n);
    Unaligned<uint16_t> half(n), brain(n);
    for (size_t i = 0; i < n; ++i) {
      a.data()[i] = static_cast<float>(random_.Below(31)) - 15;
      b.data()[i] = static_cast<float>(random_.Below(31)) - 15;
      half.data()[i] = F16FromFloat(b.data()[i]);
      brain.data()[i] = Bf16FromFloat(b.data()[i]);
    }
    const float l2 = plain().l2_f32(a.data(), b.data(), n);
    const float dot = plain().dot_f32(a.data(), b.data(), n);
    ASSERT_EQ(kernels().l2_f32(a.data(), b.data(), n), l2) << n;
    ASSERT_EQ(kernels().l2_f16(a.data(), half.data(), n), l2) << n;
    ASSERT_EQ(kernels().l2_bf16(a.data(), brain.data(), n), l2) << n;
    ASSERT_EQ(kernels().dot_f32(a.data(), b.data(), n), dot) << n;
    ASSERT_EQ(kernels().dot_f16(a.data(), half.data(), n), dot) << n;
    ASSERT_EQ(kernels().dot_bf16(a.data(), brain.data(), n), dot) << n;
  }
}

TEST_P(KernelsTest, FractionsGiveNearlyEqualResults) {
  for (const size_t n : Lengths()) {
    Unaligned<float> a(n), b(n);
    Unaligned<uint16_t> half(n), brain(n);
    double size = 1e-30;
    for (size_t i = 0; i < n; ++i) {
      a.data()[i] = static_cast<float>(random_.Fraction() - 0.5);
      b.data()[i] = static_cast<float>(random_.Fraction() - 0.5);
      half.data()[i] = F16FromFloat(b.data()[i]);
      brain.data()[i] = Bf16FromFloat(b.data()[i]);
      size += 1;
    }
    const double bound = size * 1e-6;
    ASSERT_NEAR(kernels().l2_f32(a.data(), b.data(), n), plain().l2_f32(a.data(), b.data(), n), bound) << n;
    ASSERT_NEAR(kernels().dot_f32(a.data(), b.data(), n), plain().dot_f32(a.data(), b.data(), n), bound) << n;
    ASSERT_NEAR(kernels().l2_f16(a.data(), half.data(), n), plain().l2_f16(a.data(), half.data(), n), bound) << n;
    ASSERT_NEAR(kernels().dot_f16(a.data(), half.data(), n), plain().dot_f16(a.data(), half.data(), n), bound) << n;
    ASSERT_NEAR(kernels().l2_bf16(a.data(), brain.data(), n), plain().l2_bf16(a.data(), brain.data(), n), bound) << n;
    ASSERT_NEAR(kernels().dot_bf16(a.data(), brain.data(), n), plain().dot_bf16(a.data(), brain.data(), n), bound) << n;
  }
}

TEST_P(KernelsTest, BytesGiveEqualResultsAtTheirExtremesToo) {
  for (const size_t n : Lengths()) {
    Unaligned<int8_t> query(n);
    Unaligned<uint8_t> stored(n);
    for (int round = 0; round < 4; ++round) {
      for (size_t i = 0; i < n; ++i) {
        query.data()[i] = static_cast<int8_t>(round == 0 ? -128 : round == 1 ? 127 : random_.Next());
        stored.data()[i] = static_cast<uint8_t>(round < 2 ? 255 : random_.Next());
      }
      ASSERT_EQ(kernels().dot_u8(query.data(), stored.data(), n), plain().dot_u8(query.data(), stored.data(), n)) << n;
      const auto* other = reinterpret_cast<const uint8_t*>(query.data());
      ASSERT_EQ(kernels().dot_centred(other, stored.data(), n), plain().dot_centred(other, stored.data(), n)) << n;
    }
  }
}

TEST_P(KernelsTest, TheLongestLengthDoesNotOverflow) {
  std::vector<int8_t> query(kMaxDimensions, -128);
  std::vector<uint8_t> stored(kMaxDimensions, 255);
  EXPECT_EQ(kernels().dot_u8(query.data(), stored.data(), kMaxDimensions),
            -128 * 255 * static_cast<int>(kMaxDimensions));
}

TEST_P(KernelsTest, SumsOfBitsAreEqual) {
  for (const size_t n : Lengths()) {
    Unaligned<int8_t> query(n);
    Unaligned<uint8_t> bits((n + 7) / 8);
    for (int round = 0; round < 3; ++round) {
      for (size_t i = 0; i < n; ++i) query.data()[i] = static_cast<int8_t>(round == 0 ? -128 : random_.Next());
      for (size_t i = 0; i < bits.size(); ++i) bits.data()[i] = static_cast<uint8_t>(round == 0 ? 255 : random_.Next());
      ASSERT_EQ(kernels().sum_bits(query.data(), bits.data(), n), plain().sum_bits(query.data(), bits.data(), n)) << n;
    }
  }
}

TEST_P(KernelsTest, FineCodesAreEqual) {
  for (const unsigned bits : {2U, 4U}) {
    for (const size_t n : Lengths()) {
      if (n > 600) continue;  // beyond, the sums leave what a float holds exactly
      Unaligned<float> query(n);
      Unaligned<uint8_t> codes(n), low(FineBytes(n, bits));
      for (size_t i = 0; i < n; ++i) {
        // Few and close enough for the sum of squares to stay below 2^24.
        codes.data()[i] = static_cast<uint8_t>(random_.Below(8));
        query.data()[i] = static_cast<float>(random_.Below(128));
      }
      for (size_t i = 0; i < low.size(); ++i) low.data()[i] = static_cast<uint8_t>(random_.Next());
      ASSERT_EQ(kernels().l2_fine(query.data(), codes.data(), low.data(), n, bits),
                plain().l2_fine(query.data(), codes.data(), low.data(), n, bits))
          << n;
      ASSERT_EQ(kernels().dot_fine(query.data(), codes.data(), low.data(), n, bits),
                plain().dot_fine(query.data(), codes.data(), low.data(), n, bits))
          << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, KernelsTest, testing::ValuesIn(Sets()),
                         [](const testing::TestParamInfo<const Kernels*>& set) {
                           return std::string(set.param->name);
                         });

TEST(KernelsTest, TheBestIsTheLastThatRuns) { EXPECT_EQ(&BestKernels(), Sets().back()); }

TEST(HalfTest, EveryF16AndBf16ComesBack) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if (!std::isnan(FloatFromF16(half))) {
      ASSERT_EQ(F16FromFloat(FloatFromF16(half)), half);
    }
    if (!std::isnan(FloatFromBf16(half))) {
      ASSERT_EQ(Bf16FromFloat(FloatFromBf16(half)), half);
    }
  }
  EXPECT_TRUE(std::isnan(FloatFromF16(F16FromFloat(NAN))));
  EXPECT_TRUE(std::isnan(FloatFromBf16(Bf16FromFloat(NAN))));
}

TEST(HalfTest, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(F16FromFloat(65519.0F), 0x7BFF);
  EXPECT_EQ(F16FromFloat(65520.0F), 0x7C00);  // infinite
  EXPECT_EQ(F16FromFloat(-1e30F), 0xFC00);
  EXPECT_EQ(F16FromFloat(1.0F + 0x1p-11F), 0x3C00);             // a tie, to even
  EXPECT_EQ(F16FromFloat(1.0F + 0x1p-11F + 0x1p-20F), 0x3C01);  // above it
  EXPECT_EQ(F16FromFloat(0x1p-25F), 0);                         // a tie with zero
  EXPECT_EQ(F16FromFloat(0x1.8p-25F), 1);
  EXPECT_EQ(Bf16FromFloat(1.0F + 0x1p-8F), 0x3F80);
  EXPECT_EQ(Bf16FromFloat(1.0F + 0x1p-8F + 0x1p-16F), 0x3F81);
}

}  // namespace
}  // namespace kvorum
