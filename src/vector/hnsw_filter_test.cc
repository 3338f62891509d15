// Searches with a filter: all selectivities, with the matches known and not, and matches that lie together or apart.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "vector/hnsw_index.h"
#include "vector/test_vectors.h"

namespace kvorum {
namespace {

constexpr size_t kDimensions = 32;
constexpr size_t kRows = 8000;
constexpr uint64_t kSeed = 77;

class SetFilter final : public VectorFilter {
 public:
  SetFilter(std::vector<bool> matching, bool knows) : matching_(std::move(matching)), knows_(knows) {
    for (VectorSlot slot = 0; slot < matching_.size(); ++slot) {
      if (matching_[slot]) slots_.push_back(slot);
    }
  }
  bool Matches(VectorSlot slot, VectorLabel label) const override { return slot == label && matching_[slot]; }
  const std::vector<VectorSlot>* Slots() const override { return knows_ ? &slots_ : nullptr; }
  const std::vector<bool>& matching() const { return matching_; }

 private:
  std::vector<bool> matching_;
  bool knows_;
  std::vector<VectorSlot> slots_;
};

class HnswFilterTest : public testing::Test {
 protected:
  static VectorIndexSettings Settings() {
    VectorIndexSettings settings;
    settings.codec = {.dimensions = kDimensions, .metric = VectorMetric::kL2, .form = VectorForm::kQ8};
    settings.build_width = 100;
    return settings;
  }
  static void SetUpTestSuite() {
    rows_ = new std::vector<float>(ClusteredVectors(kRows, kDimensions, 1));
    queries_ = new std::vector<float>(ClusteredVectors(40, kDimensions, 2));
    index_ = new HnswIndex(Settings());
    for (size_t row = 0; row < kRows; ++row) ASSERT_EQ(index_->Add(rows_->data() + row * kDimensions, row), row);
  }
  static void TearDownTestSuite() {
    delete index_;
    delete queries_;
    delete rows_;
  }

  static std::vector<float>* rows_;
  static std::vector<float>* queries_;
  static HnswIndex* index_;
};

std::vector<float>* HnswFilterTest::rows_ = nullptr;
std::vector<float>* HnswFilterTest::queries_ = nullptr;
HnswIndex* HnswFilterTest::index_ = nullptr;

TEST_F(HnswFilterTest, FindsTheNearestMatchesAtEverySelectivity) {
  Random random(kSeed);
  for (const double selectivity : {0.9, 0.5, 0.1, 0.01, 0.001}) {
    std::vector<bool> matching(kRows);
    for (size_t row = 0; row < kRows; ++row) matching[row] = random.Fraction() < selectivity;
    for (const bool knows : {false, true}) {
      const SetFilter filter(matching, knows);
      const double recall = Recall(*index_, *rows_, matching, *queries_, {.k = 10, .width = 40, .filter = &filter});
      EXPECT_GT(recall, 0.95) << selectivity;
    }
  }
}

TEST_F(HnswFilterTest, NeverFindsFewerThanThereAreNorWhatDoesNotMatch) {
  const SearchContextPtr context = MakeSearchContext();
  std::vector<VectorMatch> matches;
  // The far side: those that are farthest from the query match, so a walk meets many that do not before.
  const float* query = queries_->data();
  const std::vector<size_t> order =
      ExactNearest(*rows_, std::vector<bool>(kRows, true), query, kRows, kDimensions, VectorMetric::kL2);
  for (const size_t count : {0, 1, 5, 30, 900, 4000}) {
    std::vector<bool> matching(kRows);
    for (size_t i = kRows - count; i < kRows; ++i) matching[order[i]] = true;
    for (const bool knows : {false, true}) {
      const SetFilter filter(matching, knows);
      for (const size_t k : {1, 10, 100}) {
        index_->Search(query, {.k = k, .width = 10, .filter = &filter}, context.get(), &matches);
        EXPECT_EQ(matches.size(), std::min(k, count));
        for (const VectorMatch& match : matches) EXPECT_TRUE(matching[match.slot]);
        EXPECT_TRUE(std::is_sorted(matches.begin(), matches.end(),
                                   [](const VectorMatch& a, const VectorMatch& b) { return a.distance < b.distance; }));
      }
    }
  }
}

TEST_F(HnswFilterTest, ReturnsNothingBeyondTheLargestDistance) {
  const SearchContextPtr context = MakeSearchContext();
  std::vector<VectorMatch> all, near;
  index_->Search(queries_->data(), {.k = 20}, context.get(), &all);
  const float bound = all[9].distance;
  index_->Search(queries_->data(), {.k = 20, .max_distance = bound}, context.get(), &near);
  EXPECT_EQ(near.size(), 10);
}

}  // namespace
}  // namespace kvorum
