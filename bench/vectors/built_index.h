// The vector index as benchmarks build it: on threads that prepare, one at a time committing.
#pragma once

#include <memory>
#include <string>

#include "bench/vectors/data.h"
#include "vector/hnsw_index.h"

namespace kvorum {

// With M 16, build width 200 and 8-bit codes. `cache`: a file that holds the index afterwards, and is read if it does before;
// empty: none.
std::unique_ptr<HnswIndex> BuildIndex(const VectorSet& set, unsigned refine_bits, size_t threads,
                                      const std::string& cache);

}  // namespace kvorum
