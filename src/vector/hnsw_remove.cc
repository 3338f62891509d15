// HnswIndex: how a vector leaves.
#include <algorithm>

#include "base/check.h"
#include "vector/hnsw_index.h"

namespace kvorum {
namespace {

// Links that a node which lost one may take instead.
constexpr size_t kReplacements = 2;

}  // namespace

void HnswIndex::Remove(VectorSlot slot) {
  CHECK(store_.LabelOf(slot) != kNoVectorLabel);
  const uint64_t entry = entry_.load(std::memory_order_relaxed);
  if (SlotOf(EntryLevel(entry) == 0, EntryNode(entry)) == slot) {
    entry_.store(OtherEntry(slot), std::memory_order_release);
  }
  std::vector<uint32_t> parts;  // of the tree, once it is gone: the one of each neighbour
  std::vector<uint32_t> targets;
  ground_.Targets(slot, &targets);
  for (const uint32_t target : targets) {
    if (!ground_.IsAnchored(slot, target)) continue;
    ground_.Anchor(slot, target, false);
    parts.push_back(target);
  }
  RemoveNode(true, slot);
  TieTree(parts);
  uint32_t record = *records_of_.As<uint32_t>(slot);
  std::vector<uint32_t> records;
  for (; record != LinkTable::kNone; record = Upper(record).below) records.push_back(record);
  for (const uint32_t gone : records) RemoveNode(false, gone);
  store_.Drop(slot);
  for (const uint32_t gone : records) dropped_records_.push_back({gone, store_.DroppedEpoch()});
}

bool HnswIndex::Compact(size_t moves, const std::function<void(VectorSlot from, VectorSlot to)>& moved) {
  auto top = static_cast<VectorSlot>(store_.slots());
  size_t done = 0;
  for (VectorSlot to; done < moves && store_.FindMove(&top, &to); ++done) {
    const VectorSlot from = top;
    store_.Move(from, to);
    ground_.Clear(to);
    ground_.Rename(from, to);
    const uint32_t first = *records_of_.As<uint32_t>(from);
    *records_of_.As<uint32_t>(to) = first;
    for (uint32_t r = first; r != LinkTable::kNone; r = Upper(r).below) {
      reinterpret_cast<UpperHeader*>(upper_.Header(r))->slot.store(to, std::memory_order_release);
    }
    *records_of_.As<uint32_t>(from) = LinkTable::kNone;
    if (entry_.load(std::memory_order_relaxed) == MakeEntry(0, from))
      entry_.store(MakeEntry(0, to), std::memory_order_release);
    store_.Drop(from);
    moved(from, to);
  }
  if (store_.Trim()) {
    ground_.Shrink(store_.slots());
    records_of_.Shrink(store_.slots());
  }
  return done == moves || store_.trims();
}

void HnswIndex::RemoveNode(bool ground, uint32_t node) {
  LinkTable& links = Links(ground);
  std::vector<uint32_t> sources, targets;
  links.Sources(node, &sources);
  links.Targets(node, &targets);
  links.Detach(node);
  for (const uint32_t source : sources) Offer(ground, source, targets);
}

void HnswIndex::Offer(bool ground, uint32_t node, std::span<const uint32_t> others) {
  LinkTable& links = Links(ground);
  SearchContext* context = context_.get();
  std::vector<Candidate>& candidates = context->results;
  candidates.clear();
  PrepareNode(ground, node, &context->query);
  for (const uint32_t other : others) {
    if (other != node && !links.Has(node, other)) {
      candidates.push_back({DistanceTo(ground, context->query, other), other});
    }
  }
  std::sort(candidates.begin(), candidates.end());
  std::vector<uint32_t>& present = context->nodes;
  links.Targets(node, &present);
  size_t taken = 0;
  for (const Candidate& candidate : candidates) {
    if (taken == kReplacements || present.size() == links.most()) break;
    PrepareNode(ground, candidate.node, &context->other);
    const bool blocked = std::any_of(present.begin(), present.end(), [&](uint32_t link) {
      return DistanceTo(ground, context->other, link) < candidate.distance;
    });
    if (blocked && present.size() >= settings().m / 2) continue;
    links.Add(node, candidate.node);
    present.push_back(candidate.node);
    ++taken;
  }
}

// Ties the parts of the tree together again as a path from one to the nearest other. Those with many anchors go to its ends, where they
// get one for the one they lost.
void HnswIndex::TieTree(std::span<const uint32_t> parts) {
  if (parts.size() < 2) return;
  std::vector<uint32_t> left(parts.begin(), parts.end());
  const auto fewer = [&](uint32_t a, uint32_t b) { return ground_.CountAnchors(a) < ground_.CountAnchors(b); };
  std::iter_swap(std::max_element(left.begin(), left.end(), fewer), left.end() - 1);
  VectorSlot end = left.back();
  left.pop_back();
  const uint32_t last = *std::max_element(left.begin(), left.end(), fewer);
  CodecQuery& query = context_->query;
  while (!left.empty()) {
    PrepareNode(true, end, &query);
    auto nearest = left.end();
    float least = 0;
    for (auto it = left.begin(); it != left.end(); ++it) {
      if (*it == last && left.size() > 1) continue;
      const float distance = DistanceTo(true, query, *it);
      if (nearest == left.end() || distance < least) {
        nearest = it;
        least = distance;
      }
    }
    const VectorSlot next = *nearest;
    left.erase(nearest);
    AddAnchor(FindRoom(end, ground_.most()), FindRoom(next, ground_.most()));
    end = next;
  }
}

uint64_t HnswIndex::OtherEntry(VectorSlot without) const {
  const size_t level = LevelOf(without);
  std::vector<uint32_t> targets;
  if (level == 0) {
    ground_.Targets(without, &targets);
  } else {
    upper_.Targets(RecordOf(without, level), &targets);
  }
  if (!targets.empty()) return MakeEntry(level, targets.front());
  // It was the only one up there.
  uint64_t best = MakeEntry(0, LinkTable::kNone);
  bool found = false;
  for (VectorSlot slot = 0; slot < store_.slots(); ++slot) {
    if (slot == without || store_.LabelOf(slot) == kNoVectorLabel) continue;
    const size_t other = LevelOf(slot);
    if (found && other <= EntryLevel(best)) continue;
    found = true;
    best = MakeEntry(other, other == 0 ? slot : RecordOf(slot, other));
  }
  return best;
}

}  // namespace kvorum
