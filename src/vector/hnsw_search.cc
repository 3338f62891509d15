// HnswIndex: how a search walks.
#include <algorithm>

#include "base/prefetch.h"
#include "vector/hnsw_index.h"
#include "vector/hnsw_view.h"
#include "vector/scan.h"

namespace kvorum {
namespace {

constexpr size_t kMaxLinks = 1024;
constexpr size_t kLineBytes = 64;
// Codes fetched ahead of the one that is being computed with.
constexpr size_t kAhead = 4;

void PrefetchCode(const uint8_t* code, size_t bytes) {
  for (size_t offset = 0; offset < bytes; offset += kLineBytes) PrefetchLine(code + offset);
}

}  // namespace

HnswIndex::View HnswIndex::Enter() const {
  View view;
  do {
    view.slots = store_.slots();
    view.records = record_bound_.load(std::memory_order_acquire);
    view.coded = &store_.coded();
    view.entry = entry_.load(std::memory_order_acquire);
    if (view.empty()) return view;
    // One that came between these lines is for a second look.
  } while (EntryLevel(view.entry) == 0
               ? EntryNode(view.entry) >= view.slots
               : EntryNode(view.entry) >= view.records || Upper(EntryNode(view.entry)).slot >= view.slots);
  return view;
}

void HnswIndex::Greedy(const View& view, bool ground, SearchContext* context, Candidate* nearest) const {
  const LinkTable& links = ground ? ground_ : upper_;
  for (bool better = true; better;) {
    better = false;
    const LinkTable::Link* list = links.Read(nearest->node);
    for (size_t i = 0; i < links.most(); ++i) {
      const uint32_t node = LinkTable::NodeOf(list[i].load(std::memory_order_acquire));
      if (node == LinkTable::kNone) break;
      const uint32_t slot = SlotOf(ground, node);
      if (slot >= view.slots) continue;
      const float distance = Codec::Distance(context->query, view.coded->Code(slot));
      if (distance < nearest->distance) {
        *nearest = {distance, node};
        better = true;
      }
    }
  }
}

// From the entry to the nearest node of layer `to_level` that greed finds.
Candidate HnswIndex::Descend(const View& view, size_t to_level, SearchContext* context) const {
  size_t level = EntryLevel(view.entry);
  uint32_t node = EntryNode(view.entry);
  Candidate nearest = {Codec::Distance(context->query, view.coded->Code(SlotOf(level == 0, node))), node};
  for (; level > to_level; --level) {
    Greedy(view, false, context, &nearest);
    const UpperHeader& upper = Upper(nearest.node);
    nearest.node = level == 1 ? upper.slot.load(std::memory_order_acquire) : upper.below;
  }
  return nearest;
}

template <bool kGround>
void HnswIndex::WalkLayer(const View& view, size_t width, Candidate entry, SearchContext* context) const {
  const LinkTable& links = kGround ? ground_ : upper_;
  const size_t bound = kGround ? view.slots : view.records;
  const size_t code_bytes = view.coded->codec->code_bytes();
  const CodecQuery& query = context->query;
  CandidatePool& pool = context->pool;
  VisitedSet& visited = context->visited;
  pool.Begin(width);
  visited.Begin(bound);
  visited.Insert(entry.node);
  pool.Insert(entry.distance, entry.node);
  uint32_t fresh[kMaxLinks];
  const uint8_t* codes[kMaxLinks];
  TwinCount twins;
  for (Candidate here; pool.Expand(&here);) {
    const LinkTable::Link* list = links.Read(here.node);
    size_t count = 0;
    for (size_t i = 0; i < links.most(); ++i) {
      const uint32_t next = LinkTable::NodeOf(list[i].load(std::memory_order_acquire));
      if (next == LinkTable::kNone) break;
      if (next >= bound || !visited.Insert(next)) continue;
      const uint32_t slot = SlotOf(kGround, next);
      if (!kGround && slot >= view.slots) continue;
      fresh[count] = next;
      codes[count] = view.coded->Code(slot);
      if (count < kAhead) PrefetchCode(codes[count], code_bytes);
      ++count;
    }
    const Candidate* after = pool.Next();
    float soonest = std::numeric_limits<float>::infinity();
    if (after != nullptr) {
      soonest = after->distance;
      PrefetchCode(reinterpret_cast<const uint8_t*>(links.Read(after->node)), links.most() * sizeof(LinkTable::Link));
    }
    for (size_t i = 0; i < count; ++i) {
      if (i + kAhead < count) PrefetchCode(codes[i + kAhead], code_bytes);
      const float distance = Codec::Distance(query, codes[i]);
      if (distance == here.distance) {
        if (view.coded->AreTwins(SlotOf(kGround, here.node), SlotOf(kGround, fresh[i]))) {
          if (!twins.Takes(distance, width)) continue;
          pool.Widen();
        }
      }
      if (!pool.Takes(distance)) continue;
      pool.Insert(distance, fresh[i]);
      if (distance < soonest) {
        soonest = distance;
        PrefetchCode(reinterpret_cast<const uint8_t*>(links.Read(fresh[i])), links.most() * sizeof(LinkTable::Link));
      }
    }
  }
}

void HnswIndex::Walk(const View& view, bool ground, size_t width, Candidate entry, SearchContext* context) const {
  if (ground) {
    WalkLayer<true>(view, width, entry, context);
  } else {
    WalkLayer<false>(view, width, entry, context);
  }
}

void HnswIndex::Search(const float* query, const VectorSearchOptions& options, SearchContext* context,
                       std::vector<VectorMatch>* matches) const {
  while (!SearchOnce(query, options, context, matches)) {
  }
}

// False if the codec was replaced meanwhile.
bool HnswIndex::SearchOnce(const float* query, const VectorSearchOptions& options, SearchContext* context,
                           std::vector<VectorMatch>* matches) const {
  matches->clear();
  const ReaderEpochs::Guard guard(store_.epochs(), context->hint);
  const View view = Enter();
  if (view.empty() || options.k == 0) return true;
  view.coded->codec->Prepare(query, &context->query);
  if (options.exact) {
    const size_t width = std::min(std::max(options.width, options.k), view.slots);
    context->results.clear();
    ScanVectors(store_, *view.coded, view.slots, options.filter, width, context);
  } else if (options.filter != nullptr) {
    FilteredSearch(view, options, context);
  } else {
    const size_t width = std::min(std::max(options.width, options.k), view.slots);
    Walk(view, true, width, Descend(view, 0, context), context);
    context->results.clear();
    for (size_t i = 0; i < context->pool.size(); ++i) context->results.push_back(context->pool[i]);
  }
  FinishSearch(store_, *view.coded, options, context, matches);
  return &store_.coded() == view.coded;
}

}  // namespace kvorum
