#include "vector/hnsw_file.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "vector/test_vectors.h"

namespace kvorum {
namespace {

constexpr size_t kDimensions = 24;
constexpr uint64_t kSeed = 8;

VectorIndexSettings Settings(VectorForm form) {
  VectorIndexSettings settings;
  settings.codec = {.dimensions = kDimensions, .metric = VectorMetric::kCosine, .form = form};
  settings.m = 4;
  settings.build_width = 40;
  settings.train_after = 300;
  settings.seed = kSeed;
  return settings;
}

std::vector<std::string> Save(const HnswIndex& index) {
  std::vector<std::string> pieces;
  HnswSaver saver(index);
  for (std::string piece; saver.Next(&piece);) pieces.push_back(piece);
  return pieces;
}

std::unique_ptr<HnswIndex> Load(const std::vector<std::string>& pieces, const char** error) {
  HnswLoader loader(false);
  for (const std::string& piece : pieces) {
    if (!loader.Take(piece)) break;
  }
  std::unique_ptr<HnswIndex> index = loader.Finish();
  *error = loader.error();
  return index;
}

TEST(HnswFileTest, ComesBackTheSameWithFreeSlotsAndGoesOn) {
  const std::vector<float> rows = ClusteredVectors(2000, kDimensions, 1);
  const std::vector<float> queries = ClusteredVectors(20, kDimensions, 2);
  for (const VectorForm form : {VectorForm::kF32, VectorForm::kInt8, VectorForm::kQ8, VectorForm::kBinary}) {
    for (const size_t n : {0, 1, 100, 2000}) {  // 100: not trained yet
      HnswIndex index(Settings(form));
      std::vector<VectorSlot> slots;
      for (size_t row = 0; row < n; ++row) slots.push_back(index.Add(rows.data() + row * kDimensions, row));
      for (size_t row = 0; row + 1 < n; row += 5) index.Remove(slots[row]);
      const std::vector<std::string> pieces = Save(index);
      const char* error;
      const std::unique_ptr<HnswIndex> again = Load(pieces, &error);
      ASSERT_NE(again, nullptr) << error;
      again->Validate();
      EXPECT_EQ(Save(*again), pieces);
      const SearchContextPtr context = MakeSearchContext();
      std::vector<VectorMatch> before, after;
      for (size_t i = 0; i < queries.size(); i += kDimensions) {
        index.Search(queries.data() + i, {}, context.get(), &before);
        again->Search(queries.data() + i, {}, context.get(), &after);
        ASSERT_EQ(before.size(), after.size());
        for (size_t j = 0; j < before.size(); ++j) EXPECT_EQ(before[j].label, after[j].label);
      }
      for (size_t row = 0; row + 1 < n; row += 5) again->Add(rows.data() + row * kDimensions, row);
      for (size_t row = 1; row < n; row += 5) again->Remove(slots[row]);
      again->Validate();
    }
  }
}

TEST(HnswFileTest, WhatIsCutOffOrChangedIsRefusedOrSound) {
  HnswIndex index(Settings(VectorForm::kQ8));
  const std::vector<float> rows = ClusteredVectors(400, kDimensions, 1);
  for (size_t row = 0; row < 400; ++row) index.Add(rows.data() + row * kDimensions, row);
  const std::vector<std::string> pieces = Save(index);
  ASSERT_EQ(pieces.size(), 2);
  const char* error;
  EXPECT_EQ(Load({}, &error), nullptr);
  EXPECT_EQ(Load({pieces[0]}, &error), nullptr);
  EXPECT_STREQ(error, "a vector index ends too early");
  EXPECT_EQ(Load({pieces[1]}, &error), nullptr);
  EXPECT_EQ(Load({pieces[0], pieces[1], pieces[1]}, &error), nullptr);
  Random random(kSeed);
  for (size_t i = 0; i < 300; ++i) {
    const size_t cut = random.Below(pieces[1].size());
    EXPECT_EQ(Load({pieces[0], pieces[1].substr(0, cut)}, &error), nullptr);
    EXPECT_NE(error, nullptr);
  }
  const SearchContextPtr context = MakeSearchContext();
  std::vector<VectorMatch> matches;
  size_t refused = 0;
  for (size_t i = 0; i < 2000; ++i) {
    std::vector<std::string> damaged = pieces;
    std::string& piece = damaged[i % 4 == 0 ? 0 : 1];
    piece[random.Below(piece.size())] ^= static_cast<char>(1 << random.Below(8));
    const std::unique_ptr<HnswIndex> loaded = Load(damaged, &error);
    if (loaded == nullptr) {
      ++refused;
      EXPECT_NE(error, nullptr);
      continue;
    }
    loaded->Validate();
    loaded->Search(rows.data(), {}, context.get(), &matches);
    EXPECT_EQ(matches.size(), 10);
  }
  EXPECT_GT(refused, 400);
}

}  // namespace
}  // namespace kvorum
