#include "cli/experiment_command.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "ask/experiment_backend.h"
#include "cli/client_options.h"
#include "cli/own_server.h"
#include "cli/progress.h"
#include "experiment/page.h"
#include "experiment/run.h"

namespace kvorum {
namespace {

constexpr char kIndex[] = "kvorum-experiment";

constexpr char kFooter[] = R"(
FILE is JSON, and may have comments (//):

  {
    "documents": ["manual/", "notes.pdf"],
    "grid": {
      "chunk_by": ["structure"],          // characters, tokens, structure
      "chunk_size": [200, 500, 1000],
      "overlap": [0, 50, 100],
      "embedder": ["builtin"],            // as --embedder of kvorum ingest
      "index": ["hnsw"],                  // hnsw, flat
      "retrieval": ["hybrid", "words"],   // hybrid, words, vectors
      "model": ["none"]                   // who answers, as --model of kvorum ask; none: the best sentences
    },
    "top": 5,                             // passages for an answer
    "questions": ["Why?", {"question": "When?", "answers": ["in 1962"]}],
    "output": "results"
  }

Each combination is a configuration: the documents are ingested and all questions asked. "questions" may name a file instead: a
question a line, or SQuAD's JSON, whose paragraphs are then the documents. An answer is text that stands in the documents; where
there are answers, retrieval is measured by them.

A configuration that cannot be (an overlap not below the size) or that fails is noted as failed, and the rest go on; the exit status
is 1 if all failed.

Into the folder "output" go results.csv, results.html (a page with plots, whole in itself) and a log of answers a configuration.

  kvorum experiment grid.json
      with a server of its own
  kvorum experiment grid.json --port 6379
      on a server that runs: any that has FT.SEARCH. It uses the index ')"
                           "kvorum-experiment"
                           R"(' and deletes it in the end)";

std::string FileError(const std::string& path) { return path + ": " + std::strerror(errno); }

std::string ReadFile(const std::string& path, std::string* content) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return FileError(path);
  content->clear();
  char piece[1 << 16];
  for (size_t got; (got = std::fread(piece, 1, sizeof(piece), file)) > 0;) content->append(piece, got);
  std::string error = std::ferror(file) != 0 ? FileError(path) : "";
  std::fclose(file);
  return error;
}

std::string WriteFile(const std::filesystem::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  return file ? std::string() : FileError(path);
}

struct SystemFiles final : PlanFiles {
  std::string Read(const std::string& path, std::string* content) override { return ReadFile(path, content); }
};

std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[32];
  const size_t length = std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &local);
  return {text, length};
}

// Writes all that is known after each configuration, so that a run that is stopped has not been for nothing.
class FolderOutput final : public ExperimentOutput {
 public:
  FolderOutput(std::filesystem::path folder, std::string title)
      : folder_(std::move(folder)), title_(std::move(title)), progress_("experiment", 0) {}

