// What one search of an HnswIndex found to begin with. Only hnsw_*.cc include this.
#pragma once

#include "vector/hnsw_index.h"

namespace kvorum {

struct HnswIndex::View {
  const VectorStore::Coded* coded;
  size_t slots;    // it looks at no slots from here on,
  size_t records;  // nor at records
  uint64_t entry;

  bool empty() const { return EntryNode(entry) == LinkTable::kNone; }
};

}  // namespace kvorum
