#include "retrieval/passages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embedding/static_embedder.h"

namespace kvorum {
namespace {

using testing::ElementsAre;

class Passages : public testing::Test {
 protected:
  PassageRanking Rank(const RankOptions& options, AnswerExtractor* extractor) const {
    const std::vector<Ranked> words = {{0, 9}, {1, 8}, {3, 8}};
    const std::vector<Ranked> vectors = {{0, 0.5}, {2, 0.4}, {1, 0.4}};
    return RankPassages(
        "How does the AVL tree maintain balance?", words, vectors, [](uint64_t id) { return kTexts[id]; }, options,
        extractor);
  }
  static std::vector<uint64_t> Ids(const PassageRanking& ranking) {
    std::vector<uint64_t> ids;
    for (const RankedPassage& passage : ranking.passages) ids.push_back(passage.id);
    return ids;
  }

  static constexpr std::string_view kTexts[] = {
      "A balance is what a shop weighs tea with. Trees stand beside the shop. Few people maintain either of them well.",
      "Once more of trees. The AVL tree maintains its balance by rotations. They take constant time.",
      "Rivers run to the sea, and the sea is not full.",
      "Once more of trees. The AVL tree maintains its balance by rotations. They take constant time!",
  };
  std::unique_ptr<StaticEmbedder> embedder_ = MakeBuiltInEmbedder();
  AnswerExtractor extractor_{embedder_.get()};
};

TEST_F(Passages, TheBestSentenceComesFirst) {
  const PassageRanking ranking = Rank({}, &extractor_);
  EXPECT_THAT(Ids(ranking), ElementsAre(1, 0, 2));  // 3 says what 1 says
  EXPECT_TRUE(ranking.found()) << ranking.confidence;
  ASSERT_FALSE(ranking.passages[0].sentences.empty());
  const TextSpan span = ranking.passages[0].sentences[0];
  EXPECT_EQ(kTexts[1].substr(span.begin, span.end - span.begin), "The AVL tree maintains its balance by rotations.");
}

TEST_F(Passages, AsTheyWereFoundIfThatIsWanted) {
  const PassageRanking ranking = Rank({10, false}, &extractor_);
  EXPECT_THAT(Ids(ranking), ElementsAre(0, 1, 2));
  EXPECT_TRUE(ranking.found());
  for (const RankedPassage& passage : ranking.passages) EXPECT_FALSE(passage.sentences.empty());
}

TEST_F(Passages, FewAreTheBestOfMore) { EXPECT_THAT(Ids(Rank({1, true}, &extractor_)), ElementsAre(1)); }

TEST_F(Passages, WithoutAnExtractorNothingIsSaid) {
  const PassageRanking ranking = Rank({2, true}, nullptr);
  EXPECT_THAT(Ids(ranking), ElementsAre(0, 1));
  EXPECT_EQ(ranking.confidence, 0);
  EXPECT_TRUE(ranking.passages[0].sentences.empty());
  EXPECT_TRUE(RankPassages(
                  "why", {}, {}, [](uint64_t) { return ""; }, {}, &extractor_)
                  .passages.empty());
}

}  // namespace
}  // namespace kvorum
