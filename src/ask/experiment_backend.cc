#include "ask/experiment_backend.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <thread>

#include "ask/answer.h"
#include "ask/embedders.h"
#include "ask/ingester.h"
#include "ask/model_answer.h"
#include "embedding/static_embedder.h"
#include "retrieval/extract.h"

namespace kvorum {
namespace {

constexpr size_t kSources = 3;

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count(); }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

// Counts the time that another one takes.
class TimedEmbedder final : public Embedder {
 public:
  explicit TimedEmbedder(Embedder& embedder) : embedder_(embedder) {}
  size_t dimension() const override { return embedder_.dimension(); }
  const std::string& identity() const override { return embedder_.identity(); }
  EmbedError Embed(std::span<const std::string_view> texts, EmbedPurpose purpose,
                   std::vector<float>* vectors) override {
    const Stopwatch watch;
    EmbedError error = embedder_.Embed(texts, purpose, vectors);
    seconds_ += watch.seconds();
    return error;
  }
  double seconds() const { return seconds_; }

 private:
  Embedder& embedder_;
  double seconds_ = 0;
};

// What names a document's part for spans.
std::string TextId(const std::string& path, std::string_view kind, uint32_t number) {
  return path + "#" + std::string(kind) + std::to_string(number);
}

ChunkBy ChunkByOf(const std::string& word) {
  if (word == "characters") return ChunkBy::kCharacters;
  return word == "tokens" ? ChunkBy::kTokens : ChunkBy::kStructure;
}

// Of a line of INFO's; 0 where there is none.
uint64_t NumberAfter(const std::string& text, std::string_view name) {
  const size_t at = text.find(name);
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + name.size(), nullptr, 10);
}

}  // namespace

AskExperiment::AskExperiment(std::string index, const std::vector<std::string>& documents, RespClient* client)
    : index_(std::move(index)),
      files_(ListFiles(documents)),
      client_(client),
      judge_(MakeBuiltInEmbedder()),
      extractor_(std::make_unique<AnswerExtractor>(judge_.get())) {}

AskExperiment::~AskExperiment() = default;

std::string AskExperiment::ReadTexts(const TextSink& sink, const ProblemSink& problem) {
  if (files_.files.empty()) {
    return files_.problems.empty() ? "there are no documents in what \"documents\" names"
                                   : files_.problems[0].path + " " + files_.problems[0].reason;
  }
  for (const FileProblem& file : files_.problems) problem(file.path, file.reason);
  ReaderProcess reader;
  for (const ListedFile& file : files_.files) {
    const DocumentError error = reader.Read(file.path, [&](Unit&& unit) {
      sink(file.path, TextId(file.path, UnitKindName(unit.kind), unit.number), unit.text);
      return true;
    });
    if (reader.is_unusable()) return file.path + " " + error.text();
    if (error) problem(file.path, error.text());
  }
  return {};
}

std::string AskExperiment::UsedBytes(uint64_t* bytes) {
  constexpr auto kPause = std::chrono::milliseconds(5);
  constexpr int kMostPauses = 2000;
  constexpr int kMostChanges = 40;  // of a server that others use, too
  RespReply reply;
  uint64_t before = 0;
  // What the configuration before left is freed on another thread.
  for (int i = 0, changes = 0; i < kMostPauses && changes < kMostChanges; ++i) {
    if (!client_->Call({"INFO", "memory"}, &reply)) return client_->error();
    *bytes = NumberAfter(reply.text, "used_memory:");
    const bool is_pending = NumberAfter(reply.text, "lazyfree_pending_objects:") != 0;
    if (!is_pending && *bytes == before) break;
    if (!is_pending) ++changes;
    before = *bytes;
    std::this_thread::sleep_for(kPause);
  }
  return {};
}

uint64_t AskExperiment::TakePeakBytes() {
  uint64_t bytes = 0;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) bytes = std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  // The system notes the largest anew from here on.
  std::ofstream("/proc/self/clear_refs") << "5";
  return bytes;
}

std::string AskExperiment::Clear() {
  retriever_.reset();
  IngestOptions options;
  options.index = index_;
  Ingester ingester(options, client_, nullptr);
  return ingester.Drop() ? std::string() : ingester.error();
}

