#include "vector/flat_index.h"

#include <algorithm>

#include "vector/scan.h"

namespace kvorum {

void FlatIndex::Prepare(const float* vector, uint64_t random, SearchContext* context, PreparedVector* prepared) const {
  const ReaderEpochs::Guard guard(store_.epochs(), context->hint);
  VectorStore::Encode(store_.coded(), vector, prepared);
  prepared->random = random;
  prepared->layers.clear();
}

void FlatIndex::Search(const float* query, const VectorSearchOptions& options, SearchContext* context,
                       std::vector<VectorMatch>* matches) const {
  const ReaderEpochs::Guard guard(store_.epochs(), context->hint);
  const VectorStore::Coded* coded;
  do {
    matches->clear();
    const size_t bound = store_.slots();
    coded = &store_.coded();
    if (bound == 0 || options.k == 0) return;
    coded->codec->Prepare(query, &context->query);
    const size_t k = std::min(options.k, bound);
    const size_t spare = coded->codec->refine_bytes() > 0 ? k / 2 + 10 : 0;
    const size_t width = std::min(std::max(options.width, k + spare), bound);
    ScanVectors(store_, *coded, bound, options.filter, width, context);
    FinishSearch(store_, *coded, options, context, matches);
  } while (&store_.coded() != coded);
}

VectorSlot FlatIndex::Commit(const PreparedVector& prepared, VectorLabel label) {
  const VectorSlot slot = store_.Put(prepared);
  store_.Publish(slot, label);
  store_.TrainIfDue();
  return slot;
}

bool FlatIndex::Compact(size_t moves, const std::function<void(VectorSlot from, VectorSlot to)>& moved) {
  auto top = static_cast<VectorSlot>(store_.slots());
  size_t done = 0;
  for (VectorSlot to; done < moves && store_.FindMove(&top, &to); ++done) {
    store_.Move(top, to);
    store_.Drop(top);
    moved(top, to);
  }
  (void)store_.Trim();
  return done == moves || store_.trims();
}

VectorSlot FlatIndex::Add(const float* vector, VectorLabel label) {
  PreparedVector prepared;
  VectorStore::Encode(store_.coded(), vector, &prepared);
  return Commit(prepared, label);
}

}  // namespace kvorum
