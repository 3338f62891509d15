// Equal vectors: texts that occur again and again have them. A walk must neither end among them nor miss any of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/random.h"
#include "vector/hnsw_index.h"
#include "vector/test_vectors.h"

namespace kvorum {
namespace {

constexpr size_t kDimensions = 24;
constexpr size_t kWidth = 64;

using Rows = std::vector<std::vector<float>>;

std::vector<float> AnyVector(Random& random) {
  std::vector<float> vector(kDimensions);
  for (float& number : vector) number = static_cast<float>(random.Below(2000)) / 10 - 100;
  return vector;
}

class OddOnly final : public VectorFilter {
 public:
  bool Matches(VectorSlot, VectorLabel label) const override { return label % 2 == 1; }
  const std::vector<VectorSlot>* Slots() const override { return nullptr; }
};

class HnswTwinsTest : public testing::TestWithParam<VectorForm> {
 protected:
  HnswTwinsTest() : seed_(static_cast<uint64_t>(testing::UnitTest::GetInstance()->random_seed()) + 1), random_(seed_) {}

  VectorIndexSettings Settings() const {
    VectorIndexSettings settings;
    settings.codec = {.dimensions = kDimensions, .metric = VectorMetric::kL2, .form = GetParam()};
    settings.build_width = 100;
    return settings;
  }

  // `others` vectors, and of each group so many equal ones, in any order.
  Rows MakeRows(size_t others, std::initializer_list<size_t> groups) {
    Rows rows;
    for (size_t i = 0; i < others; ++i) rows.push_back(AnyVector(random_));
    for (const size_t size : groups) rows.insert(rows.end(), size, AnyVector(random_));
    for (size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random_.Below(i)]);
    return rows;
  }

  void Add(size_t row) {
    slots_.resize(std::max(slots_.size(), row + 1), kNoVectorSlot);
    slots_[row] = index_->Add(rows_[row].data(), row);
  }
  void Build(Rows rows) {
    rows_ = std::move(rows);
    slots_.clear();
    index_ = std::make_unique<HnswIndex>(Settings());
    for (size_t row = 0; row < rows_.size(); ++row) Add(row);
    index_->Validate();
  }
  void Remove(size_t row) { index_->Remove(std::exchange(slots_[row], kNoVectorSlot)); }

  // How many of the k nearest are found: those that lie no farther than the exact k-th.
  size_t Hits(const std::vector<float>& query, size_t k, const VectorFilter* filter) {
    const SearchContextPtr context = MakeSearchContext();
    std::vector<VectorMatch> matches;
    index_->Search(query.data(), {.k = k, .width = kWidth, .filter = filter}, context.get(), &matches);
    auto distance = [&](size_t row) {
      return ExactDistance(VectorMetric::kL2, rows_[row].data(), query.data(), kDimensions);
    };
    std::vector<double> exact;
    for (size_t row = 0; row < rows_.size(); ++row) {
      if (slots_[row] != kNoVectorSlot && (filter == nullptr || filter->Matches(slots_[row], row)))
        exact.push_back(distance(row));
    }
    std::sort(exact.begin(), exact.end());
    EXPECT_EQ(matches.size(), std::min(k, exact.size()));
    size_t hits = 0;
    for (const VectorMatch& match : matches) {
      hits += distance(match.label) <= exact[std::min(k, exact.size()) - 1] ? 1 : 0;
    }
    return hits;
  }

  // Of 200 queries anywhere none misses most of its ten nearest, and all together few.
  void ExpectFound(const VectorFilter* filter) {
    constexpr size_t kQueries = 200;
    size_t hits = 0;
    for (size_t i = 0; i < kQueries; ++i) {
      const size_t found = Hits(AnyVector(random_), 10, filter);
      EXPECT_GE(found, 4U);
      hits += found;
    }
    EXPECT_GE(hits, kQueries * 10 * 95 / 100);
  }

  const uint64_t seed_;
  Random random_;
  Rows rows_;
  std::vector<VectorSlot> slots_;  // by row
  std::unique_ptr<HnswIndex> index_;
};

TEST_P(HnswTwinsTest, NoSearchEndsAmongThem) {
  SCOPED_TRACE("--gtest_random_seed=" + std::to_string(seed_ - 1));
  Build(MakeRows(2000, {500, 150, 40}));
  ExpectFound(nullptr);
  const OddOnly odd;
  ExpectFound(&odd);
  // Half of them go, and come back.
  for (size_t row = 0; row < rows_.size(); row += 2) Remove(row);
  index_->Validate();
  ExpectFound(nullptr);
  for (size_t row = 0; row < rows_.size(); row += 2) Add(row);
  index_->Validate();
  ExpectFound(nullptr);
}

TEST_P(HnswTwinsTest, AllOfThemAreFound) {
  SCOPED_TRACE("--gtest_random_seed=" + std::to_string(seed_ - 1));
  Build(MakeRows(1000, {300, 30}));
  for (const size_t size : {size_t{30}, size_t{300}}) {
    const auto twin = std::find_if(rows_.begin(), rows_.end(), [&](const auto& row) {
      return std::count(rows_.begin(), rows_.end(), row) == static_cast<ptrdiff_t>(size);
    });
    ASSERT_NE(twin, rows_.end());
    EXPECT_EQ(Hits(*twin, size, nullptr), size);
    // And what lies around them.
    EXPECT_GE(Hits(*twin, size + 10, nullptr), size + 8);
  }
}

TEST_P(HnswTwinsTest, NothingButTwins) {
  SCOPED_TRACE("--gtest_random_seed=" + std::to_string(seed_ - 1));
  Build(MakeRows(0, {3000}));
  EXPECT_EQ(Hits(AnyVector(random_), 500, nullptr), 500U);
}

INSTANTIATE_TEST_SUITE_P(Forms, HnswTwinsTest, testing::Values(VectorForm::kF32, VectorForm::kQ8));

}  // namespace
}  // namespace kvorum