std::string AskExperiment::WarmUp(const IngestOptions& options) {
  if (is_warm_ || files_.files.empty()) return {};
  is_warm_ = true;
  FileList smallest;
  smallest.files.push_back(*std::min_element(files_.files.begin(), files_.files.end(),
                                             [](const auto& a, const auto& b) { return a.bytes < b.bytes; }));
  Ingester ingester(options, client_, embedder_.get());
  if (!ingester.Open() || !ingester.Run(smallest)) return ingester.error();
  return Clear();
}

std::string AskExperiment::Prepare(const ExperimentConfiguration& configuration, const ProgressSink& progress,
                                   ConfigurationResult* result) {
  IngestOptions options;
  options.index = index_;
  options.chunks = {ChunkByOf(configuration.chunk_by), configuration.chunk_size, configuration.overlap};
  options.is_flat = configuration.index == "flat";
  if (std::string wrong = CheckChunkOptions(options.chunks); !wrong.empty()) return wrong;
  model_.reset();
  if (configuration.model != "none") {
    ModelServerSettings settings;
    if (ModelError error = ParseModelName(configuration.model, {}, &settings)) return error.text() + ", or none";
    model_ = std::make_unique<ModelAnswerer>(settings, PromptLimits());
  }
  if (EmbedError error = MakeEmbedder(configuration.embedder, {}, &embedder_, &options.embedder_url))
    return error.text();
  if (embedder_ == nullptr && configuration.retrieval != "words") {
    return "without an embedder only \"words\" can be searched for";
  }
  if (std::string error = Clear(); !error.empty()) return error;
  if (std::string error = WarmUp(options); !error.empty()) return error;
  uint64_t bytes_before = 0;
  if (std::string error = UsedBytes(&bytes_before); !error.empty()) return error;

  const Stopwatch watch;
  std::unique_ptr<TimedEmbedder> timed;
  if (embedder_ != nullptr) timed = std::make_unique<TimedEmbedder>(*embedder_);
  Ingester ingester(options, client_, timed.get());
  ingester.on_progress = [&](const IngestCounts& counts) { progress(counts.files, files_.files.size()); };
  if (!ingester.Open() || !ingester.Run(files_)) return ingester.error();
  const double embedding = timed == nullptr ? 0 : timed->seconds();
  result->stages.push_back({"ingest", watch.seconds() - embedding});
  result->stages.push_back({"embed", embedding});
  result->chunks = ingester.counts().chunks;
  uint64_t bytes = 0;
  if (std::string error = UsedBytes(&bytes); !error.empty()) return error;
  result->server_bytes = std::max(bytes, bytes_before) - bytes_before;

  retriever_ = std::make_unique<Retriever>(index_, client_);
  if (!retriever_->Open()) return retriever_->error();
  if (!retriever_->SetEmbedder(configuration.retrieval == "words" ? nullptr : embedder_.get()))
    return retriever_->error();
  retriever_->SetExtractor(extractor_.get());
  retrieve_.by_words = configuration.retrieval != "vectors";
  // "hybrid" is what `kvorum ask` does; the others show what words or vectors find by themselves.
  retrieve_.by_sentences = configuration.retrieval == "hybrid";
  return {};
}

std::string AskExperiment::Ask(const std::string& question, size_t top, ExperimentAnswer* answer) {
  const Stopwatch retrieval;
  Findings findings;
  retrieve_.count = std::max(top, RetrieveOptions().count);
  retrieve_.candidates = std::max(retrieve_.count, RetrieveOptions().candidates);
  if (!retriever_->Find(question, retrieve_, &findings)) return retriever_->error();
  answer->retrieval_seconds = retrieval.seconds();
  for (size_t i = 0; i < findings.chunks.size() && i < top; ++i) {
    const FoundChunk& chunk = findings.chunks[i];
    answer->passages.push_back({TextId(chunk.path, chunk.kind, chunk.number), chunk.begin, chunk.end});
  }
  const Stopwatch answering;
  if (model_ != nullptr && !findings.chunks.empty()) {
    ModelAnswer written;
    if (ModelError error = model_->Answer(
            question, std::move(findings.chunks), [](std::string_view) {}, &written))
      return error.text();
    answer->text = ModelAnswerText(written);
    answer->said = std::move(written.text);
  } else {
    const Answer composed = ComposeAnswer(std::move(findings), kSources);
    answer->text = AnswerText(composed);
    for (const CitedSentence& sentence : composed.sentences) answer->said.append(sentence.text).append("\n");
  }
  answer->answer_seconds = answering.seconds();
  return {};
}

}  // namespace kvorum
