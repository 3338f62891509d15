#include "bench/vectors/built_index.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "base/random.h"
#include "vector/hnsw_file.h"

namespace kvorum {
namespace {

std::unique_ptr<HnswIndex> Load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  HnswLoader loader(true);
  uint64_t size;
  for (std::string piece; file.read(reinterpret_cast<char*>(&size), sizeof(size));) {
    piece.resize(size);
    file.read(piece.data(), static_cast<std::streamsize>(size));
    if (!loader.Take(piece)) break;
  }
  return loader.Finish();
}

void Save(const HnswIndex& index, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  HnswSaver saver(index);
  for (std::string piece; saver.Next(&piece);) {
    const uint64_t size = piece.size();
    file.write(reinterpret_cast<const char*>(&size), sizeof(size));
    file.write(piece.data(), static_cast<std::streamsize>(size));
  }
}

}  // namespace

std::unique_ptr<HnswIndex> BuildIndex(const VectorSet& set, unsigned refine_bits, size_t threads,
                                      const std::string& cache) {
  if (!cache.empty()) {
    if (std::unique_ptr<HnswIndex> loaded = Load(cache)) return loaded;
  }
  VectorIndexSettings settings;
  settings.codec = {
      .dimensions = set.dimensions, .metric = VectorMetric::kL2, .form = VectorForm::kQ8, .refine_bits = refine_bits};
  settings.m = 16;
  settings.build_width = 200;
  settings.huge_pages = true;
  settings.train_after = std::min<size_t>(4000, set.rows());
  auto index = std::make_unique<HnswIndex>(settings);
  std::atomic<size_t> next{0};
  std::mutex writer;
  const auto work = [&](uint64_t seed) {
    const SearchContextPtr context = MakeSearchContext();
    PreparedVector prepared;
    Random random(seed);
    for (size_t row; (row = next++) < set.rows();) {
      index->Prepare(set.base.data() + row * set.dimensions, random.Next(), context.get(), &prepared);
      const std::lock_guard<std::mutex> lock(writer);
      index->Commit(prepared, row);
      if (index->size() == settings.train_after) index->Reserve(set.rows());
    }
  };
  std::vector<std::thread> workers;
  for (size_t i = 0; i < threads; ++i) workers.emplace_back(work, i + 1);
  for (std::thread& worker : workers) worker.join();
  if (!cache.empty()) Save(*index, cache);
  return index;
}

}  // namespace kvorum
