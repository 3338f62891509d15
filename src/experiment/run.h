// RunExperiment: each configuration of a plan, one after another: the documents are prepared for it, the questions asked, the answers
// compared with what is expected. One that fails is recorded, and the rest go on.
//
// Threads: one. Ownership: borrows all it is given.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "experiment/metrics.h"
#include "experiment/plan.h"
#include "experiment/results.h"

namespace kvorum {

struct ExperimentAnswer {
  std::string text;  // with its citations, as it was shown
  std::string said;  // the answer alone, in which the right one is looked for: a citation may hold it by chance
  std::vector<DocumentSpan> passages;  // best first
  double retrieval_seconds = 0;
  double answer_seconds = 0;
};

// What does the work. Errors are sentences; empty: none.
class ExperimentBackend {
 public:
  virtual ~ExperimentBackend() = default;

  // A part of a document that passages are of, as spans name it. What cannot be read is left out, and named.
  using TextSink = std::function<void(const std::string& document, const std::string& text_id, std::string_view text)>;
  using ProblemSink = std::function<void(const std::string& path, const std::string& reason)>;
  virtual std::string ReadTexts(const TextSink& sink, const ProblemSink& problem) = 0;

  using ProgressSink = std::function<void(uint64_t done, uint64_t total)>;
  // Makes the index that the configuration asks for, in place of the one before; fills in chunks, stages and server_bytes.
  virtual std::string Prepare(const ExperimentConfiguration& configuration, const ProgressSink& progress,
                              ConfigurationResult* result) = 0;
  virtual std::string Ask(const std::string& question, size_t top, ExperimentAnswer* answer) = 0;
  // The most memory that was resident since the last call.
  virtual uint64_t TakePeakBytes() = 0;
};

// Where what was found goes.
class ExperimentOutput {
 public:
  virtual ~ExperimentOutput() = default;
  // `number` of `total` configurations is `what` ("preparing", "asking"), and so far.
  virtual void Progress(size_t number, size_t total, const char* what, uint64_t done, uint64_t of) = 0;
  // Something that the user should know, and that stops nothing.
  virtual void Warn(const std::string& line) = 0;
  // A configuration has ended: its log is whole, and `results` has all so far. Empty, or why it cannot be written: then the run ends.
  virtual std::string Write(const ConfigurationResult& result, const std::string& log,
                            const std::vector<ConfigurationResult>& results) = 0;
};

// Empty, or why the run ended before its time. *results has what was found until then.
std::string RunExperiment(const ExperimentPlan& plan, ExperimentBackend& backend, ExperimentOutput& output,
                          std::vector<ConfigurationResult>* results);

}  // namespace kvorum
