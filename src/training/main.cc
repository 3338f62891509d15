// train_embedder [--name NAME] [--dimension N] [--words N] OUT SOURCE...: trains an embedder's model from dictd dictionaries (SOURCE.index
// and SOURCE.dict) and from plain texts (SOURCE is the file; an empty line parts what is no context of each other). tools/train_embedder
// calls it for the one that is built in; `kvorum ingest --embedder file:OUT` uses any.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <thread>

#include "training/trainer.h"

namespace kvorum {
namespace {

bool ReadFile(const std::string& path, std::string* bytes) {
  std::ifstream file(path, std::ios::binary);
  bytes->assign(std::istreambuf_iterator<char>(file), {});
  return file.good() || file.eof();
}

// Empty, or what is wrong.
std::string AddText(const std::string& path, Corpus* corpus) {
  std::string text;
  if (!ReadFile(path, &text)) return path + " cannot be read";
  size_t paragraphs = 0;
  for (std::string_view rest = text; !rest.empty(); ++paragraphs) {
    const size_t end = rest.find("\n\n");
    corpus->Add(rest.substr(0, end));
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 2);
  }
  std::printf("%s: %zu paragraphs\n", path.c_str(), paragraphs);
  return {};
}

std::string AddSource(const std::string& source, Corpus* corpus) {
  if (std::filesystem::is_regular_file(source)) return AddText(source, corpus);
  std::string index;
  std::string text;
  std::string error;
  std::vector<std::string> entries;
  if (!ReadFile(source + ".index", &index) || !ReadFile(source + ".dict", &text))
    return source + ".index or .dict cannot be read";
  if (!ReadDictionary(index, text, &entries, &error)) return source + ".index " + error;
  for (const std::string& entry : entries) corpus->Add(entry);
  std::printf("%s: %zu entries\n", source.c_str(), entries.size());
  return {};
}

int Train(const char* out, std::span<char*> sources, TrainingOptions options) {
  const auto begin = std::chrono::steady_clock::now();
  Corpus corpus;
  for (const char* source : sources) {
    if (const std::string error = AddSource(source, &corpus); !error.empty())
      return std::fprintf(stderr, "%s\n", error.c_str()), 1;
  }
  options.cooccurrence.threads = options.factors.threads = std::max(1U, std::thread::hardware_concurrency());
  const StaticModelParts parts = TrainModel(&corpus, options);
  const std::string bytes = StaticModelBytes(parts);
  std::ofstream file(out, std::ios::binary);
  file << bytes;
  if (!file.flush()) return std::fprintf(stderr, "%s cannot be written\n", out), 1;
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  std::printf("%s: %zu words of %zu numbers from %llu words of text, %zu bytes, in %.0f seconds\n", out,
              parts.words.size(), parts.dimension, static_cast<unsigned long long>(parts.trained_on), bytes.size(),
              time.count());
  return 0;
}

// Takes options from the front of *words. Empty, or what is wrong.
std::string TakeOptions(std::span<char*>* words, TrainingOptions* options) {
  while (words->size() >= 2 && std::string_view((*words)[0]).starts_with("--")) {
    const std::string_view option = (*words)[0];
    const std::string value = (*words)[1];
    *words = words->subspan(2);
    const size_t number = std::strtoul(value.c_str(), nullptr, 10);
    if (option == "--name" && !value.empty() && value.size() <= kMaxModelNameBytes) {
      options->name = value;
    } else if (option == "--dimension" && number > 0 && number % 64 == 0 && number <= kMaxModelDimension) {
      options->factors.dimension = number;
    } else if (option == "--words" && number > 0 && number <= kMaxModelWords) {
      options->words = number;
    } else {
      return std::string(option) + " " + value +
             ": no such option, or not of its values (a dimension is a multiple of 64)";
    }
  }
  return words->size() < 2 ? "usage: train_embedder [--name NAME] [--dimension N] [--words N] OUT SOURCE..." : "";
}

}  // namespace
}  // namespace kvorum

int main(int argc, char** argv) {
  std::span<char*> words(argv + 1, static_cast<size_t>(argc - 1));
  kvorum::TrainingOptions options;
  if (const std::string error = kvorum::TakeOptions(&words, &options); !error.empty())
    return std::fprintf(stderr, "%s\n", error.c_str()), 2;
  return kvorum::Train(words[0], words.subspan(1), options);
}
