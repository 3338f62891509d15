#include "vector/scan.h"

#include <algorithm>

#include "base/prefetch.h"

namespace kvorum {
namespace {

constexpr size_t kBatch = 16;
constexpr size_t kLineBytes = 64;

void Prefetch(const uint8_t* record, size_t bytes) {
  for (size_t offset = 0; offset < bytes; offset += kLineBytes) PrefetchLine(record + offset);
}

}  // namespace

void ScanVectors(const VectorStore& store, const VectorStore::Coded& coded, size_t bound, const VectorFilter* filter,
                 size_t width, SearchContext* context) {
  const size_t code_bytes = coded.codec->code_bytes();
  std::vector<Candidate>& results = context->results;
  results.clear();
  VectorSlot batch[kBatch];
  size_t count = 0;
  const auto flush = [&] {
    for (size_t i = 0; i < count; ++i) {
      KeepNearest(&results, width, {Codec::Distance(context->query, coded.Code(batch[i])), batch[i]});
    }
    count = 0;
  };
  const auto meet = [&](VectorSlot slot) {
    if (slot >= bound) return;
    const VectorLabel label = store.LabelOf(slot);
    if (label == kNoVectorLabel || (filter != nullptr && !filter->Matches(slot, label))) return;
    Prefetch(coded.Code(slot), code_bytes);
    batch[count++] = slot;
    if (count == kBatch) flush();
  };
  const std::vector<VectorSlot>* known = filter == nullptr ? nullptr : filter->Slots();
  if (known != nullptr) {
    for (const VectorSlot slot : *known) meet(slot);
  } else {
    for (VectorSlot slot = 0; slot < bound; ++slot) meet(slot);
  }
  flush();
  std::sort_heap(results.begin(), results.end());
}

void FinishSearch(const VectorStore& store, const VectorStore::Coded& coded, const VectorSearchOptions& options,
                  SearchContext* context, std::vector<VectorMatch>* matches) {
  std::vector<Candidate>& results = context->results;
  const Codec& codec = *coded.codec;
  if (codec.refine_bytes() > 0) {
    // 8 bits err by little, so the true best are not far down; who asks for more care gets it here too. 1 bit may put them anywhere.
    const bool coarse = codec.settings().form == VectorForm::kBinary;
    const size_t k = std::min(options.k, results.size());
    const size_t depth = std::max(k + k / 2 + 10, results.size() / 4);
    const size_t refined = coarse ? results.size() : std::min(results.size(), depth);
    for (size_t i = 0; i < refined; ++i) Prefetch(coded.Refinement(results[i].node), codec.refine_bytes());
    for (size_t i = 0; i < refined; ++i) {
      const VectorSlot slot = results[i].node;
      results[i].distance = codec.Refined(context->query, coded.Code(slot), coded.Refinement(slot));
    }
    std::sort(results.begin(), results.begin() + static_cast<ptrdiff_t>(refined));
  }
  for (const Candidate& result : results) {
    if (matches->size() == options.k) break;
    const VectorLabel label = store.LabelOf(result.node);
    if (label == kNoVectorLabel || result.distance > options.max_distance) continue;
    matches->push_back({result.distance, result.node, label});
  }
}

}  // namespace kvorum
