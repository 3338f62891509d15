// What an experiment has found, and how it is written down: a log of answers a configuration, one table of all.
//
// The log has a block a question: a line `Question: ...`, a line `Response:`, the text, and a line of fifty `=`.
//
// Threads: no state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "experiment/metrics.h"
#include "experiment/plan.h"

namespace kvorum {

struct Stage {
  std::string name;
  double seconds = 0;
};

// Means over the questions with known answers, of the first `top` passages.
struct Quality {
  size_t questions = 0;  // 0: none has a known answer, and the rest means nothing
  double recall_at_1 = 0;
  double recall_at_5 = 0;
  double recall_at_top = 0;
  double mean_reciprocal_rank = 0;
  SpanScores tokens;
  double answers_right = 0;  // of answers that hold an expected text
};

struct ConfigurationResult {
  ExperimentConfiguration configuration;
  std::string failure;  // empty: it ran to its end
  uint64_t chunks = 0;
  std::vector<Stage> stages;
  double median_retrieval_ms = 0;
  double median_answer_ms = 0;
  uint64_t server_bytes = 0;       // what the index and its keys take in the server
  uint64_t ingest_peak_bytes = 0;  // of this process while documents were put in, its largest
  uint64_t ask_peak_bytes = 0;     // and while questions were asked
  Quality quality;
  std::string log_file;  // its name, beside the table
};

// One block of the log.
std::string LogBlock(const std::string& question, const std::string& response);
// "structure-500-50-builtin-hnsw-hybrid-none.log": no character that a file's name cannot have.
std::string LogFileName(const ExperimentConfiguration& configuration);
// With a line of headings; RFC 4180. Stages are columns of their own.
std::string ResultsCsv(std::span<const ConfigurationResult> results);

// Stages' names, each once, in the order in which they come first.
std::vector<std::string> StageNames(std::span<const ConfigurationResult> results);
// 0 if it has no such stage.
double StageSeconds(const ConfigurationResult& result, const std::string& stage);

}  // namespace kvorum
