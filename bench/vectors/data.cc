#include "bench/vectors/data.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "vector/kernels.h"

namespace kvorum {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

bool ReadFile(const std::string& path, std::vector<char>* bytes) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return false;
  bytes->resize(static_cast<size_t>(file.tellg()));
  file.seekg(0);
  file.read(bytes->data(), static_cast<std::streamsize>(bytes->size()));
  return static_cast<bool>(file);
}

std::vector<float> ReadRows(const std::string& stem, size_t dimensions) {
  std::vector<char> bytes;
  std::vector<float> rows;
  if (ReadFile(stem + ".f32", &bytes)) {
    rows.resize(bytes.size() / 4);
    std::copy_n(bytes.data(), rows.size() * 4, reinterpret_cast<char*>(rows.data()));
  } else if (ReadFile(stem + ".u8", &bytes)) {
    for (const char byte : bytes) rows.push_back(static_cast<uint8_t>(byte));
  } else {
    Fail(stem + ".f32 and .u8: cannot be read");
  }
  if (rows.empty() || rows.size() % dimensions != 0) Fail(stem + ": not of whole rows");
  return rows;
}

template <typename T>
void WriteFile(const std::string& path, const std::vector<T>& values) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
  if (!file) Fail(path + ": cannot be written");
}

}  // namespace

VectorSet ReadVectorSet(const std::string& stem, size_t dimensions) {
  VectorSet set;
  set.dimensions = dimensions;
  set.base = ReadRows(stem + ".base", dimensions);
  set.queries = ReadRows(stem + ".query", dimensions);
  std::vector<char> bytes;
  if (!ReadFile(stem + ".gt10.i32", &bytes) || bytes.size() != set.query_rows() * kNearest * 4) {
    Fail(stem + ".gt10.i32: not there, or of another size");
  }
  set.nearest.resize(bytes.size() / 4);
  std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char*>(set.nearest.data()));
  return set;
}

void WriteVectorSet(const VectorSet& set, const std::string& stem) {
  WriteFile(stem + ".base.f32", set.base);
  WriteFile(stem + ".query.f32", set.queries);
  WriteFile(stem + ".gt10.i32", set.nearest);
}

void ComputeNearest(VectorSet* set) {
  const size_t d = set->dimensions;
  const Kernels& kernels = BestKernels();
  set->nearest.resize(set->query_rows() * kNearest);
  const auto work = [&](size_t begin, size_t end) {
    std::vector<std::vector<std::pair<float, int32_t>>> best(end - begin);
    for (size_t row = 0; row < set->rows(); ++row) {  // a row, while it is near, with all queries
      for (size_t query = begin; query < end; ++query) {
        auto& heap = best[query - begin];
        const float distance = kernels.l2_f32(set->queries.data() + query * d, set->base.data() + row * d, d);
        if (heap.size() == kNearest && distance >= heap.front().first) continue;
        if (heap.size() == kNearest) {
          std::pop_heap(heap.begin(), heap.end());
          heap.pop_back();
        }
        heap.emplace_back(distance, static_cast<int32_t>(row));
        std::push_heap(heap.begin(), heap.end());
      }
    }
    for (size_t query = begin; query < end; ++query) {
      auto& heap = best[query - begin];
      std::sort_heap(heap.begin(), heap.end());
      for (size_t i = 0; i < heap.size(); ++i) set->nearest[query * kNearest + i] = heap[i].second;
    }
  };
  const size_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> workers;
  for (size_t i = 0; i < threads; ++i) {
    workers.emplace_back(work, i * set->query_rows() / threads, (i + 1) * set->query_rows() / threads);
  }
  for (std::thread& worker : workers) worker.join();
}

std::vector<std::vector<int32_t>> NearestMatching(const VectorSet& set, const std::vector<bool>& matching,
                                                  size_t queries) {
  VectorSet part;
  part.dimensions = set.dimensions;
  part.queries.assign(set.queries.begin(), set.queries.begin() + static_cast<ptrdiff_t>(queries * set.dimensions));
  std::vector<int32_t> rows;
  for (size_t row = 0; row < set.rows(); ++row) {
    if (!matching[row]) continue;
    rows.push_back(static_cast<int32_t>(row));
    const float* from = set.base.data() + row * set.dimensions;
    part.base.insert(part.base.end(), from, from + set.dimensions);
  }
  ComputeNearest(&part);
  std::vector<std::vector<int32_t>> nearest(queries);
  for (size_t i = 0; i < part.nearest.size(); ++i) {
    if (i % kNearest < rows.size()) nearest[i / kNearest].push_back(rows[static_cast<size_t>(part.nearest[i])]);
  }
  return nearest;
}

}  // namespace kvorum
