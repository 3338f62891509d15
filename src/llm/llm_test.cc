// Against tests/lib/model_server.py, which checks what it is asked and misbehaves by the model's name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "base/check.h"
#include "llm/chat.h"
#include "llm/remote_embedder.h"

extern char** environ;

namespace kvorum {
namespace {

using testing::HasSubstr;

// Runs for all tests; ends when the write end of its standard input closes, so with this process at the latest.
class TestServer {
 public:
  static TestServer& Get() {
    static TestServer server;
    return server;
  }
  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  TestServer() {
    int in[2];
    int out[2];
    CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    std::string program = LLM_TEST_SERVER;
    char* arguments[] = {program.data(), nullptr};
    CHECK(posix_spawn(&process_, arguments[0], &actions, nullptr, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    stdin_ = in[1];
    FILE* lines = fdopen(out[0], "r");
    CHECK(std::fscanf(lines, "port %d", &port_) == 1);
    std::fclose(lines);
  }
  ~TestServer() {
    close(stdin_);
    waitpid(process_, nullptr, 0);
  }

  pid_t process_ = 0;
  int stdin_ = -1;
  int port_ = 0;
};

class Llm : public testing::TestWithParam<ModelProtocol> {
 protected:
  ModelServerSettings Settings(const std::string& model) {
    ModelServerSettings settings;
    settings.protocol = GetParam();
    settings.url = TestServer::Get().Url() + (IsOllama() ? "" : "/v1/");
    settings.model = model;
    settings.silence_timeout_ms = 300;
    settings.wait = [this](long milliseconds) { waits_.push_back(milliseconds); };
    return settings;
  }
  // Models whose behaviour depends on how often they were called: another name for each use.
  std::string Fresh(const std::string& model) const {
    return model + (IsOllama() ? "-a" : "-b") + std::to_string(serial_++);
  }
  bool IsOllama() const { return GetParam() == ModelProtocol::kOllama; }

  std::string ConnectError(ModelServerSettings settings) {
    RemoteEmbedderSettings remote;
    remote.server = std::move(settings);
    std::unique_ptr<Embedder> embedder;
    const EmbedError error = ConnectRemoteEmbedder(remote, &embedder);
    EXPECT_EQ(embedder == nullptr, static_cast<bool>(error));
    return error.text();
  }
  std::string ConnectError(const std::string& model) { return ConnectError(Settings(model)); }

  std::unique_ptr<Embedder> Connect(const std::string& model, size_t batch_texts = 64, size_t batch_bytes = 256 << 10) {
    RemoteEmbedderSettings remote;
    remote.server = Settings(model);
    remote.batch_texts = batch_texts;
    remote.batch_bytes = batch_bytes;
    std::unique_ptr<Embedder> embedder;
    const EmbedError error = ConnectRemoteEmbedder(remote, &embedder);
    EXPECT_FALSE(error) << error.text();
    return embedder;
  }

  struct Answered {
    std::string text;
    std::string error;
    ChatEnd end;
  };
  Answered Ask(ModelServerSettings settings, ChatRequest request = {}) {
    if (request.messages.empty()) request.messages = {{"system", "Be brief."}, {"user", "How?"}};
    Answered answered;
    const ModelError error = ChatModel(std::move(settings))
                                 .Answer(
                                     request,
                                     [&](std::string_view piece) {
                                       answered.text += piece;
                                       return true;
                                     },
                                     &answered.end);
    answered.error = error.text();
    return answered;
  }
  Answered Ask(const std::string& model, ChatRequest request = {}) { return Ask(Settings(model), std::move(request)); }

  std::vector<long> waits_;
  static inline int serial_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Protocols, Llm, testing::Values(ModelProtocol::kOllama, ModelProtocol::kOpenAi),
                         [](const auto& protocol) {
                           return protocol.param == ModelProtocol::kOllama ? "Ollama" : "OpenAi";
                         });

// What the server makes of a text, at length 1.
std::vector<float> VectorOf(std::string_view text) {
  double sum = 0;
  double counts[3] = {};
  for (const char c : text) {
    sum += static_cast<uint8_t>(c);
    for (size_t i = 0; i < 3; ++i) counts[i] += c == " e:"[i];
  }
  const std::vector<double> numbers = {static_cast<double>(text.size()),
                                       static_cast<double>(static_cast<uint8_t>(text.front())),
                                       static_cast<double>(static_cast<uint8_t>(text.back())),
                                       std::fmod(sum, 1000),
                                       counts[0],
                                       counts[1],
                                       counts[2],
                                       1};
  double square = 0;
  for (const double number : numbers) square += number * number;
  std::vector<float> vector;
  vector.reserve(numbers.size());
  for (const double number : numbers) vector.push_back(static_cast<float>(number / std::sqrt(square)));
  return vector;
}

void ExpectVectors(const std::vector<float>& vectors, const std::vector<std::string>& texts) {
  ASSERT_EQ(vectors.size(), texts.size() * 8);
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::vector<float> wanted = texts[i].empty() ? std::vector<float>(8) : VectorOf(texts[i]);
    for (size_t k = 0; k < 8; ++k) EXPECT_NEAR(vectors[i * 8 + k], wanted[k], 1e-6) << texts[i] << ' ' << k;
  }
}

TEST_P(Llm, EmbedsInBatchesInOrder) {
  const std::vector<std::string> texts = {"one",
                                          "",
                                          "three little pigs",
                                          "four: for",
                                          "\xC3\xA9t\xC3\xA9",
                                          "six",
                                          "seven",
                                          "eight",
                                          std::string(90, 'n'),
                                          std::string(90, 'm'),
                                          "eleven"};
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  for (const auto& [model, count, bytes] : {std::tuple{"ok", 64, 256 << 10}, std::tuple{"small-batches", 3, 100}}) {
    const std::unique_ptr<Embedder> embedder = Connect(model, static_cast<size_t>(count), static_cast<size_t>(bytes));
    ASSERT_NE(embedder, nullptr);
    EXPECT_EQ(embedder->dimension(), 8u);
    EXPECT_EQ(embedder->identity(), (IsOllama() ? "ollama:" : "openai:") + std::string(model));
    std::vector<float> vectors;
    const EmbedError error = embedder->Embed(views, EmbedPurpose::kDocument, &vectors);
    ASSERT_FALSE(error) << error.text();
    ExpectVectors(vectors, texts);
  }
}

TEST_P(Llm, BytesThatAreNoUtf8AreSentAsReplacements) {
  const std::unique_ptr<Embedder> embedder = Connect("ok");
  const std::string_view text = "a\xFFz";
  std::vector<float> vectors;
  ASSERT_FALSE(embedder->Embed({&text, 1}, EmbedPurpose::kDocument, &vectors));
  ExpectVectors(vectors, {"a\xEF\xBF\xBDz"});
}

TEST_P(Llm, PrefixesByTheModelsName) {
  const std::unique_ptr<Embedder> embedder = Connect("nomic-embed-text");
  const std::string_view text = "ships";
  std::vector<float> vectors;
  ASSERT_FALSE(embedder->Embed({&text, 1}, EmbedPurpose::kDocument, &vectors));
  ExpectVectors(vectors, {"search_document: ships"});
  ASSERT_FALSE(embedder->Embed({&text, 1}, EmbedPurpose::kQuestion, &vectors));
  ExpectVectors(vectors, {"search_query: ships"});
}

TEST_P(Llm, TriesAgainWhereThatCanHelp) {
  EXPECT_EQ(ConnectError(Fresh("busy-twice")), "");
  EXPECT_EQ(waits_, (std::vector<long>{500, 1000}));
  waits_.clear();
  EXPECT_EQ(ConnectError(Fresh("limited-once")), "");
  EXPECT_EQ(waits_, (std::vector<long>{7000}));
  waits_.clear();
  EXPECT_EQ(ConnectError(Fresh("cuts-once")), "");
  EXPECT_EQ(waits_, (std::vector<long>{500}));
  waits_.clear();
  EXPECT_THAT(ConnectError("busy-always"), HasSubstr("status 503: server busy"));
  EXPECT_EQ(waits_, (std::vector<long>{500, 1000, 2000}));
  waits_.clear();
  EXPECT_THAT(ConnectError("cuts-always"), HasSubstr("cut its answer off"));
  EXPECT_EQ(waits_.size(), 3u);
}

TEST_P(Llm, DoesNotTryAgainWhereThatCannotHelp) {
  EXPECT_THAT(ConnectError("missing"),
              IsOllama() ? HasSubstr("ollama pull missing") : HasSubstr("Check the URL and the model"));
  EXPECT_THAT(ConnectError("locked"),
              HasSubstr("refused the key (status 401): Incorrect API key provided. Check the API key."));
  ModelServerSettings nobody = Settings("ok");
  nobody.url = "http://127.0.0.1:1";
  EXPECT_THAT(ConnectError(nobody),
              IsOllama() ? HasSubstr("Start it with: ollama serve") : HasSubstr("Check that it runs"));
  nobody.url = "gopher://127.0.0.1";
  EXPECT_THAT(ConnectError(nobody), HasSubstr("no URL that can be called"));
  EXPECT_THAT(ConnectError("silent-at-all"), HasSubstr("took too long (nothing came for 1 s)"));
  EXPECT_THAT(ConnectError(""), HasSubstr("No model is named"));
  EXPECT_TRUE(waits_.empty());
  ModelServerSettings key = Settings("locked");
  key.api_key = "secret";
  EXPECT_EQ(ConnectError(key), "");
}

TEST_P(Llm, RefusesAnswersThatCannotBe) {
  EXPECT_THAT(ConnectError("not-numbers"), HasSubstr("something else than numbers. Is it an embedding model?"));
  EXPECT_THAT(ConnectError("no-vectors"), HasSubstr("no numbers, or too many"));
  EXPECT_THAT(ConnectError("infinite"), HasSubstr("not finite"));
  EXPECT_THAT(ConnectError("no-json"), HasSubstr("no JSON object"));
  EXPECT_THAT(ConnectError("other-json"), HasSubstr(IsOllama() ? "no \"embeddings\"" : "no \"data\""));
  EXPECT_THAT(ConnectError("error-in-200"), HasSubstr("this model does not support embeddings"));
  for (const char* model : {"wrong-count", "wrong-size"}) {
    const std::unique_ptr<Embedder> embedder = Connect(model);
    ASSERT_NE(embedder, nullptr);
    const std::string_view texts[] = {"a", "b"};
    std::vector<float> vectors(3);
    const EmbedError error = embedder->Embed(texts, EmbedPurpose::kDocument, &vectors);
    EXPECT_THAT(error.text(),
                HasSubstr(model == std::string("wrong-count") ? "1 vectors came for 2 texts" : "has 7 numbers"));
    EXPECT_TRUE(vectors.empty());
  }
  if (!IsOllama()) {
    EXPECT_THAT(ConnectError("bad-index"), HasSubstr("an index that cannot be"));
  }
}

TEST_P(Llm, PutsVectorsInOrderByTheirIndex) {
  if (IsOllama()) GTEST_SKIP();
  const std::unique_ptr<Embedder> embedder = Connect("other-order");
  const std::string_view texts[] = {"first", "second", "third"};
  std::vector<float> vectors;
  ASSERT_FALSE(embedder->Embed(texts, EmbedPurpose::kDocument, &vectors));
  ExpectVectors(vectors, {"first", "second", "third"});
}

TEST_P(Llm, ATextThatIsTooLongIsAnErrorAndNotCut) {
  const std::unique_ptr<Embedder> embedder = Connect("ok");
  const std::string text(20000, 'x');
  const std::string_view view = text;
  std::vector<float> vectors;
  EXPECT_THAT(embedder->Embed({&view, 1}, EmbedPurpose::kDocument, &vectors).text(), HasSubstr("Use smaller chunks"));
}

TEST_P(Llm, StreamsAnAnswer) {
  for (const char* model : {"ok", "byte-by-byte"}) {
    std::vector<std::string> pieces;
    ChatEnd end;
    ChatRequest request;
    request.messages = {{"user", "How?"}};
    ChatModel chat(Settings(model));
    const ModelError error = chat.Answer(
        request, [&](std::string_view piece) { return pieces.emplace_back(piece), true; }, &end);
    EXPECT_FALSE(error) << error.text();
    EXPECT_EQ(pieces, (std::vector<std::string>{"Trees ", "keep ", "their ", "balance ", "by rot\xC3\xA4tions", "."}));
    EXPECT_TRUE(end.complete);
    EXPECT_FALSE(end.cut_short);
    EXPECT_EQ(end.prompt_tokens, 11u);
    EXPECT_EQ(end.answer_tokens, 6u);
  }
}

TEST_P(Llm, SendsWhatWasAsked) {
  ChatRequest request;
  request.messages = {{"system", "Be \"brief\"."}, {"user", "H\xC3\xB6w?\n\xFF"}};
  request.context_tokens = 2048;
  request.answer_tokens = 100;
  const Answered answered = Ask("tells", request);
  EXPECT_EQ(answered.error, "");
  const std::string messages =
      R"("messages": [{"content": "Be \"brief\".", "role": "system"}, {"content": "H\u00f6w?\n\ufffd", "role": "user"}], "model": "tells", )";
  EXPECT_EQ(answered.text,
            IsOllama() ? "{" + messages +
                             R"("options": {"num_ctx": 2048, "num_predict": 100, "temperature": 0.0}, "stream": true})"
                       : R"({"max_tokens": 100, )" + messages +
                             R"("stream": true, "stream_options": {"include_usage": true}, "temperature": 0.0})");
}

