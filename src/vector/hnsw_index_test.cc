#include "vector/hnsw_index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "vector/test_vectors.h"

namespace kvorum {
namespace {

constexpr size_t kDimensions = 48;
constexpr uint64_t kSeed = 31337;

VectorIndexSettings Settings(VectorForm form, VectorMetric metric, unsigned refine_bits = 4) {
  VectorIndexSettings settings;
  settings.codec = {.dimensions = kDimensions, .metric = metric, .form = form, .refine_bits = refine_bits};
  settings.seed = kSeed;
  return settings;
}

void Fill(HnswIndex* index, const std::vector<float>& rows) {
  for (size_t row = 0; row < rows.size() / kDimensions; ++row) index->Add(rows.data() + row * kDimensions, row);
}

TEST(HnswIndexTest, FindsTheNearestInEveryFormAndMetric) {
  const std::vector<float> rows = ClusteredVectors(3000, kDimensions, 1);
  const std::vector<float> queries = ClusteredVectors(50, kDimensions, 2);
  const std::vector<bool> live(3000, true);
  for (const VectorMetric metric : {VectorMetric::kL2, VectorMetric::kInnerProduct, VectorMetric::kCosine}) {
    for (const VectorForm form :
         {VectorForm::kF32, VectorForm::kF16, VectorForm::kBf16, VectorForm::kQ8, VectorForm::kBinary}) {
      HnswIndex index(Settings(form, metric));
      Fill(&index, rows);
      index.Validate();
      const double recall = Recall(index, rows, live, queries, {.k = 10, .width = 200});
      EXPECT_GT(recall, form == VectorForm::kBinary ? 0.85
                        : form == VectorForm::kBf16 ? 0.93
                                                    : 0.98)
          << "form " << static_cast<int>(form) << " metric " << static_cast<int>(metric);
    }
  }
}

TEST(HnswIndexTest, EmptyAndSmallIndexesAnswer) {
  HnswIndex index(Settings(VectorForm::kQ8, VectorMetric::kCosine));
  const std::vector<float> rows = ClusteredVectors(5, kDimensions, 1);
  const SearchContextPtr context = MakeSearchContext();
  std::vector<VectorMatch> matches;
  index.Validate();
  index.Search(rows.data(), {.k = 3}, context.get(), &matches);
  EXPECT_TRUE(matches.empty());
  std::vector<VectorSlot> slots;
  for (size_t i = 0; i < 5; ++i) slots.push_back(index.Add(rows.data() + i * kDimensions, 100 + i));
  index.Search(rows.data(), {.k = ~size_t{0}, .width = ~size_t{0}}, context.get(), &matches);
  ASSERT_EQ(matches.size(), 5);
  EXPECT_EQ(matches[0].label, 100);
  for (const VectorSlot slot : slots) {
    index.Remove(slot);
    index.Validate();
  }
  EXPECT_EQ(index.size(), 0);
  index.Search(rows.data(), {.k = 10}, context.get(), &matches);
  EXPECT_TRUE(matches.empty());
  index.Add(rows.data(), 7);
  index.Search(rows.data(), {.k = 10}, context.get(), &matches);
  ASSERT_EQ(matches.size(), 1);
}

TEST(HnswIndexTest, ManyEqualVectorsAreAllReached) {
  HnswIndex index(Settings(VectorForm::kF32, VectorMetric::kL2));
  const std::vector<float> rows = ClusteredVectors(2, kDimensions, 1);
  for (size_t i = 0; i < 1500; ++i) index.Add(rows.data() + (i % 300 == 0 ? kDimensions : 0), i);
  index.Validate();
  const SearchContextPtr context = MakeSearchContext();
  std::vector<VectorMatch> matches;
  index.Search(rows.data(), {.k = 1500, .width = 1500}, context.get(), &matches);
  EXPECT_EQ(matches.size(), 1500);
}

TEST(HnswIndexTest, AfterRemovingAndAddingHalfItFindsAsMuchAsAFreshOne) {
  constexpr size_t kRows = 6000;
  const std::vector<float> rows = ClusteredVectors(kRows, kDimensions, 3);
  const std::vector<float> queries = ClusteredVectors(100, kDimensions, 4);
  std::vector<bool> live(kRows, true);
  for (const VectorForm form : {VectorForm::kF32, VectorForm::kQ8}) {
    HnswIndex fresh(Settings(form, VectorMetric::kL2));
    Fill(&fresh, rows);
    HnswIndex index(Settings(form, VectorMetric::kL2));
    std::vector<VectorSlot> slots;
    for (size_t row = 0; row < kRows; ++row) slots.push_back(index.Add(rows.data() + row * kDimensions, row));
    const size_t bytes = index.Bytes();
    for (size_t row = 0; row < kRows; row += 2) index.Remove(slots[row]);
    index.Validate();
    for (size_t row = 0; row < kRows; row += 2) live[row] = false;
    const VectorSearchOptions options = {.k = 10, .width = 30};
    EXPECT_GT(Recall(index, rows, live, queries, options), 0.95);
    for (size_t row = 0; row < kRows; row += 2) index.Add(rows.data() + row * kDimensions, row);
    live.assign(kRows, true);
    index.Validate();
    const double again = Recall(index, rows, live, queries, options);
    const double once = Recall(fresh, rows, live, queries, options);
    std::printf("recall: fresh %.4f, half removed and added again %.4f\n", once, again);
    EXPECT_GT(again, once - 0.01);
    EXPECT_LT(index.Bytes(), bytes * 11 / 10);  // the slots were used again
  }
}

TEST(HnswIndexTest, AfterManyRemovalsItGivesMemoryBack) {
  constexpr size_t kRows = 6000;
  const std::vector<float> rows = ClusteredVectors(kRows, kDimensions, 3);
  const std::vector<float> queries = ClusteredVectors(50, kDimensions, 4);
  HnswIndex index(Settings(VectorForm::kQ8, VectorMetric::kL2));
  std::vector<VectorSlot> slot_of;
  std::vector<bool> live(kRows, true);
  for (size_t row = 0; row < kRows; ++row) slot_of.push_back(index.Add(rows.data() + row * kDimensions, row));
  const size_t before = index.Bytes();
  Random random(kSeed);
  for (size_t row = 0; row < kRows; ++row) {
    if (random.Below(10) == 0) continue;
    index.Remove(slot_of[row]);
    live[row] = false;
  }
  while (index.Compact(100, [&](VectorSlot from, VectorSlot to) {
    const VectorLabel row = index.LabelOf(to);
    ASSERT_EQ(slot_of[row], from);
    slot_of[row] = to;
  })) {
    index.Validate();
  }
  index.Validate();
  // First blocks that were outgrown stay: see vector/slot_array.h.
  EXPECT_LT(index.Bytes(), before / 5 + (24U << 10));
  for (size_t row = 0; row < kRows; ++row) {
    if (!live[row]) continue;
    EXPECT_EQ(index.LabelOf(slot_of[row]), row);
    EXPECT_LT(slot_of[row], index.size());
  }
  EXPECT_GT(Recall(index, rows, live, queries, {.k = 10, .width = 40}), 0.98);
  for (size_t row = 0; row < kRows; ++row) {
    if (!live[row]) index.Add(rows.data() + row * kDimensions, row);
  }
  live.assign(kRows, true);
  index.Validate();
  EXPECT_GT(Recall(index, rows, live, queries, {.k = 10, .width = 40}), 0.98);
}

TEST(HnswIndexTest, RandomChangesKeepTheInvariants) {
  for (const size_t m : {2, 3, 16}) {
    VectorIndexSettings settings = Settings(VectorForm::kQ8, VectorMetric::kL2, 2);
    settings.m = m;
    settings.build_width = 30;
    settings.train_after = 200;
    HnswIndex index(settings);
    const std::vector<float> rows = ClusteredVectors(1000, kDimensions, 5);
    Random random(kSeed + m);
    std::vector<VectorSlot> slot_of(1000, kNoVectorSlot);
    for (int step = 0; step < 6000; ++step) {
      const size_t row = random.Below(step % 2000 < 1200 ? 1000 : 60);
      if (slot_of[row] == kNoVectorSlot) {
        slot_of[row] = index.Add(rows.data() + row * kDimensions, row);
      } else {
        ASSERT_EQ(index.LabelOf(slot_of[row]), row);
        index.Remove(slot_of[row]);
        slot_of[row] = kNoVectorSlot;
      }
      if (step % 500 == 0) {
        (void)index.Compact(20, [&](VectorSlot, VectorSlot to) { slot_of[index.LabelOf(to)] = to; });
      }
      if (step % 200 == 0) index.Validate();
    }
    index.Validate();
    for (size_t row = 0; row < 1000; ++row) {
      if (slot_of[row] != kNoVectorSlot) index.Remove(slot_of[row]);
    }
    index.Validate();
    EXPECT_EQ(index.size(), 0);
  }
}

// What a pipeline does where other threads prepare: all know the same few neighbours, and still each is found.
TEST(HnswIndexTest, PreparedLongBeforeTheyGetTheirPlaces) {
  constexpr size_t kDims = 64;
  constexpr size_t kCount = 600;
  const std::vector<float> rows = ClusteredVectors(kCount, kDims, 11);
  for (const size_t batch : {size_t{136}, kCount}) {
    VectorIndexSettings settings;
    settings.codec = {.dimensions = kDims, .metric = VectorMetric::kCosine, .form = VectorForm::kF32};
    HnswIndex index(settings);
    Random random(3);
    const SearchContextPtr context = MakeSearchContext();
    for (size_t begin = 0; begin < kCount; begin += batch) {
      const size_t end = std::min(kCount, begin + batch);
      std::vector<PreparedVector> prepared(end - begin);
      for (size_t i = begin; i < end; ++i) {
        index.Prepare(&rows[i * kDims], random.Next(), context.get(), &prepared[i - begin]);
        if (i == 0) index.Commit(prepared[0], 0);  // the others know this one
      }
      for (size_t i = std::max<size_t>(begin, 1); i < end; ++i) index.Commit(prepared[i - begin], i);
    }
    EXPECT_GT(Recall(index, rows, std::vector<bool>(kCount, true), rows, {.k = 10, .width = 50}), 0.97) << batch;
  }
}

// Each would be the next one's neighbour, and the only one to lead to it.
TEST(HnswIndexTest, PreparedTogetherAlongALine) {
  constexpr size_t kCount = 1500;  // more than are remembered
  for (const size_t batch : {size_t{7}, size_t{100}, size_t{900}, kCount}) {
    VectorIndexSettings settings;
    settings.codec = {.dimensions = 2, .metric = VectorMetric::kL2, .form = VectorForm::kF32};
    HnswIndex index(settings);
    Random random(5);
    const SearchContextPtr context = MakeSearchContext();
    for (size_t begin = 0; begin < kCount; begin += batch) {
      std::vector<PreparedVector> prepared(std::min(batch, kCount - begin));
      for (size_t i = 0; i < prepared.size(); ++i) {
        const float vector[] = {static_cast<float>(begin + i), 1};
        index.Prepare(vector, random.Next(), context.get(), &prepared[i]);
      }
      for (size_t i = 0; i < prepared.size(); ++i) index.Commit(prepared[i], begin + i);
    }
    index.Validate();
    for (size_t i = 0; i < kCount; ++i) {
      const float query[] = {static_cast<float>(i), 1};
      std::vector<VectorMatch> matches;
      index.Search(query, {.k = 1, .width = 10}, context.get(), &matches);
      ASSERT_EQ(matches.size(), 1u);
      ASSERT_EQ(matches[0].label, i) << "batch " << batch;
    }
  }
}

// What it was prepared among is gone by then, and so is the memory of most of it.
TEST(HnswIndexTest, PreparedBeforeTheOthersGo) {
  constexpr size_t kDims = 64;
  constexpr size_t kCount = 20000;
  constexpr size_t kStay = 10;
  const std::vector<float> rows = ClusteredVectors(kCount, kDims, 13);
  VectorIndexSettings settings;
  settings.codec = {.dimensions = kDims, .metric = VectorMetric::kL2, .form = VectorForm::kF32};
  settings.build_width = 20;
  HnswIndex index(settings);
  Random random(7);
  const SearchContextPtr context = MakeSearchContext();
  std::vector<PreparedVector> prepared(2);  // one before the last thousand, which then are recent, and one behind
  std::vector<VectorSlot> slots;
  const auto prepare = [&](size_t i) {
    index.Prepare(&rows[(kCount - 1) * kDims], random.Next(), context.get(), &prepared[i]);
  };
  for (size_t i = 0; i < kCount; ++i) {
    if (i == kCount - 1000) prepare(0);
    slots.push_back(index.Add(&rows[i * kDims], i));
  }
  prepare(1);
  for (size_t i = kStay; i < kCount; ++i) index.Remove(slots[i]);
  const size_t bytes = index.Bytes();
  while (index.Compact(1000, [](VectorSlot, VectorSlot) {})) {
  }
  EXPECT_LT(index.Bytes(), bytes);
  for (size_t i = 0; i < prepared.size(); ++i) index.Commit(prepared[i], kCount + i);
  index.Validate();
  EXPECT_EQ(index.size(), kStay + prepared.size());
}

}  // namespace
}  // namespace kvorum
