#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ask/answer.h"
#include "ask/embedders.h"
#include "ask/file_list.h"
#include "ask/model_answer.h"
#include "ask/prompt.h"

namespace kvorum {
namespace {

FoundChunk MakeChunk(std::string text, std::string kind = "page", uint32_t number = 3) {
  FoundChunk chunk;
  chunk.text = std::move(text);
  chunk.title = "Trees\nAVL";
  chunk.path = "/a/trees.pdf";
  chunk.kind = std::move(kind);
  chunk.number = number;
  return chunk;
}

TEST(Answer, NamesPlaces) {
  EXPECT_EQ(CitationText(2, MakeChunk("x")), "[2] trees.pdf, page 3: Trees > AVL");
  EXPECT_EQ(CitationText(1, MakeChunk("x", "section")), "[1] trees.pdf: Trees > AVL");
}

TEST(Answer, AsTextAndJson) {
  Answer answer;
  answer.found = true;
  answer.confidence = 0.75;
  answer.sentences = {{"One.", 0}, {"Two.", 0}, {"Three.", 1}};
  answer.citations = {MakeChunk("One. Two."), MakeChunk("Three \xFF", "slide", 1)};
  EXPECT_EQ(AnswerText(answer),
            "One. Two. [1]\nThree. [2]\n\n[1] trees.pdf, page 3: Trees > AVL\n[2] trees.pdf, slide 1: Trees > AVL\n");
  const std::string json = AnswerJson("Q \"x\"?", answer);
  EXPECT_TRUE(json.starts_with(
      R"({"question":"Q \"x\"?","found":true,"confidence":0.75,"sentences":[{"text":"One.","citation":1},{"text":"Two.","citation":1},{"text":"Three.","citation":2)"))
      << json;
  EXPECT_EQ(json.find('\n'), std::string::npos);
  answer = {};
  EXPECT_EQ(AnswerText(answer), "Not in your documents.\n");
}

TEST(Answer, DrivesNoTerminal) {
  EXPECT_EQ(Printable("a\x1b[31mb\r\n\tc\x7f\0d"), "a?[31mb?\n\tc?");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m \xc2\xa0\xc3\xa4"),
            "?31m \xc2\xa0\xc3\xa4");
  Answer answer;
  answer.found = true;
  answer.sentences = {{"\x1b]0;owned\x07", 0}};
  answer.citations = {MakeChunk("x")};
  answer.citations[0].title = "\x1b[2J";
  EXPECT_EQ(AnswerText(answer).find('\x1b'), std::string::npos);
}

TEST(Answer, SaysNothingTwice) {
  Findings findings;
  findings.found = true;
  for (const char* text : {"One. Two.", "Two.", "One. Three.", "Four."}) {
    FoundChunk& chunk = findings.chunks.emplace_back(MakeChunk(text));
    chunk.sentences = SplitSentences(text);
    chunk.confidence = 1;
  }
  const Answer answer = ComposeAnswer(findings, 2);
  std::string said;
  for (const CitedSentence& sentence : answer.sentences)
    said += sentence.text + std::to_string(sentence.citation) + " ";
  EXPECT_EQ(said, "One.0 Two.0 Three.1 ");
  EXPECT_EQ(answer.citations.size(), 2u);
  findings.found = false;
  EXPECT_EQ(ComposeAnswer(findings, 3).citations.size(), 3u);
}

TEST(Answer, CitesNothingThatWouldBeNoAnswerByItself) {
  Findings findings;
  findings.found = true;
  for (const double confidence : {0.9, 0.4, 0.6}) {
    FoundChunk& chunk = findings.chunks.emplace_back(MakeChunk("One of " + std::to_string(confidence) + "."));
    chunk.sentences = SplitSentences(chunk.text);
    chunk.confidence = confidence;
  }
  const Answer answer = ComposeAnswer(findings, 3);
  ASSERT_EQ(answer.citations.size(), 2u);
  EXPECT_EQ(answer.citations[1].confidence, 0.6);
}

TEST(Prompt, HoldsWholePassagesWithinTheContext) {
  const std::vector<FoundChunk> passages = {MakeChunk(std::string(300, 'a')), MakeChunk(std::string(300, 'b')),
                                            MakeChunk("c")};
  Prompt prompt;
  ASSERT_TRUE(MakePrompt("Why?", passages, {}, &prompt));
  EXPECT_EQ(prompt.passages, 3u);
  EXPECT_NE(prompt.user.find("[3] trees.pdf"), std::string::npos);
  EXPECT_TRUE(prompt.user.ends_with("Question: Why?"));
  const size_t all = prompt.estimated_tokens;
  // One token less than all need: the last passage is left out, as a whole.
  ASSERT_TRUE(MakePrompt("Why?", passages, {all - 1, 1024}, &prompt));
  EXPECT_EQ(prompt.passages, 2u);
  EXPECT_NE(prompt.user.find(std::string(300, 'b')), std::string::npos);
  EXPECT_LT(prompt.estimated_tokens, all);
  EXPECT_FALSE(MakePrompt("Why?", passages, {1200, 1024}, &prompt));
  EXPECT_GT(prompt.estimated_tokens, 1200u);
  EXPECT_FALSE(MakePrompt(std::string(9000, 'x'), {}, {2048, 1024}, &prompt));
}

TEST(Prompt, EstimatesFromAbove) {
  EXPECT_EQ(EstimateTokens(""), 0u);
  EXPECT_EQ(EstimateTokens("abcd"), 2u);
  EXPECT_EQ(EstimateTokens("ä€😀"), 3u);
}

TEST(ModelAnswer, NumbersInBrackets) {
  using Numbers = std::vector<size_t>;
  EXPECT_EQ(CitedNumbers("A [2]. B [1][2] and [3, 4] [9] [x1] [0] [", 4), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(CitedNumbers("[1", 4), Numbers{});
  EXPECT_EQ(CitedNumbers("[99999999999999999999]", 4), Numbers{});
}

TEST(ModelAnswer, AsText) {
  ModelAnswer answer;
  answer.text = "Yes [2].";
  answer.passages = {MakeChunk("a"), MakeChunk("b", "slide", 4)};
  EXPECT_EQ(ModelAnswerText(answer), "Yes [2].\n");
  answer.cited = {2};
  EXPECT_EQ(ModelAnswerText(answer), "Yes [2].\n\n[2] trees.pdf, slide 4: Trees > AVL\n");
}

TEST(ModelName, Parts) {
  ModelServerSettings settings;
  EXPECT_FALSE(ParseModelName("ollama:llama3.2:1b", {"http://x", "", 7}, &settings));
  EXPECT_EQ(settings.model, "llama3.2:1b");
  EXPECT_EQ(settings.url, "http://x");
  EXPECT_EQ(settings.silence_timeout_ms, 7000);
  EXPECT_FALSE(ParseModelName("openai:m", {"", "key", 9}, &settings));
  EXPECT_EQ(settings.protocol, ModelProtocol::kOpenAi);
  EXPECT_EQ(settings.api_key, "key");
  EXPECT_FALSE(ParseModelName("openai:a/b@main@https://y:8000/v1", {"http://x", "", 9}, &settings));
  EXPECT_EQ(settings.model, "a/b@main");
  EXPECT_EQ(settings.url, "https://y:8000/v1");
  EXPECT_TRUE(ParseModelName("llama", {}, &settings));
  EXPECT_TRUE(ParseModelName("ollama:", {}, &settings));
  EXPECT_TRUE(ParseModelName("ollama:@http://x", {}, &settings));
}

TEST(Embedders, ByName) {
  std::unique_ptr<Embedder> embedder;
  std::string url;
  EXPECT_FALSE(MakeEmbedder("none", {}, &embedder, &url));
  EXPECT_EQ(embedder, nullptr);
  EXPECT_FALSE(MakeEmbedder("builtin", {}, &embedder, &url));
  ASSERT_NE(embedder, nullptr);
  EXPECT_FALSE(MakeEmbedder(std::string(embedder->identity()), {}, &embedder, &url));
  EXPECT_TRUE(MakeEmbedder("builtin:martian-9", {}, &embedder, &url));
  EXPECT_TRUE(MakeEmbedder("nosuch", {}, &embedder, &url));
  EXPECT_TRUE(MakeEmbedder("ollama:", {}, &embedder, &url));
  EXPECT_EQ(url, "");
}

// A folder that not even root can read: its path is longer than the system takes.
TEST(FileList, AFolderThatCannotBeReadKeepsNoOtherFromIt) {
  std::string folder = testing::TempDir() + "/files_XXXXXX";
  ASSERT_TRUE(mkdtemp(folder.data()));
  std::filesystem::create_directories(folder + "/z");
  for (const char* name : {"/a.txt", "/z/z.txt"}) std::ofstream(folder + name) << "text";
  const std::string part(250, 'm');
  int at = open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(mkdirat(at, part.c_str(), 0700), 0);
    const int below = openat(at, part.c_str(), O_RDONLY | O_DIRECTORY);
    close(at);
    at = below;
  }
  close(at);
  const FileList list = ListFiles({folder});
  ASSERT_EQ(list.files.size(), 2u);
  EXPECT_TRUE(list.files[1].path.ends_with("/z/z.txt"));
  ASSERT_EQ(list.problems.size(), 1u);
  EXPECT_TRUE(list.problems[0].reason.starts_with("could not be read: ")) << list.problems[0].reason;
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(FileList, FoldersAndFiles) {
  std::string folder = testing::TempDir() + "/files_XXXXXX";
  ASSERT_TRUE(mkdtemp(folder.data()));
  for (const char* name : {"b.txt", "a.md", "sub/c.pdf", "sub/d.cc", ".hidden.txt", ".git/e.txt"}) {
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "text";
  }
  const FileList list = ListFiles({folder, folder + "/b.txt", folder + "/sub/d.cc", folder + "/none"});
  std::vector<std::string> names;
  for (const ListedFile& file : list.files) names.push_back(file.path.substr(file.path.find("files_") + 13));
  EXPECT_EQ(names, (std::vector<std::string>{"a.md", "b.txt", "sub/c.pdf", "sub/d.cc"}));
  EXPECT_EQ(list.others, 1u);
  EXPECT_EQ(list.bytes, 16u);
  ASSERT_EQ(list.problems.size(), 1u);
  EXPECT_EQ(list.problems[0].reason, "does not exist");
  std::filesystem::remove_all(folder);

  EXPECT_TRUE(IsWithin("/a/b", "/a"));
  EXPECT_TRUE(IsWithin("/a", "/a"));
  EXPECT_TRUE(IsWithin("/a", "/"));
  EXPECT_FALSE(IsWithin("/ab", "/a"));
}

}  // namespace
}  // namespace kvorum