TEST_P(Llm, AnAnswerThatIsCutShortSaysSo) {
  const Answered answered = Ask("cut-short");
  EXPECT_EQ(answered.error, "");
  EXPECT_TRUE(answered.end.complete && answered.end.cut_short);
}

TEST_P(Llm, AnAnswerThatBreaksOffIsAnErrorBehindItsBeginning) {
  for (const auto& [model, words] :
       {std::pair{"cuts-in-the-middle", "cut its answer off"},
        std::pair{"ends-in-the-middle", "ended its answer in the middle"},
        std::pair{"silent-in-the-middle", "took too long"},
        std::pair{"error-in-the-middle", "failed while it answered: out of memory"}, std::pair{"no-json", ""}}) {
    if (model == std::string("no-json") && !IsOllama()) continue;
    const Answered answered = Ask(model);
    EXPECT_EQ(answered.text, "Trees keep ") << model;
    EXPECT_THAT(answered.error, HasSubstr(words)) << model;
    EXPECT_NE(answered.error, "") << model;
    EXPECT_FALSE(answered.end.complete) << model;
  }
  EXPECT_TRUE(waits_.empty());
}

TEST_P(Llm, ChatTriesAgainBeforeTheFirstWord) {
  EXPECT_EQ(Ask(Fresh("busy-twice")).text, "Trees keep their balance by rot\xC3\xA4tions.");
  EXPECT_EQ(waits_.size(), 2u);
  EXPECT_THAT(Ask("fails").error, HasSubstr("llama runner process has terminated"));
  EXPECT_THAT(Ask("missing").error, HasSubstr("missing"));
}

