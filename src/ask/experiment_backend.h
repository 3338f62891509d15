// What does the work of an experiment: documents into an index on a server, and questions to it, as `kvorum ingest` and `kvorum ask`
// do it.
//
// Threads: one. Ownership: borrows the client.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ask/file_list.h"
#include "ask/retriever.h"
#include "client/resp_client.h"
#include "experiment/run.h"

namespace kvorum {

class AnswerExtractor;
class Embedder;
class ModelAnswerer;
struct IngestOptions;
class StaticEmbedder;

class AskExperiment final : public ExperimentBackend {
 public:
  // `index`: a name of its own; what stands there is deleted. `documents`: files and folders.
  AskExperiment(std::string index, const std::vector<std::string>& documents, RespClient* client);
  ~AskExperiment() override;

  std::string ReadTexts(const TextSink& sink, const ProblemSink& problem) override;
  std::string Prepare(const ExperimentConfiguration& configuration, const ProgressSink& progress,
                      ConfigurationResult* result) override;
  std::string Ask(const std::string& question, size_t top, ExperimentAnswer* answer) override;
  uint64_t TakePeakBytes() override;
  // Deletes what the last configuration has left on the server. Empty, or the error.
  std::string Clear();

 private:
  // The server's memory, when what was deleted is free and the figure stands still.
  std::string UsedBytes(uint64_t* bytes);
  // Ingests one document, once, and deletes it: what a server allocates only the first time is no configuration's.
  std::string WarmUp(const IngestOptions& options);

  const std::string index_;
  const FileList files_;
  RespClient* client_;
  std::unique_ptr<StaticEmbedder> judge_;  // of sentences, whatever finds the passages
  std::unique_ptr<AnswerExtractor> extractor_;
  std::unique_ptr<Embedder> embedder_;
  std::unique_ptr<Retriever> retriever_;
  std::unique_ptr<ModelAnswerer> model_;  // null: answers are sentences of the documents
  RetrieveOptions retrieve_;
  bool is_warm_ = false;
};

}  // namespace kvorum
