#include <benchmark/benchmark.h>

#include "embedding/static_embedder.h"

namespace kvorum {
namespace {

void OpenModel(benchmark::State& state) {
  StaticModelParts parts;
  parts.name = "benchmark";
  parts.trained_on = 1;
  parts.dimension = BuiltInModel().dimension();
  for (uint32_t i = 0; i < BuiltInModel().size(); ++i) parts.words.emplace_back(BuiltInModel().word(i));
  parts.counts.resize(parts.words.size());
  parts.vectors.resize(parts.words.size() * parts.dimension);
  const std::string bytes = StaticModelBytes(parts);
  for (auto _ : state) {
    StaticModel model;
    std::string error;
    benchmark::DoNotOptimize(StaticModel::Open(bytes, &model, &error));
  }
}
BENCHMARK(OpenModel);

void EmbedQuestion(benchmark::State& state) {
  const std::unique_ptr<StaticEmbedder> embedder = MakeBuiltInEmbedder();
  std::vector<float> vector(embedder->dimension());
  for (auto _ : state) {
    embedder->EmbedOne("How does the AVL tree maintain balance after an insertion?", vector.data());
    benchmark::DoNotOptimize(vector.data());
  }
}
BENCHMARK(EmbedQuestion);

// Chunks of 1,000 bytes of the model's words, frequent ones more often, as texts have them.
void EmbedChunks(benchmark::State& state) {
  const std::unique_ptr<StaticEmbedder> embedder = MakeBuiltInEmbedder();
  std::vector<std::string> chunks(200);
  uint64_t step = 1;
  for (std::string& chunk : chunks) {
    while (chunk.size() < 1000) {
      step = step * 6364136223846793005 + 1442695040888963407;
      const uint64_t draw = step >> 33;
      chunk += BuiltInModel().word(static_cast<uint32_t>(draw % (1 + (draw >> 12) % BuiltInModel().size())));
      chunk += ' ';
    }
  }
  std::vector<float> vector(embedder->dimension());
  int64_t bytes = 0;
  size_t next = 0;
  for (auto _ : state) {
    const std::string& chunk = chunks[next++ % chunks.size()];
    embedder->EmbedOne(chunk, vector.data());
    benchmark::DoNotOptimize(vector.data());
    bytes += static_cast<int64_t>(chunk.size());
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(EmbedChunks);

}  // namespace
}  // namespace kvorum
