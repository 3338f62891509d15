#include "experiment/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiment/page.h"

namespace kvorum {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kText = "The trée is balanced by rotations. It was found in 1962. Nobody knows why.";

// Passages are the text's sentences, in an order that depends on the size of chunks.
class FakeBackend : public ExperimentBackend {
 public:
  std::string ReadTexts(const TextSink& sink, const ProblemSink& problem) override {
    if (!unreadable.empty()) problem(unreadable, "does not exist");
    sink("docs/tree.md", "tree#1", kText);
    sink("docs/other.md", "other#1", "Rotations are\r\nfound  elsewhere.");
    return texts_fail ? "the documents cannot be read" : "";
  }
  std::string Prepare(const ExperimentConfiguration& configuration, const ProgressSink& progress,
                      ConfigurationResult* result) override {
    if (configuration.chunk_size == 2) return "no room";
    progress(1, 2);
    size_ = configuration.chunk_size;
    result->chunks = 3;
    result->stages = {{"embed", 0.5}, {"store", 0.25}};
    result->server_bytes = 1000;
    return {};
  }
  uint64_t TakePeakBytes() override { return peak_ += 1000; }
  std::string Ask(const std::string& question, size_t top, ExperimentAnswer* answer) override {
    if (question == "fail") return "the server has gone";
    asked.push_back(question);
    EXPECT_EQ(top, 2u);
    const DocumentSpan first{"tree#1", 0, 34}, second{"tree#1", 35, 56};
    answer->passages = size_ == 1 ? std::vector{second, first} : std::vector{first, second};
    answer->said = size_ == 1 ? "It was found in 1962." : "No idea";
    answer->text = size_ == 1 ? "It was found in 1962. [1]" : "No idea\n\n[1] 1962.txt";
    answer->retrieval_seconds = 0.002;
    answer->answer_seconds = 0.004;
    return {};
  }

  bool texts_fail = false;
  std::string unreadable;
  std::vector<std::string> asked;

 private:
  size_t size_ = 0;
  uint64_t peak_ = 0;
};

class FakeOutput : public ExperimentOutput {
 public:
  void Progress(size_t number, size_t total, const char* what, uint64_t done, uint64_t of) override {
    progress.push_back(std::to_string(number) + "/" + std::to_string(total) + " " + what + " " + std::to_string(done) +
                       "/" + std::to_string(of));
  }
  void Warn(const std::string& line) override { warnings.push_back(line); }
  std::string Write(const ConfigurationResult& result, const std::string& log,
                    const std::vector<ConfigurationResult>& results) override {
    logs.push_back(log);
    EXPECT_EQ(results.back().log_file, result.log_file);
    return results.size() == fails_at ? "the disk is full" : "";
  }

  size_t fails_at = 0;
  std::vector<std::string> progress, warnings, logs;
};

class RunTest : public testing::Test {
 protected:
  RunTest() {
    plan_.top = 2;
    plan_.questions = {{"When?", {{"tree.md", "1962"}, {"", "not there"}}}, {"Why?", {}}};
    for (const size_t size : {1, 2, 3}) {
      plan_.configurations.push_back({.chunk_size = size});
    }
  }
  std::string Run() { return RunExperiment(plan_, backend_, output_, &results_); }

