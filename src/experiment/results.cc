#include "experiment/results.h"

#include <fmt/format.h>

#include <algorithm>

namespace kvorum {
namespace {

constexpr size_t kRuleLength = 50;

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace

std::string LogBlock(const std::string& question, const std::string& response) {
  return fmt::format("Question: {}\nResponse:\n{}\n{}\n", question, response, std::string(kRuleLength, '='));
}

std::string LogFileName(const ExperimentConfiguration& configuration) {
  const ExperimentConfiguration& c = configuration;
  std::string name = fmt::format("{}-{}-{}-{}-{}-{}-{}", c.chunk_by, c.chunk_size, c.overlap, c.embedder, c.index,
                                 c.retrieval, c.model);
  std::replace_if(
      name.begin(), name.end(),
      [](char ch) {
        const bool is_plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
        return !is_plain && ch != '.' && ch != '-' && ch != '_';
      },
      '_');
  return name + ".log";
}

std::vector<std::string> StageNames(std::span<const ConfigurationResult> results) {
  std::vector<std::string> names;
  for (const ConfigurationResult& result : results) {
    for (const Stage& stage : result.stages) {
      if (std::find(names.begin(), names.end(), stage.name) == names.end()) names.push_back(stage.name);
    }
  }
  return names;
}

double StageSeconds(const ConfigurationResult& result, const std::string& stage) {
  double seconds = 0;
  for (const Stage& one : result.stages) {
    if (one.name == stage) seconds += one.seconds;
  }
  return seconds;
}

std::string ResultsCsv(std::span<const ConfigurationResult> results) {
  const std::vector<std::string> stages = StageNames(results);
  std::string csv = "chunk_by,chunk_size,overlap,embedder,index,retrieval,model,failure,chunks";
  for (const std::string& stage : stages) csv += "," + CsvField(stage + "_seconds");
  csv +=
      ",median_retrieval_ms,median_answer_ms,server_bytes,ingest_peak_bytes,ask_peak_bytes,questions_with_answers,"
      "recall_at_1,recall_at_5,"
      "recall_at_top,"
      "mean_reciprocal_rank,token_precision,token_recall,token_iou,answers_right,log\r\n";
  for (const ConfigurationResult& result : results) {
    const ExperimentConfiguration& c = result.configuration;
    csv += fmt::format("{},{},{},{},{},{},{},{},{}", c.chunk_by, c.chunk_size, c.overlap, CsvField(c.embedder), c.index,
                       c.retrieval, CsvField(c.model), CsvField(result.failure), result.chunks);
    for (const std::string& stage : stages) csv += fmt::format(",{:.4f}", StageSeconds(result, stage));
    csv += fmt::format(",{:.3f},{:.3f},{},{},{}", result.median_retrieval_ms, result.median_answer_ms,
                       result.server_bytes, result.ingest_peak_bytes, result.ask_peak_bytes);
    const Quality& q = result.quality;
    csv += fmt::format(",{}", q.questions);
    const double figures[] = {q.recall_at_1,      q.recall_at_5,   q.recall_at_top, q.mean_reciprocal_rank,
                              q.tokens.precision, q.tokens.recall, q.tokens.iou,    q.answers_right};
    // What was not measured is empty, not zero.
    for (const double figure : figures) csv += q.questions == 0 ? "," : fmt::format(",{:.4f}", figure);
    csv += "," + CsvField(result.log_file) + "\r\n";
  }
  return csv;
}

}  // namespace kvorum
