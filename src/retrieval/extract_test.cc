#include "retrieval/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embedding/static_embedder.h"

namespace kvorum {
namespace {

std::vector<std::string> Sentences(std::string_view text) {
  std::vector<std::string> result;
  for (const TextSpan& span : SplitSentences(text)) result.emplace_back(text.substr(span.begin, span.end - span.begin));
  return result;
}

using Strings = std::vector<std::string>;

TEST(SplitSentences, ByTheirEnds) {
  EXPECT_EQ(Sentences("One. Two?  Three! Four"), (Strings{"One.", "Two?", "Three!", "Four"}));
  EXPECT_EQ(Sentences(""), Strings());
  EXPECT_EQ(Sentences(" \n\t "), Strings());
  EXPECT_EQ(Sentences("It is 3.14 at x.com. Yes."), (Strings{"It is 3.14 at x.com.", "Yes."}));
}

TEST(SplitSentences, AbbreviationsAndInitialsEndNone) {
  EXPECT_EQ(Sentences("It was Dr. Smith (cf. Fig. 3). He left."),
            (Strings{"It was Dr. Smith (cf. Fig. 3).", "He left."}));
  EXPECT_EQ(Sentences("J. S. Bach wrote it. Then he slept."), (Strings{"J. S. Bach wrote it.", "Then he slept."}));
  EXPECT_EQ(Sentences("Ends in etc.\n\nNew paragraph"), (Strings{"Ends in etc.", "New paragraph"}));
}

TEST(SplitSentences, LinesGoOnAndParagraphsEnd) {
  EXPECT_EQ(Sentences("A line\nthat goes on. Next.\r\n\r\nHeading\n\nText"),
            (Strings{"A line\nthat goes on.", "Next.", "Heading", "Text"}));
}

TEST(SplitSentences, OfAnyBytesAreInsideAndInOrder) {
  for (const std::string& text : {std::string("\xFF\xFE. \x80!\n\n\xC3"), std::string("a\0b. C", 6),
                                  std::string(10000, '.'), std::string(5000, '\n') + "x"}) {
    size_t end = 0;
    for (const TextSpan& span : SplitSentences(text)) {
      EXPECT_LE(end, span.begin);
      EXPECT_LT(span.begin, span.end);
      end = span.end;
    }
    EXPECT_LE(end, text.size());
  }
}

TEST(KindAskedFor, ByTheQuestionsWords) {
  EXPECT_EQ(KindAskedFor("Who wrote it?"), AnswerKind::kPerson);
  EXPECT_EQ(KindAskedFor("In what year was it built?"), AnswerKind::kTime);
  EXPECT_EQ(KindAskedFor("When did it end"), AnswerKind::kTime);
  EXPECT_EQ(KindAskedFor("HOW MANY rooms are there?"), AnswerKind::kNumber);
  EXPECT_EQ(KindAskedFor("What percentage is that?"), AnswerKind::kNumber);
  EXPECT_EQ(KindAskedFor("Where is it?"), AnswerKind::kPlace);
  EXPECT_EQ(KindAskedFor("In which city is it?"), AnswerKind::kPlace);
  EXPECT_EQ(KindAskedFor("How does it work?"), AnswerKind::kAnything);
  EXPECT_EQ(KindAskedFor(""), AnswerKind::kAnything);
}

class Extractor : public testing::Test {
 protected:
  ExtractedAnswer Ask(std::string_view question) {
    std::vector<FoundPassage> found;
    for (const std::string_view passage : passages_)
      found.push_back({passage, 1.0 / static_cast<double>(1 + found.size())});
    return AnswerExtractor(embedder_.get()).Extract(question, found);
  }
  std::vector<std::string> Cited(const PassageAnswer& answer) const {
    std::vector<std::string> result;
    for (const TextSpan& span : answer.sentences) {
      result.emplace_back(passages_[answer.passage].substr(span.begin, span.end - span.begin));
    }
    return result;
  }

  std::unique_ptr<StaticEmbedder> embedder_ = MakeBuiltInEmbedder();
  std::vector<std::string_view> passages_ = {
      "Trees of search are old. Many programs use them for ordered data. Some are kept on disks.",
      "The AVL tree is named after two authors. They published it in 1962. After each insertion the AVL tree maintains "
      "its "
      "balance by rotations, so that the heights of two siblings differ by one at most. Its height is logarithmic. "
      "Other trees are looser.",
      "",
  };
};

TEST_F(Extractor, FindsTheSentenceThatAnswers) {
  const ExtractedAnswer answer = Ask("How does the AVL tree maintain balance?");
  EXPECT_TRUE(answer.found()) << answer.confidence;
  ASSERT_EQ(answer.passages.size(), 3u);
  EXPECT_EQ(answer.passages[0].passage, 1u);
  const Strings cited = Cited(answer.passages[0]);
  ASSERT_EQ(cited.size(), 2u);
  EXPECT_TRUE(cited[0].starts_with("After each insertion") || cited[1].starts_with("After each insertion"));
  EXPECT_LT(answer.passages[0].sentences[0].begin, answer.passages[0].sentences[1].begin);
  EXPECT_TRUE(answer.passages[2].sentences.empty());
}

TEST_F(Extractor, LooksForWhatIsAskedFor) {
  const ExtractedAnswer answer = Ask("When did its authors publish it?");
  EXPECT_EQ(answer.passages[0].passage, 1u);
  EXPECT_THAT(Cited(answer.passages[0]), testing::Contains("They published it in 1962."));
}

TEST_F(Extractor, HeadingsAreNoAnswers) {
  passages_ = {
      "The AVL tree\n\nBalance of the AVL tree\n\nThe AVL tree maintains balance by rotating nodes. The balance factor "
      "is -1, 0 "
      "or 1."};
  const ExtractedAnswer answer = Ask("How does the AVL tree maintain balance?");
  EXPECT_THAT(Cited(answer.passages[0]), testing::ElementsAre("The AVL tree maintains balance by rotating nodes.",
                                                              "The balance factor is -1, 0 or 1."));
  passages_ = {"How does the AVL tree maintain balance?", "The AVL tree"};
  for (const PassageAnswer& passage : Ask("How does the AVL tree maintain balance?").passages)
    EXPECT_TRUE(passage.sentences.empty());
}

TEST_F(Extractor, SaysWhenItIsNotThere) {
  for (const char* question :
       {"Who painted the ceiling of the chapel in Rome?", "What is the capital of Peru?", "", "what is it?"}) {
    EXPECT_FALSE(Ask(question).found()) << question;
  }
  passages_.clear();
  EXPECT_FALSE(Ask("How does the AVL tree maintain balance?").found());
  passages_ = {" ", "\n"};
  EXPECT_FALSE(Ask("How does the AVL tree maintain balance?").found());
}

}  // namespace
}  // namespace kvorum
