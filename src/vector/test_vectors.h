// What the tests of both kinds of index share: vectors as real data has them, in clusters and with fewer true dimensions than they are
// long, and the exact answers to compare with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vector/vector_index.h"

namespace kvorum {

// Row after row.
std::vector<float> ClusteredVectors(size_t n, size_t dimensions, uint64_t seed);

double ExactDistance(VectorMetric metric, const float* a, const float* b, size_t dimensions);

// The rows, of those `live`, nearest to the query, nearest first.
std::vector<size_t> ExactNearest(const std::vector<float>& rows, const std::vector<bool>& live, const float* query,
                                 size_t k, size_t dimensions, VectorMetric metric);

// What part of the exact k nearest the index finds, over all queries. Labels are rows.
double Recall(const VectorIndex& index, const std::vector<float>& rows, const std::vector<bool>& live,
              const std::vector<float>& queries, const VectorSearchOptions& options);

}  // namespace kvorum
