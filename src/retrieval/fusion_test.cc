#include "retrieval/fusion.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kvorum {
namespace {

std::vector<uint64_t> Ids(const std::vector<Ranked>& ranking) {
  std::vector<uint64_t> ids;
  ids.reserve(ranking.size());
  for (const Ranked& entry : ranking) ids.push_back(entry.id);
  return ids;
}

TEST(FuseByRank, SumsReciprocalRanks) {
  const std::vector<Ranked> words = {{1, 9}, {2, 8}, {3, 7}};
  const std::vector<Ranked> vectors = {{3, 0.9}, {2, 0.8}};
  const RankedList lists[] = {{words}, {vectors}};
  const std::vector<Ranked> fused = FuseByRank(lists, 1);
  ASSERT_EQ(Ids(fused), (std::vector<uint64_t>{3, 2, 1}));
  EXPECT_DOUBLE_EQ(fused[0].score, 1.0 / 4 + 1.0 / 2);
  EXPECT_DOUBLE_EQ(fused[1].score, 1.0 / 3 + 1.0 / 3);
  EXPECT_DOUBLE_EQ(fused[2].score, 1.0 / 2);
  const RankedList weighted[] = {{words, 3}, {vectors, 1}};
  EXPECT_EQ(Ids(FuseByRank(weighted, 1)), (std::vector<uint64_t>{1, 2, 3}));
}

TEST(FuseByRank, OfNothingIsNothingAndEqualsGoById) {
  EXPECT_TRUE(FuseByRank({}).empty());
  EXPECT_TRUE(FuseByScore({}).empty());
  const std::vector<Ranked> a = {{7, 1}};
  const std::vector<Ranked> b = {{5, 1}};
  const RankedList lists[] = {{a}, {b}, {}};
  EXPECT_EQ(Ids(FuseByRank(lists)), (std::vector<uint64_t>{5, 7}));
  EXPECT_EQ(Ids(FuseByScore(lists)), (std::vector<uint64_t>{5, 7}));
}

TEST(FuseByScore, ScalesAsAsked) {
  const std::vector<Ranked> entries = {{1, 8}, {2, 6}, {3, 4}};
  const auto scores = [&](ScoreScale scale, double weight) {
    const RankedList list{entries, weight, scale};
    const std::vector<Ranked> fused = FuseByScore({&list, 1});
    std::vector<double> result;
    result.reserve(fused.size());
    for (const Ranked& entry : fused) result.push_back(entry.score);
    return result;
  };
  EXPECT_EQ(scores(ScoreScale::kAsIs, 2), (std::vector<double>{16, 12, 8}));
  EXPECT_EQ(scores(ScoreScale::kBest, 1), (std::vector<double>{1, 0.75, 0.5}));
  EXPECT_EQ(scores(ScoreScale::kRange, 10), (std::vector<double>{10, 5, 0}));
}

TEST(FuseByScore, BadScoresDoNoHarm) {
  for (const double bad : {0.0, -3.0}) {
    const std::vector<Ranked> entries = {{1, bad}, {2, bad}};
    for (const ScoreScale scale : {ScoreScale::kAsIs, ScoreScale::kBest, ScoreScale::kRange}) {
      const RankedList list{entries, 1, scale};
      for (const Ranked& entry : FuseByScore({&list, 1})) EXPECT_TRUE(std::isfinite(entry.score));
    }
  }
}

TEST(FuseHybrid, AddsSimilarityToWords) {
  const std::vector<Ranked> words = {{1, 10}, {2, 9}};
  const std::vector<Ranked> similar = {{2, 0.8}, {3, 0.5}, {1, 0.4}};
  const std::vector<Ranked> fused = FuseHybrid(words, similar);
  ASSERT_EQ(Ids(fused), (std::vector<uint64_t>{2, 1, 3}));
  EXPECT_DOUBLE_EQ(fused[0].score, 0.9 + 0.8);
  EXPECT_DOUBLE_EQ(fused[1].score, 1 + 0.4);
  EXPECT_DOUBLE_EQ(fused[2].score, 0.5);
  // A passage that the list of vectors was cut off before is at most as near as its last.
  const std::vector<Ranked> cut = {{2, 0.8}};
  EXPECT_EQ(FuseHybrid(words, cut)[0], (Ranked{1, 1 + 0.8}));
  EXPECT_EQ(Ids(FuseHybrid(words, {})), (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(Ids(FuseHybrid({}, similar)), (std::vector<uint64_t>{2, 3, 1}));
}

TEST(NearDuplicates, KeepTheFirst) {
  const std::string_view texts[] = {
      "The quick brown fox jumps over the lazy dog and runs away into the forest.",
      "the QUICK brown fox, jumps over the lazy dog and runs away into the forest",     // the same words
      "quick brown fox jumps over the lazy dog and runs away",                          // a part
      "The quick brown fox jumps over a fence, and later it sleeps in the deep wood.",  // shares its beginning
      "short",
      "Short!",
      "",
      "...",
  };
  EXPECT_EQ(WithoutNearDuplicates(texts), (std::vector<size_t>{0, 3, 4, 6}));
  EXPECT_EQ(WithoutNearDuplicates(texts, 0.1), (std::vector<size_t>{0, 4, 6}));
  EXPECT_TRUE(WithoutNearDuplicates({}).empty());
}

}  // namespace
}  // namespace kvorum