TEST_P(Llm, StopsWhenToldTo) {
  ChatRequest request;
  request.messages = {{"user", "How?"}};
  ChatEnd end;
  int pieces = 0;
  const ModelError error = ChatModel(Settings("ok"))
                               .Answer(
                                   request, [&](std::string_view) { return ++pieces < 2; }, &end);
  EXPECT_FALSE(error) << error.text();
  EXPECT_EQ(pieces, 2);
  EXPECT_FALSE(end.complete);
}

TEST_P(Llm, TellsTheContextLengthWhereTheServerDoes) {
  size_t tokens = 1;
  ASSERT_FALSE(ChatModel(Settings("ok")).ContextLength(&tokens));
  EXPECT_EQ(tokens, IsOllama() ? 4096u : 0u);
  ASSERT_FALSE(ChatModel(Settings("no-info")).ContextLength(&tokens));
  EXPECT_EQ(tokens, 0u);
  if (IsOllama()) {
    EXPECT_THAT(ChatModel(Settings("missing")).ContextLength(&tokens).text(), HasSubstr("ollama pull missing"));
  }
}

TEST(ChatStream, ALineWithoutEndIsAnError) {
  ChatStreamParser parser(ModelProtocol::kOllama, [](std::string_view) { return true; });
  const std::string much(kMaxChatLineBytes, 'x');
  EXPECT_TRUE(parser.Feed(much));
  EXPECT_FALSE(parser.Feed("x"));
  EXPECT_EQ(parser.error(), "a line of its answer has no end");
}

TEST(ChatStream, AnotherShapeSaysNothing) {
  for (const char* line :
       {"{}", R"({"message": 3})", R"({"message": {"content": [1]}, "done": "yes"})", R"({"choices": 1})",
        R"(data: {"choices": [1]})", R"(data: {"choices": [{"delta": {"content": null}, "finish_reason": 3}]})"}) {
    for (const ModelProtocol protocol : {ModelProtocol::kOllama, ModelProtocol::kOpenAi}) {
      ChatStreamParser parser(protocol, [](std::string_view) -> bool { throw 1; });
      (void)parser.Feed(line);
      parser.Finish();
      EXPECT_FALSE(parser.end().complete) << line;
    }
  }
}

TEST(ModelServer, ErrorsAreFoundInEitherForm) {
  EXPECT_EQ(ErrorInside(R"({"error": "one\ntwo"})"), "one two");
  EXPECT_EQ(ErrorInside(R"({"error": {"message": "three"}})"), "three");
  EXPECT_EQ(ErrorInside(R"({"error": 5})"), "an error without words");
  EXPECT_EQ(ErrorInside(R"({"data": 5})"), "");
  EXPECT_EQ(ErrorInside("<html>"), "");
}

}  // namespace
}  // namespace kvorum
