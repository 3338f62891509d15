// Codecs: what comes back is near what went in, distances are near the true ones in every form and metric, and their order is right.
#include "vector/codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"

namespace kvorum {
namespace {

constexpr uint64_t kSeed = 4711;

double Gaussian(Random& random) {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += random.Fraction();
  return sum - 6;
}

// Rows whose first dimensions vary much more than the last, around a mean that is not zero, as embeddings are.
std::vector<float> MakeRows(size_t n, size_t d, uint64_t seed) {
  Random random(seed);
  std::vector<float> rows(n * d);
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t column = i % d;
    rows[i] = static_cast<float>(0.3 + Gaussian(random) / std::sqrt(1.0 + static_cast<double>(column)));
  }
  return rows;
}

double TrueDistance(VectorMetric metric, const float* a, const float* b, size_t d) {
  double l2 = 0, dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < d; ++i) {
    l2 += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
    dot += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  if (metric == VectorMetric::kL2) return l2;
  if (metric == VectorMetric::kInnerProduct) return 1 - dot;
  return 1 - dot / std::sqrt(aa * bb);
}

struct Case {
  VectorForm form;
  unsigned refine_bits;
  double coarse;  // bound of the mean error of distances, in parts of their spread
  double fine;
};

class CodecTest : public testing::TestWithParam<std::tuple<Case, VectorMetric, size_t>> {};

TEST_P(CodecTest, DistancesAreNearTheTrueOnes) {
  const auto [form, metric, d] = GetParam();
  constexpr size_t kRows = 400;
  std::vector<float> rows = MakeRows(kRows, d, kSeed);
  if (form.form == VectorForm::kInt8) {
    for (float& x : rows) x = std::clamp(std::round(x * 30), -128.0F, 127.0F);
  }
  const CodecSettings settings = {
      .dimensions = d, .metric = metric, .form = form.form, .refine_bits = form.refine_bits};
  const std::unique_ptr<Codec> codec = Codec::Train(settings, rows, kSeed);
  std::vector<uint64_t> code((codec->code_bytes() + 7) / 8), refinement((codec->refine_bytes() + 7) / 8 + 1);
  auto* code_bytes = reinterpret_cast<uint8_t*>(code.data());
  auto* refine_bytes = reinterpret_cast<uint8_t*>(refinement.data());
  double spread = 0, mean = 0, coarse = 0, fine = 0, stored = 0;
  int clipped = 0;
  for (size_t row = 1; row < kRows; ++row)
    mean += TrueDistance(metric, rows.data(), rows.data() + row * d, d) / (kRows - 1);
  CodecQuery query, of_stored;
  std::vector<uint64_t> first_code(code.size()), first_refinement(refinement.size());
  auto* first = reinterpret_cast<uint8_t*>(first_code.data());
  auto* first_fine = reinterpret_cast<uint8_t*>(first_refinement.data());
  codec->Encode(rows.data(), first, first_fine);
  codec->PrepareStored(first, first_fine, &of_stored);
  codec->Prepare(rows.data(), &query);
  for (size_t row = 1; row < kRows; ++row) {
    const float* vector = rows.data() + row * d;
    clipped += codec->Encode(vector, code_bytes, refine_bytes) ? 0 : 1;
    const double truth = TrueDistance(metric, rows.data(), vector, d);
    spread += std::abs(truth - mean);
    coarse += std::abs(Codec::Distance(query, code_bytes) - truth);
    stored += std::abs(Codec::Distance(of_stored, code_bytes) - truth);
    fine += std::abs(codec->Refined(query, code_bytes, refine_bytes) - truth);
  }
  EXPECT_LT(coarse / spread, form.coarse);
  EXPECT_LT(stored / spread, form.coarse * 2);
  EXPECT_LT(clipped, 8);
  EXPECT_LT(fine / spread, form.fine);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, CodecTest,
    testing::Combine(testing::Values(Case{VectorForm::kF32, 0, 1e-5, 1e-5}, Case{VectorForm::kF16, 0, 2e-3, 2e-3},
                                     Case{VectorForm::kBf16, 0, 2e-2, 2e-2}, Case{VectorForm::kInt8, 0, 1e-2, 1e-2},
                                     Case{VectorForm::kQ8, 0, 0.06, 0.06}, Case{VectorForm::kQ8, 2, 0.06, 0.02},
                                     Case{VectorForm::kQ8, 4, 0.06, 0.005}, Case{VectorForm::kBinary, 4, 0.9, 0.005},
                                     Case{VectorForm::kBinary, 0, 0.9, 0.9}),
                     testing::Values(VectorMetric::kL2, VectorMetric::kInnerProduct, VectorMetric::kCosine),
                     testing::Values(size_t{64}, size_t{100}, size_t{301})));

TEST(CodecTest, WhatIsDecodedIsNearAndFinerWithMoreBits) {
  constexpr size_t d = 96;
  const std::vector<float> rows = MakeRows(300, d, kSeed);
  double last = HUGE_VAL;
  for (const unsigned bits : {0U, 2U, 4U}) {
    const auto codec = Codec::Train({.dimensions = d, .form = VectorForm::kQ8, .refine_bits = bits}, rows, kSeed);
    std::vector<uint8_t> code(codec->code_bytes()), refinement(codec->refine_bytes() + 1);
    std::vector<float> back(d);
    double error = 0;
    for (size_t i = 0; i < rows.size(); i += d) {
      codec->Encode(rows.data() + i, code.data(), refinement.data());
      codec->Decode(code.data(), refinement.data(), back.data());
      error += TrueDistance(VectorMetric::kL2, rows.data() + i, back.data(), d);
    }
    EXPECT_LT(error, last / 8) << bits;
    last = error;
  }
}

TEST(CodecTest, BytesAreExactWithEightBits) {
  constexpr size_t d = 50, n = 200;
  Random random(kSeed);
  std::vector<float> rows(n * d);
  for (float& x : rows) x = static_cast<float>(random.Below(256));
  rows[0] = 0;
  rows[1] = 255;
  for (const unsigned bits : {0U, 2U, 4U}) {
    const auto codec = Codec::Train({.dimensions = d, .form = VectorForm::kQ8, .refine_bits = bits}, rows, kSeed);
    std::vector<uint8_t> code(codec->code_bytes()), refinement(codec->refine_bytes() + 1);
    CodecQuery query;
    codec->Prepare(rows.data(), &query);
    for (size_t i = 0; i < rows.size(); i += d) {
      codec->Encode(rows.data() + i, code.data(), refinement.data());
      const double truth = TrueDistance(VectorMetric::kL2, rows.data(), rows.data() + i, d);
      ASSERT_NEAR(Codec::Distance(query, code.data()), truth, truth * 1e-6);
      ASSERT_NEAR(codec->Refined(query, code.data(), refinement.data()), truth, truth * 1e-5 + 0.1);
    }
  }
}

TEST(CodecTest, WhatLiesOutsideTheRangeIsSaidAndClipped) {
  constexpr size_t d = 32;
  const std::vector<float> rows = MakeRows(100, d, kSeed);
  const auto codec = Codec::Train({.dimensions = d, .form = VectorForm::kQ8}, rows, kSeed);
  std::vector<uint8_t> code(codec->code_bytes()), refinement(codec->refine_bytes());
  std::vector<float> vector(d, 1e6F);
  EXPECT_FALSE(codec->Encode(vector.data(), code.data(), refinement.data()));
  EXPECT_TRUE(codec->Encode(rows.data(), code.data(), refinement.data()));
  // A query far outside still has the order of its distances right.
  CodecQuery query;
  for (float& x : vector) x = 40;
  codec->Prepare(vector.data(), &query);
  std::vector<std::pair<double, float>> distances;
  for (size_t i = 0; i < rows.size(); i += d) {
    codec->Encode(rows.data() + i, code.data(), refinement.data());
    distances.emplace_back(TrueDistance(VectorMetric::kL2, vector.data(), rows.data() + i, d),
                           codec->Refined(query, code.data(), refinement.data()));
  }
  for (const auto& [truth, refined] : distances) EXPECT_NEAR(refined, truth, truth * 1e-3);
}

TEST(CodecTest, SavedAndLoadedItIsTheSame) {
  constexpr size_t d = 40;
  const std::vector<float> rows = MakeRows(100, d, kSeed);
  for (const VectorForm form : {VectorForm::kF32, VectorForm::kQ8, VectorForm::kBinary}) {
    const CodecSettings settings = {.dimensions = d, .form = form};
    const auto codec = Codec::Train(settings, rows, kSeed);
    const std::string bytes = codec->Save();
    const auto again = Codec::Load(settings, bytes);
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(again->Save(), bytes);
    std::vector<uint8_t> code(codec->code_bytes()), refinement(codec->refine_bytes() + 1);
    std::vector<uint8_t> code2(code.size()), refinement2(refinement.size());
    codec->Encode(rows.data(), code.data(), refinement.data());
    again->Encode(rows.data(), code2.data(), refinement2.data());
    EXPECT_EQ(code, code2);
    EXPECT_EQ(refinement, refinement2);
    for (size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_EQ(Codec::Load(settings, bytes.substr(0, cut)), nullptr);
  }
}

// As rotation.h says it, by plain loops.
std::vector<float> PlainlyRotated(std::vector<float> x, size_t d) {
  size_t power = 1;
  while (power * 2 <= d) power *= 2;
  Random random(kSeed);
  std::vector<float> signs(4 * d);
  for (float& sign : signs) sign = (random.Next() >> 63) != 0 ? 1 : -1;
  for (size_t round = 0; round < 4; ++round) {
    for (size_t i = 0; i < d; ++i) x[i] *= signs[round * d + i];
    float* const part = round % 2 == 0 ? x.data() : x.data() + d - power;
    for (size_t half = 1; half < power; half *= 2) {
      for (size_t i = 0; i < power; ++i) {
        if ((i & half) != 0) continue;
        const float a = part[i], b = part[i + half];
        part[i] = a + b;
        part[i + half] = a - b;
      }
    }
    for (size_t i = 0; i < power; ++i) part[i] *= 1 / std::sqrt(static_cast<float>(power));
  }
  return x;
}

TEST(RotationTest, KeepsDistancesAndComesBack) {
  for (const size_t d : {1, 2, 3, 7, 64, 100, 384, 784}) {
    const Rotation rotation(d, kSeed);
    std::vector<float> a = MakeRows(1, d, 1), b = MakeRows(1, d, 2);
    const std::vector<float> original = a;
    const double before = TrueDistance(VectorMetric::kL2, a.data(), b.data(), d);
    const std::vector<float> rotated = PlainlyRotated(a, d);
    rotation.Apply(a.data());
    EXPECT_EQ(a, rotated) << "to the bit: stored codes belong to one rotation";
    rotation.Apply(b.data());
    EXPECT_NEAR(TrueDistance(VectorMetric::kL2, a.data(), b.data(), d), before, before * 1e-4);
    rotation.Revert(a.data());
    for (size_t i = 0; i < d; ++i) EXPECT_NEAR(a[i], original[i], 1e-4);
  }
}

}  // namespace
}  // namespace kvorum
