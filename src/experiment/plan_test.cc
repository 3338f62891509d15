#include "experiment/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace kvorum {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct FakeFiles : PlanFiles {
  std::string Read(const std::string& path, std::string* content) override {
    if (!files.contains(path)) return path + ": No such file or directory";
    *content = files[path];
    return {};
  }
  std::map<std::string, std::string> files;
};

class PlanTest : public testing::Test {
 protected:
  std::string Parse(const std::string& json) { return ParsePlan(json, "folder", files_, &plan_); }
  FakeFiles files_;
  ExperimentPlan plan_;
};

TEST_F(PlanTest, EachCombinationIsAConfiguration) {
  ASSERT_EQ(Parse(R"({
    // what is compared
    "documents": ["manual", "/notes.pdf"],
    "grid": {"chunk_size": [200, 500, 1000], "overlap": [0, 50, 100], "embedder": ["builtin", "ollama:x"], "chunk_by": "tokens"},
    "questions": ["Why?"], "top": 3})"),
            "");
  ASSERT_EQ(plan_.configurations.size(), 18u);
  EXPECT_EQ(Describe(plan_.configurations[0]), "tokens 200/0, builtin, hnsw, hybrid, none");
  EXPECT_EQ(Describe(plan_.configurations[1]), "tokens 200/50, builtin, hnsw, hybrid, none");
  EXPECT_EQ(Describe(plan_.configurations[17]), "tokens 1000/100, ollama:x, hnsw, hybrid, none");
  EXPECT_THAT(plan_.documents, ElementsAre("folder/manual", "/notes.pdf"));
  EXPECT_EQ(plan_.top, 3u);
  EXPECT_EQ(plan_.output, "folder/results");
}

TEST_F(PlanTest, WhatIsNamedTwiceIsTriedOnce) {
  ASSERT_EQ(
      Parse(R"({"documents": "a", "questions": ["Why?"], "grid": {"chunk_size": [500, 200, 500], "overlap": [0, 0]}})"),
      "");
  EXPECT_THAT(plan_.configurations, ElementsAre(ExperimentConfiguration{.chunk_size = 500, .overlap = 0},
                                                ExperimentConfiguration{.chunk_size = 200, .overlap = 0}));
}

TEST_F(PlanTest, SaysWhereItIsNoJson) {
  EXPECT_TRUE(Parse("{\n  \"documents\": a\n}").starts_with("it is no JSON that can be read: parse error at line 2"));
}

TEST_F(PlanTest, WithoutAGridThereIsOneConfiguration) {
  ASSERT_EQ(Parse(R"({"documents": "a", "questions": ["Why?"]})"), "");
  EXPECT_THAT(plan_.configurations, ElementsAre(ExperimentConfiguration()));
}

TEST_F(PlanTest, QuestionsMayHaveAnswers) {
  ASSERT_EQ(
      Parse(
          R"({"documents": "a", "questions": ["Why?", {"question": "When?", "answers": ["1969", {"document": "n", "text": "in 69"}]}]})"),
      "");
  ASSERT_EQ(plan_.questions.size(), 2u);
  EXPECT_EQ(plan_.questions[0].text, "Why?");
  EXPECT_TRUE(plan_.questions[0].answers.empty());
  ASSERT_EQ(plan_.questions[1].answers.size(), 2u);
  EXPECT_EQ(plan_.questions[1].answers[0].text, "1969");
  EXPECT_EQ(plan_.questions[1].answers[1].document, "n");
}

TEST_F(PlanTest, QuestionsMayBeLinesOfAFile) {
  files_.files["folder/q.txt"] = "Why?\r\n\nWhen? \nWho?";
  ASSERT_EQ(Parse(R"({"documents": "a", "questions": "q.txt"})"), "");
  ASSERT_EQ(plan_.questions.size(), 3u);
  EXPECT_EQ(plan_.questions[1].text, "When?");
}

TEST_F(PlanTest, SquadBringsItsDocuments) {
  files_.files["folder/squad.json"] =
      R"({"data": [{"paragraphs": [{"context": "It rains.", "qas": [{"question": "Does it?", "answers": [{"text": "rains", "answer_start": 3}]}]},
                                   {"context": "Dry.", "qas": []}]}]})";
  ASSERT_EQ(Parse(R"({"questions": "squad.json"})"), "");
  ASSERT_EQ(plan_.inline_documents.size(), 2u);
  EXPECT_EQ(plan_.inline_documents[1].text, "Dry.");
  ASSERT_EQ(plan_.questions.size(), 1u);
  EXPECT_EQ(plan_.questions[0].answers[0].document, plan_.inline_documents[0].name);
}

TEST_F(PlanTest, WhatIsWrongIsSaidWithItsPlace) {
  const std::string rest = R"("documents": "a", "questions": ["Why?"])";
  const std::pair<std::string, std::string> cases[] = {
      {"{", "parse error"},
      {"[]", "an object is wanted"},
      {"{" + rest + R"(, "gird": {}})", "there is no \"gird\"; there are documents, grid"},
      {"{" + rest + R"(, "grid": {"size": 3}})", "grid: there is no \"size\""},
      {"{" + rest + R"(, "grid": {"chunk_size": [0]}})", "grid.chunk_size: whole numbers from 1 to"},
      {"{" + rest + R"(, "grid": {"chunk_size": [-1]}})", "grid.chunk_size: whole numbers from 1 to"},
      {"{" + rest + R"(, "grid": {"overlap": ["1"]}})", "grid.overlap: whole numbers from 0 to"},
      {"{" + rest + R"(, "grid": {"overlap": []}})", "grid.overlap: the list is empty"},
      {"{" + rest + R"(, "grid": {"index": ["tree"]}})", "grid.index: \"tree\" is none of hnsw, flat"},
      {"{" + rest + R"(, "top": 0})", "top: a number from 1 to 1000"},
      {"{" + rest + R"(, "output": 1})", "output: a folder's name"},
      {R"({"documents": "a"})", "there are no \"questions\""},
      {R"({"questions": ["Why?"]})", "there are no \"documents\""},
      {R"({"documents": "a", "questions": []})", "questions: there are none"},
      {R"({"documents": "a", "questions": [{"q": "Why?"}]})", "questions: number 1 is neither"},
      {R"({"documents": "a", "questions": ["Why?", {"question": "W", "answers": [3]}]})",
       "questions: number 2: an answer is text"},
      {R"({"documents": "a", "questions": "none.txt"})", "questions: folder/none.txt: No such file"},
  };
  for (const auto& [json, error] : cases) EXPECT_THAT(Parse(json), HasSubstr(error)) << json;
  files_.files["folder/odd.json"] = R"({"data": [{}]})";
  EXPECT_THAT(Parse(R"({"questions": "odd.json"})"), HasSubstr("neither a list of questions nor SQuAD's"));
}

TEST_F(PlanTest, TooManyConfigurationsAreRefused) {
  std::string sizes = "1";
  for (int i = 2; i <= 101; ++i) sizes += "," + std::to_string(i);
  EXPECT_THAT(Parse(R"({"documents": "a", "questions": ["Why?"], "grid": {"chunk_size": [)" + sizes +
                    R"(], "overlap": [)" + sizes + "]}}"),
              HasSubstr("more than 10000 configurations"));
}

}  // namespace
}  // namespace kvorum
