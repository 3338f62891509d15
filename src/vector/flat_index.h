// FlatIndex: every search looks at every vector. Exact but for the codec's rounding, smallest, cheapest to add to; for few vectors.
//
// Threads, ownership: vector/vector_index.h. Complexity: O(size * dimensions) a search, O(dimensions) the rest.
#pragma once

#include <vector>

#include "vector/vector_index.h"
#include "vector/vector_store.h"

namespace kvorum {

class FlatIndex final : public VectorIndex {
 public:
  explicit FlatIndex(const VectorIndexSettings& settings) : store_(settings) {}

  size_t size() const override { return store_.size(); }
  const VectorIndexSettings& settings() const override { return store_.settings(); }
  void Prepare(const float* vector, uint64_t random, SearchContext* context, PreparedVector* prepared) const override;
  void Search(const float* query, const VectorSearchOptions& options, SearchContext* context,
              std::vector<VectorMatch>* matches) const override;

  VectorSlot Commit(const PreparedVector& prepared, VectorLabel label) override;
  VectorSlot Add(const float* vector, VectorLabel label) override;
  void Remove(VectorSlot slot) override { store_.Drop(slot); }
  bool Compact(size_t moves, const std::function<void(VectorSlot from, VectorSlot to)>& moved) override;
  void Reserve(size_t vectors) override { store_.Reserve(vectors); }
  VectorLabel LabelOf(VectorSlot slot) const override { return store_.LabelOf(slot); }
  void Decode(VectorSlot slot, float* vector) const override { store_.Decode(slot, vector); }
  size_t Bytes() const override { return sizeof(*this) - sizeof(store_) + store_.Bytes(); }
  void Validate() const override { store_.Validate(); }

 private:
  VectorStore store_;
};

}  // namespace kvorum
