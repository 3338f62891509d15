// train_embedder OUT STEM...: trains the built-in embedder's model from dictd dictionaries (STEM.index and STEM.dict).
// tools/train_embedder calls it.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <thread>

#include "training/trainer.h"

namespace kvorum {
namespace {

bool ReadFile(const std::string& path, std::string* bytes) {
  std::ifstream file(path, std::ios::binary);
  bytes->assign(std::istreambuf_iterator<char>(file), {});
  return file.good() || file.eof();
}

int Train(const char* out, char** stems, int count) {
  const auto begin = std::chrono::steady_clock::now();
  Corpus corpus;
  for (int i = 0; i < count; ++i) {
    const std::string stem = stems[i];
    std::string index;
    std::string text;
    std::string error;
    std::vector<std::string> entries;
    if (!ReadFile(stem + ".index", &index) || !ReadFile(stem + ".dict", &text)) {
      return std::fprintf(stderr, "%s.index or .dict cannot be read\n", stem.c_str()), 1;
    }
    if (!ReadDictionary(index, text, &entries, &error)) {
      return std::fprintf(stderr, "%s.index %s\n", stem.c_str(), error.c_str()), 1;
    }
    for (const std::string& entry : entries) corpus.Add(entry);
    std::printf("%s: %zu entries\n", stem.c_str(), entries.size());
  }
  TrainingOptions options;
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

}  // namespace
}  // namespace kvorum

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: train_embedder OUT STEM...\n"), 2;
  return kvorum::Train(argv[1], argv + 2, argc - 2);
}