  ExperimentPlan plan_;
  FakeBackend backend_;
  FakeOutput output_;
  std::vector<ConfigurationResult> results_;
};

TEST_F(RunTest, MeasuresEachAndGoesOnAfterAFailure) {
  ASSERT_EQ(Run(), "");
  ASSERT_THAT(results_, SizeIs(3));
  const Quality& good = results_[0].quality;
  EXPECT_EQ(good.questions, 1u) << "the other one has no known answer";
  EXPECT_DOUBLE_EQ(good.recall_at_1, 1);
  EXPECT_DOUBLE_EQ(good.mean_reciprocal_rank, 1);
  EXPECT_DOUBLE_EQ(good.answers_right, 1);
  EXPECT_DOUBLE_EQ(good.tokens.recall, 1);
  EXPECT_DOUBLE_EQ(good.tokens.precision, 1.0 / 11);
  EXPECT_EQ(results_[1].failure, "no room");
  EXPECT_EQ(results_[1].quality.questions, 0u);
  const Quality& worse = results_[2].quality;
  EXPECT_DOUBLE_EQ(worse.recall_at_1, 0);
  EXPECT_DOUBLE_EQ(worse.recall_at_5, 1);
  EXPECT_DOUBLE_EQ(worse.mean_reciprocal_rank, 0.5);
  EXPECT_DOUBLE_EQ(worse.answers_right, 0);
  EXPECT_DOUBLE_EQ(results_[0].median_retrieval_ms, 2);
  EXPECT_THAT(output_.warnings, ElementsAre("structure 2/100, builtin, hnsw, hybrid, none: no room"));
  EXPECT_THAT(output_.progress, testing::Contains("3/3 asking 1/2"));
  EXPECT_THAT(output_.progress, testing::Contains("1/3 preparing 1/2"));
}

TEST_F(RunTest, WhereLinesEndDoesNotMatter) {
  plan_.questions = {{"When?", {{"tree.md", " It was\n found in  1962"}}}, {"Where?", {{"", "are found elsewhere"}}}};
  ASSERT_EQ(Run(), "");
  EXPECT_EQ(results_[0].quality.questions, 2u);
  EXPECT_DOUBLE_EQ(results_[0].quality.recall_at_1, 0.5) << "characters are counted in the text as it was";
  EXPECT_DOUBLE_EQ(results_[0].quality.answers_right, 0.5);
}

TEST_F(RunTest, NamesDocumentsThatAreNotMeasured) {
  backend_.unreadable = "nosuch.pdf";
  ASSERT_EQ(Run(), "");
  EXPECT_THAT(output_.warnings[0], HasSubstr("nosuch.pdf does not exist: it is left out"));
}

TEST_F(RunTest, TheLogHasABlockAQuestion) {
  ASSERT_EQ(Run(), "");
  const std::string rule(50, '=');
  EXPECT_EQ(output_.logs[0], "Question: When?\nResponse:\nIt was found in 1962. [1]\n" + rule +
                                 "\nQuestion: Why?\nResponse:\nIt was found in 1962. [1]\n" + rule + "\n");
  EXPECT_EQ(output_.logs[1], "");
  EXPECT_EQ(results_[0].log_file, "structure-1-100-builtin-hnsw-hybrid-none.log");
  EXPECT_EQ(LogFileName({.embedder = "ollama:a/b c", .model = ".."}),
            "structure-1000-100-ollama_a_b_c-hnsw-hybrid-...log");
}

TEST_F(RunTest, AnswersThatStandNowhereAreTold) {
  plan_.questions = {{"Who?", {{"other.md", "1962"}}}};
  ASSERT_EQ(Run(), "");
  ASSERT_THAT(output_.warnings, Not(IsEmpty()));
  EXPECT_THAT(output_.warnings[0], HasSubstr("\"Who?\": none of its answers stands in the documents"));
  EXPECT_EQ(results_[0].quality.questions, 0u);
}

TEST_F(RunTest, AQuestionThatFailsFailsItsConfiguration) {
  plan_.questions.push_back({"fail", {}});
  ASSERT_EQ(Run(), "");
  EXPECT_EQ(results_[0].failure, "the server has gone");
  EXPECT_EQ(results_[0].quality.questions, 0u) << "a part of the questions is another measure";
  EXPECT_THAT(output_.logs[0], HasSubstr("Question: Why?")) << "what was answered is kept";
}

TEST_F(RunTest, EndsWhereNothingCanBeReadOrWritten) {
  output_.fails_at = 2;
  EXPECT_EQ(Run(), "the disk is full");
  EXPECT_THAT(results_, SizeIs(2));
  backend_.texts_fail = true;
  EXPECT_EQ(Run(), "the documents cannot be read");
  EXPECT_THAT(results_, IsEmpty());
}

TEST_F(RunTest, TheTableHasALineEach) {
  ASSERT_EQ(Run(), "");
  results_[1].failure = "a \"b\", c\nd";
  const std::string csv = ResultsCsv(results_);
  EXPECT_THAT(
      csv, testing::StartsWith(
               "chunk_by,chunk_size,overlap,embedder,index,retrieval,model,failure,chunks,embed_seconds,store_seconds,"
               "retrieve_seconds,answer_seconds,median_retrieval_ms"));
  EXPECT_THAT(csv, HasSubstr("\r\nstructure,1,100,builtin,hnsw,hybrid,none,,3,0.5000,0.2500,0.0040,0.0080,2.000,4.000,"
                             "1000,2000,3000,1,1.0000,"));
  EXPECT_THAT(csv, HasSubstr("\r\nstructure,2,100,builtin,hnsw,hybrid,none,\"a \"\"b\"\", c\nd\",0,0.0000,"));
  EXPECT_THAT(csv, HasSubstr(",0,,,,,,,,,structure-2-100")) << "what was not measured is no zero";
}

TEST_F(RunTest, ThePageShowsAllAndEscapes) {
  ASSERT_EQ(Run(), "");
  results_[1].failure = "<script>alert(1)</script>";
  const std::string page = ResultsPage("trees & <b>", "2026", results_);
  EXPECT_THAT(page, HasSubstr("<title>trees &amp; &lt;b&gt;</title>"));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, HasSubstr("<td class=\"best\">1.000</td>"));
  EXPECT_THAT(page, HasSubstr("<title>store: 0.25 s</title>"));
  EXPECT_THAT(page, HasSubstr("1 question with known answers"));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(page, Not(HasSubstr("http"))) << "it needs no network";
  // Also with nothing to show.
  EXPECT_THAT(ResultsPage("t", "w", {}), HasSubstr("Nothing was measured."));
}

}  // namespace
}  // namespace kvorum
