// ExperimentPlan: what an experiment compares, on which documents, by which questions; read from a file.
//
// The file is JSON, and may have comments:
//
//   {
//     "documents": ["manual/", "notes.pdf"],            // beside the file, unless absolute
//     "grid": {                                         // each combination is a configuration
//       "chunk_by": ["structure"],                      // characters, tokens, structure
//       "chunk_size": [200, 500, 1000],
//       "overlap": [0, 50, 100],
//       "embedder": ["builtin", "ollama:nomic-embed-text"],
//       "index": ["hnsw"],                              // hnsw, flat
//       "retrieval": ["hybrid"],                        // hybrid, words, vectors
//       "model": ["none"]                               // who answers; none: the best sentences
//     },
//     "top": 5,                                         // passages for an answer
//     "questions": ["Why?", {"question": "When?", "answers": ["1969", {"document": "notes.pdf", "text": "in 1969"}]}],
//     "output": "results"                               // a folder
//   }
//
// "questions" may also name a file: one question a line, or SQuAD's JSON, whose paragraphs are then the documents.
//
// Threads: no state. All limits are named.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kvorum {

inline constexpr size_t kMaxConfigurations = 10'000;
inline constexpr size_t kMaxPlanBytes = 64 << 20;

struct ExperimentConfiguration {
  std::string chunk_by = "structure";
  size_t chunk_size = 1000;
  size_t overlap = 100;
  std::string embedder = "builtin";
  std::string index = "hnsw";
  std::string retrieval = "hybrid";
  std::string model = "none";

  bool operator==(const ExperimentConfiguration&) const = default;
};

// "structure 500/50, builtin, hnsw, hybrid, none"
std::string Describe(const ExperimentConfiguration& configuration);

struct ExpectedAnswer {
  std::string document;  // the end of its name; empty: any
  std::string text;      // stands there word for word
};

struct ExperimentQuestion {
  std::string text;
  std::vector<ExpectedAnswer> answers;  // any of them; none: only the answer is written down
};

// A document that the file itself brings.
struct InlineDocument {
  std::string name;  // as of a text file; no two have the same
  std::string text;
};

struct ExperimentPlan {
  std::vector<std::string> documents;  // paths
  std::vector<InlineDocument> inline_documents;
  std::vector<ExperimentConfiguration> configurations;
  std::vector<ExperimentQuestion> questions;
  size_t top = 5;
  std::string output;
};

// Replaces *plan. Paths are made from `folder`. Empty, or what is wrong and where: "grid.chunk_size: ...". `read` gives a named file's
// content, or says why it cannot.
struct PlanFiles {
  virtual ~PlanFiles() = default;
  // Empty, or the error.
  virtual std::string Read(const std::string& path, std::string* content) = 0;
};
std::string ParsePlan(std::string_view json, const std::string& folder, PlanFiles& files, ExperimentPlan* plan);

}  // namespace kvorum
