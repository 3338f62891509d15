#include "experiment/metrics.h"

#include <gtest/gtest.h>

namespace kvorum {
namespace {

//                            0    5    10   15   20   25
constexpr const char* kText = "aaaa bbbb cccc dddd eeee ffff";

class MetricsTest : public testing::Test {
 protected:
  MetricsTest() {
    words_.Add("t", kText);
    words_.Add("u", "a\n b\t\tc ");
  }
  WordIndex words_;
};

TEST_F(MetricsTest, CountsWordsThatBeginInside) {
  EXPECT_EQ(words_.CountWithin("t", 0, 29), 6u);
  EXPECT_EQ(words_.CountWithin("t", 1, 10), 1u) << "the first begins before, the third behind";
  EXPECT_EQ(words_.CountWithin("t", 1, 11), 2u);
  EXPECT_EQ(words_.CountWithin("t", 7, 7), 0u);
  EXPECT_EQ(words_.CountWithin("u", 0, 100), 3u);
  EXPECT_EQ(words_.CountWithin("other", 0, 100), 0u);
}

TEST_F(MetricsTest, PlacesAreCountedInCharacters) {
  words_.Add("v", "äöü ßß x");
  EXPECT_EQ(words_.CountWithin("v", 4, 5), 1u);
  EXPECT_EQ(words_.CountWithin("v", 5, 8), 1u);
}

TEST_F(MetricsTest, ExactPassagesScoreOne) {
  const DocumentSpan answer{"t", 5, 14};
  const SpanScores scores = ScoreSpans(words_, {&answer, 1}, {&answer, 1});
  EXPECT_DOUBLE_EQ(scores.precision, 1);
  EXPECT_DOUBLE_EQ(scores.recall, 1);
  EXPECT_DOUBLE_EQ(scores.iou, 1);
}

TEST_F(MetricsTest, PartsScoreTheirShare) {
  const DocumentSpan answer{"t", 5, 14};                         // bbbb cccc
  const DocumentSpan passages[] = {{"t", 10, 24}, {"u", 0, 3}};  // cccc dddd eeee, a
  const SpanScores scores = ScoreSpans(words_, {&answer, 1}, passages);
  EXPECT_DOUBLE_EQ(scores.precision, 1.0 / 4) << "a passage of another text is retrieved, too";
  EXPECT_DOUBLE_EQ(scores.recall, 1.0 / 2);
  EXPECT_DOUBLE_EQ(scores.iou, 1.0 / 5);
}

TEST_F(MetricsTest, WhatOverlappingPassagesRepeatIsRetrievedTwice) {
  const DocumentSpan answer{"t", 5, 14};
  const DocumentSpan passages[] = {{"t", 5, 14}, {"t", 0, 14}};
  const SpanScores scores = ScoreSpans(words_, {&answer, 1}, passages);
  EXPECT_DOUBLE_EQ(scores.precision, 4.0 / 5);
  EXPECT_DOUBLE_EQ(scores.recall, 1);
  EXPECT_DOUBLE_EQ(scores.iou, 2.0 / 3);
}

TEST_F(MetricsTest, TheBestOfSeveralAnswersCounts) {
  const DocumentSpan answers[] = {{"u", 0, 1}, {"t", 0, 4}};
  const DocumentSpan passage{"t", 0, 9};
  EXPECT_DOUBLE_EQ(ScoreSpans(words_, answers, {&passage, 1}).recall, 1);
  EXPECT_DOUBLE_EQ(ScoreSpans(words_, answers, {&passage, 1}).iou, 1.0 / 2);
  EXPECT_DOUBLE_EQ(ScoreSpans(words_, answers, {}).iou, 0);
  EXPECT_DOUBLE_EQ(ScoreSpans(words_, {}, {&passage, 1}).precision, 0);
}

TEST_F(MetricsTest, TheRankIsOfThePassageThatHoldsAllOfIt) {
  const DocumentSpan answer{"t", 5, 14};
  const DocumentSpan passages[] = {{"t", 0, 13}, {"u", 0, 29}, {"t", 5, 14}, {"t", 0, 29}};
  EXPECT_EQ(RankOfAnswer({&answer, 1}, passages), 3u);
  EXPECT_EQ(RankOfAnswer({&answer, 1}, std::span(passages).first(2)), 0u);
  EXPECT_EQ(RankOfAnswer({}, passages), 0u);
}

}  // namespace
}  // namespace kvorum
