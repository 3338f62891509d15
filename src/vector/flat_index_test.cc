#include "vector/flat_index.h"

#include <gtest/gtest.h>

#include <cmath>

#include "vector/test_vectors.h"

namespace kvorum {
namespace {

constexpr size_t kDimensions = 30;

VectorIndexSettings Settings(VectorForm form, VectorMetric metric) {
  VectorIndexSettings settings;
  settings.codec = {.dimensions = kDimensions, .metric = metric, .form = form};
  settings.train_after = 300;
  return settings;
}

TEST(FlatIndexTest, FindsTheNearestWhileVectorsComeAndGo) {
  const std::vector<float> rows = ClusteredVectors(1200, kDimensions, 1);
  const std::vector<float> queries = ClusteredVectors(40, kDimensions, 2);
  for (const VectorMetric metric : {VectorMetric::kL2, VectorMetric::kInnerProduct, VectorMetric::kCosine}) {
    for (const VectorForm form : {VectorForm::kF32, VectorForm::kF16, VectorForm::kQ8, VectorForm::kBinary}) {
      FlatIndex index(Settings(form, metric));
      std::vector<bool> live(1200);
      std::vector<VectorSlot> slots;
      for (size_t row = 0; row < 1000; ++row) {
        slots.push_back(index.Add(rows.data() + row * kDimensions, row));
        live[row] = true;
      }
      for (size_t row = 0; row < 1000; row += 3) {
        index.Remove(slots[row]);
        live[row] = false;
      }
      for (size_t row = 1000; row < 1200; ++row) {
        EXPECT_LT(index.Add(rows.data() + row * kDimensions, row), 1000);
        live[row] = true;
      }
      index.Validate();
      EXPECT_GT(Recall(index, rows, live, queries, {.k = 10, .width = 100}), form == VectorForm::kBinary ? 0.9 : 0.99);
    }
  }
}

TEST(FlatIndexTest, VectorsFarOutsideWhatWasTrainedOnLeadToAnotherTraining) {
  std::vector<float> rows = ClusteredVectors(2000, kDimensions, 1);
  for (size_t i = rows.size() / 4; i < rows.size(); ++i) rows[i] *= 20;
  std::vector<float> queries(rows.end() - 40 * static_cast<ptrdiff_t>(kDimensions), rows.end());
  FlatIndex index(Settings(VectorForm::kQ8, VectorMetric::kL2));
  for (size_t row = 0; row < 2000; ++row) index.Add(rows.data() + row * kDimensions, row);
  std::vector<float> back(kDimensions);
  index.Decode(1999, back.data());
  const float* original = rows.data() + 1999 * kDimensions;
  const std::vector<float> zero(kDimensions);
  EXPECT_LT(ExactDistance(VectorMetric::kL2, back.data(), original, kDimensions),
            1e-5 * ExactDistance(VectorMetric::kL2, zero.data(), original, kDimensions));
}

TEST(FlatIndexTest, TellsWhatIsUsable) {
  const std::vector<float> fine = {1, 2}, zero = {0, 0}, nan = {1, NAN}, infinite = {INFINITY, 0}, huge = {1e30F, 0};
  EXPECT_TRUE(IsUsable(fine, VectorMetric::kCosine));
  EXPECT_TRUE(IsUsable(zero, VectorMetric::kL2));
  EXPECT_FALSE(IsUsable(zero, VectorMetric::kCosine));
  EXPECT_FALSE(IsUsable(nan, VectorMetric::kL2));
  EXPECT_FALSE(IsUsable(infinite, VectorMetric::kL2));
  EXPECT_FALSE(IsUsable(huge, VectorMetric::kL2));
}

}  // namespace
}  // namespace kvorum