  void Progress(size_t number, size_t total, const char* what, uint64_t done, uint64_t of) override {
    progress_.ShowText(std::to_string(number) + " of " + CountText(total, "configuration") + ": " + what + " " +
                       std::to_string(done) + " of " + std::to_string(of));
  }
  void Warn(const std::string& line) override {
    progress_.Clear();
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  std::string Write(const ConfigurationResult& result, const std::string& log,
                    const std::vector<ConfigurationResult>& results) override {
    std::string error = WriteFile(folder_ / result.log_file, log);
    if (error.empty()) error = WriteFile(folder_ / "results.csv", ResultsCsv(results));
    if (error.empty()) error = WriteFile(folder_ / "results.html", ResultsPage(title_, Today(), results));
    progress_.Clear();
    if (result.failure.empty()) PrintLine(result);
    return error;
  }
  double seconds() const { return progress_.seconds(); }

 private:
  static void PrintLine(const ConfigurationResult& result) {
    std::printf("%-60s %8llu chunks", Describe(result.configuration).c_str(),
                static_cast<unsigned long long>(result.chunks));
    const Quality& quality = result.quality;
    if (quality.questions > 0) {
      std::printf("  recall@1 %.3f  @5 %.3f  MRR %.3f  IoU %.3f  right %.3f", quality.recall_at_1, quality.recall_at_5,
                  quality.mean_reciprocal_rank, quality.tokens.iou, quality.answers_right);
    }
    std::printf("  %.2f ms\n", result.median_retrieval_ms + result.median_answer_ms);
    std::fflush(stdout);
  }

  const std::filesystem::path folder_;
  const std::string title_;
  kvorum::Progress progress_;
};

// Documents that the plan itself brings, as files of a folder that goes with the object.
class InlineFolder {
 public:
  ~InlineFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  // Adds the folder to the plan's documents. Empty, or the error.
  std::string Fill(ExperimentPlan* plan) {
    if (plan->inline_documents.empty()) return {};
    std::string path = std::filesystem::temp_directory_path() / "kvorum-experiment-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) return FileError(path);
    path_ = path;
    for (const InlineDocument& document : plan->inline_documents) {
      if (std::string error = WriteFile(path_ / document.name, document.text); !error.empty()) return error;
    }
    plan->documents.push_back(path);
    return {};
  }

 private:
  std::filesystem::path path_;
};

struct Options {
  std::string file;
  std::string output;
  ServerAddress server;
  bool has_server = false;
};

int Run(const Options& options) {
  const auto fail = [](const std::string& text) {
    std::fprintf(stderr, "kvorum experiment: %s\n", text.c_str());
    return 1;
  };
  std::string json;
  if (std::string error = ReadFile(options.file, &json); !error.empty()) return fail(error);
  ExperimentPlan plan;
  SystemFiles files;
  const std::string folder = std::filesystem::path(options.file).parent_path();
  if (std::string error = ParsePlan(json, folder, files, &plan); !error.empty())
    return fail(options.file + ": " + error);
  if (!options.output.empty()) plan.output = options.output;
  std::error_code code;
  std::filesystem::create_directories(plan.output, code);
  if (code) return fail(plan.output + ": " + code.message());
  InlineFolder inline_folder;
  if (std::string error = inline_folder.Fill(&plan); !error.empty()) return fail(error);

  OwnServer own;
  RespClient client;
  if (!options.has_server) {
    if (std::string error = own.Start(&client); !error.empty()) return fail(error);
  } else if (!client.Connect(options.server)) {
    return fail(client.error() + "\nWithout --host and --port a server is started for the purpose.");
  }
  AskExperiment backend(kIndex, plan.documents, &client);
  FolderOutput output(plan.output, std::filesystem::path(options.file).filename());
  std::vector<ConfigurationResult> results;
  const std::string error = RunExperiment(plan, backend, output, &results);
  if (options.has_server && !results.empty()) (void)backend.Clear();
  if (!error.empty()) return fail(error);
  size_t failed = 0;
  for (const ConfigurationResult& result : results) failed += !result.failure.empty();
  std::printf("\n%s in %.1f s", CountText(results.size(), "configuration").c_str(), output.seconds());
  if (failed > 0) std::printf(", %zu failed", failed);
  std::printf(". The page: %s\n", (std::filesystem::path(plan.output) / "results.html").c_str());
  return failed == results.size() ? 1 : 0;
}

}  // namespace

int ExperimentMain(int argc, char** argv) {
  Options options;
  CLI::App app("Compares settings of ingest and ask on your documents and questions.", "kvorum experiment");
  app.add_option("FILE", options.file, "What to compare")->required();
  app.add_option("--output", options.output, "A folder for the results, in place of what FILE says");
  AddServerOptions(app, &options.server);
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  options.has_server = app.count("--host") + app.count("--port") > 0;
  return Run(options);
}

}  // namespace kvorum
