// What flat searches and searches with a filter share: looking at vectors one after another and keeping the nearest.
#pragma once

#include <cstddef>
#include <vector>

#include "vector/search_context.h"
#include "vector/vector_index.h"
#include "vector/vector_store.h"

namespace kvorum {

// Keeps the `width` nearest in a heap, the farthest of them in front.
inline void KeepNearest(std::vector<Candidate>* heap, size_t width, Candidate candidate) {
  if (heap->size() == width) {
    if (!(candidate.distance < heap->front().distance)) return;
    std::pop_heap(heap->begin(), heap->end());
    heap->back() = candidate;
  } else {
    heap->push_back(candidate);
  }
  std::push_heap(heap->begin(), heap->end());
}

// The `width` nearest to context->query of all slots below `bound`, or of those that match, if there is a filter: context->results, nearest
// first.
void ScanVectors(const VectorStore& store, const VectorStore::Coded& coded, size_t bound, const VectorFilter* filter,
                 size_t width, SearchContext* context);

// The finer distances of the best of context->results, if there are such, and of these k matches.
void FinishSearch(const VectorStore& store, const VectorStore::Coded& coded, const VectorSearchOptions& options,
                  SearchContext* context, std::vector<VectorMatch>* matches);

}  // namespace kvorum
