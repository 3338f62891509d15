// HnswIndex: searches with a filter.
//
// Two ways. To *scan* the matches: a distance for each of them. To *walk* the graph as ever, through all nodes, keeping the matching ones: about
// 1 / selectivity times the nodes of a search without filter. Few matches are scanned, many are walked to; the sizes of both are
// estimated before, and a walk that costs more than scanning would have is given up for it. So however wrong the estimate, no more
// than twice the scan is paid, and k are found if there are k.
#include <algorithm>

#include "base/prefetch.h"
#include "vector/hnsw_index.h"
#include "vector/hnsw_view.h"
#include "vector/scan.h"

namespace kvorum {
namespace {

// Slots asked to estimate how many match.
constexpr size_t kSample = 256;
// Nodes newly seen by expanding one, on average.
constexpr size_t kFreshLinks = 8;
// What a node costs to walk to, all over memory and with a heap to keep, in distances of a scan, which goes through memory in order.
constexpr double kWalkCost = 4;

}  // namespace

void HnswIndex::FilteredSearch(const View& view, const VectorSearchOptions& options, SearchContext* context) const {
  const size_t width = std::min(std::max(options.width, options.k), view.slots);
  const std::vector<VectorSlot>* known = options.filter->Slots();
  const auto all = static_cast<double>(view.slots);
  double matching;
  double scan_cost;
  if (known != nullptr) {
    matching = static_cast<double>(known->size());
    scan_cost = matching;
  } else {
    size_t hits = 0;
    for (size_t i = 0; i < kSample; ++i) {
      // By the golden ratio: all over the slots, however they are ordered.
      const auto slot = static_cast<VectorSlot>((i * 0x9E3779B97F4A7C15ULL >> 32) * view.slots >> 32);
      const VectorLabel label = store_.LabelOf(slot);
      hits += label != kNoVectorLabel && options.filter->Matches(slot, label) ? 1 : 0;
    }
    matching = all * (static_cast<double>(hits) + 0.5) / kSample;
    scan_cost = all * options.filter->Cost() + matching;  // all have to be asked
  }
  const double nodes = std::min(all, all / std::max(matching, 1.0) * static_cast<double>(width * kFreshLinks));
  const double walk_cost = nodes * (kWalkCost + options.filter->Cost());
  context->results.clear();
  if (scan_cost > walk_cost && FilteredWalk(view, options, static_cast<size_t>(scan_cost / kWalkCost * 2), context)) {
    std::sort_heap(context->results.begin(), context->results.end());
    return;
  }
  ScanVectors(store_, *view.coded, view.slots, options.filter, width, context);
}

// False if it came to more than `budget` nodes.
bool HnswIndex::FilteredWalk(const View& view, const VectorSearchOptions& options, size_t budget,
                             SearchContext* context) const {
  const size_t width = std::min(std::max(options.width, options.k), view.slots);
  const size_t code_bytes = view.coded->codec->code_bytes();
  std::vector<Candidate>& heap = context->heap;
  std::vector<Candidate>& results = context->results;
  const auto farther = [](const Candidate& a, const Candidate& b) { return b < a; };
  size_t room = width;
  const auto is_near = [&](float distance) { return results.size() < room || distance < results.front().distance; };
  const auto meet = [&](Candidate candidate, bool is_twin) {
    if (!is_near(candidate.distance) && !is_twin) return;
    heap.push_back(candidate);
    std::push_heap(heap.begin(), heap.end(), farther);
    const VectorLabel label = store_.LabelOf(candidate.node);
    if (label == kNoVectorLabel || !options.filter->Matches(candidate.node, label)) return;
    if (is_twin && room < width * CandidatePool::kMostWidening) ++room;
    KeepNearest(&results, room, candidate);
  };
  heap.clear();
  context->visited.Begin(view.slots);
  const Candidate entry = Descend(view, 0, context);
  context->visited.Insert(entry.node);
  meet(entry, false);
  TwinCount twins;
  std::vector<uint32_t>& fresh = context->nodes;
  while (!heap.empty()) {
    const Candidate nearest = heap.front();
    if (results.size() == room && results.front().distance < nearest.distance) return true;
    if (context->visited.seen().size() > budget) return false;
    std::pop_heap(heap.begin(), heap.end(), farther);
    heap.pop_back();
    fresh.clear();
    const LinkTable::Link* list = ground_.Read(nearest.node);
    for (size_t i = 0; i < ground_.most(); ++i) {
      const uint32_t node = LinkTable::NodeOf(list[i].load(std::memory_order_acquire));
      if (node == LinkTable::kNone) break;
      if (node >= view.slots || !context->visited.Insert(node)) continue;
      for (size_t offset = 0; offset < code_bytes; offset += 64) PrefetchLine(view.coded->Code(node) + offset);
      fresh.push_back(node);
    }
    for (const uint32_t node : fresh) {
      const float distance = Codec::Distance(context->query, view.coded->Code(node));
      const bool is_twin = distance == nearest.distance && view.coded->AreTwins(node, nearest.node);
      if (!is_twin || twins.Takes(distance, width)) meet({distance, node}, is_twin);
    }
  }
  return true;
}

}  // namespace kvorum
