// Sets of vectors for benchmarks, in files: BASE of n rows and QUERY of some, and the 10 nearest of each query.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kvorum {

struct VectorSet {
  size_t dimensions = 0;
  std::vector<float> base;
  std::vector<float> queries;
  std::vector<int32_t> nearest;  // 10 a query, row numbers

  size_t rows() const { return base.size() / dimensions; }
  size_t query_rows() const { return queries.size() / dimensions; }
};

inline constexpr size_t kNearest = 10;

// STEM.base.f32 or STEM.base.u8, STEM.query.*, STEM.gt10.i32; without headers, little-endian. Exits with a message where that fails.
VectorSet ReadVectorSet(const std::string& stem, size_t dimensions);
void WriteVectorSet(const VectorSet& set, const std::string& stem);

// Fills in `nearest`, by looking at all, on all processors.
void ComputeNearest(VectorSet* set);

// The row numbers of the nearest of those that match, for each of the first `queries`; fewer than 10 where fewer match.
std::vector<std::vector<int32_t>> NearestMatching(const VectorSet& set, const std::vector<bool>& matching,
                                                  size_t queries);

}  // namespace kvorum
