// HnswIndex: how a vector gets its place.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "vector/hnsw_index.h"
#include "vector/hnsw_view.h"

namespace kvorum {
namespace {

// So many anchored links a node takes of those that come later. Few, as they cannot be pruned, and a node that many come near to would
// have no others left.
constexpr size_t kMaxAnchors = 3;
// So many links a node takes to its twins (vector/search_context.h) beside anchored ones. All of them are as near as can be, and lead nowhere.
constexpr size_t kMaxTwins = 2;
// Among so many of them one with room is looked for; then the nearest other node does.
constexpr size_t kMostTwinsForRoom = 256;

}  // namespace

size_t HnswIndex::DrawLevel(uint64_t random) const {
  const double fraction = static_cast<double>(random >> 11) * 0x1.0p-53;
  return std::min(kMaxLevel, static_cast<size_t>(-std::log1p(-fraction) * level_scale_));
}

void HnswIndex::Choose(const VectorStore::Coded& coded, bool ground, const uint8_t* code,
                       std::span<const Candidate> from, size_t most, std::span<const uint32_t> pinned,
                       SearchContext* context, std::vector<uint32_t>* chosen) const {
  chosen->clear();
  std::vector<uint32_t>& directions = context->directions;
  directions.clear();
  CHECK(pinned.size() <= most);
  size_t room = most - pinned.size();
  auto is_pinned = [&](uint32_t node) { return std::find(pinned.begin(), pinned.end(), node) != pinned.end(); };
  auto has_code = [&](uint32_t node) {
    return std::memcmp(coded.Code(SlotOf(ground, node)), code, coded.codec->code_bytes()) == 0;
  };
  // Of the twins the last, which came latest or were found last: these have the most room for links back.
  size_t twins = 0;
  for (size_t i = 0; i < from.size() && from[i].distance == from[0].distance; ++i) {
    twins += has_code(from[i].node) && !is_pinned(from[i].node) ? 1 : 0;
  }
  for (const Candidate& candidate : from) {
    const VectorSlot slot = SlotOf(ground, candidate.node);
    const bool is_twin = has_code(candidate.node);
    if (!is_pinned(candidate.node)) {
      if (room == 0 || (is_twin && twins-- > kMaxTwins)) continue;
      coded.codec->PrepareStored(coded.Code(slot), coded.Refinement(slot), &context->other);
      const bool blocked = !is_twin && std::any_of(directions.begin(), directions.end(), [&](uint32_t node) {
        return Codec::Distance(context->other, coded.Code(SlotOf(ground, node))) < candidate.distance;
      });
      if (blocked) continue;
      --room;
    }
    chosen->push_back(candidate.node);
    if (!is_twin) directions.push_back(candidate.node);
  }
}

void HnswIndex::Prepare(const float* vector, uint64_t random, SearchContext* context, PreparedVector* prepared) const {
  const ReaderEpochs::Guard guard(store_.epochs(), context->hint);
  prepared->commits = commits_.load(std::memory_order_acquire);
  const View view = Enter();
  VectorStore::Encode(*view.coded, vector, prepared);
  prepared->random = random;
  prepared->layers.clear();
  if (view.empty()) return;
  view.coded->codec->Prepare(vector, &context->query);
  size_t level = std::min(DrawLevel(random), EntryLevel(view.entry));
  prepared->layers.resize(level + 1);
  Candidate nearest = Descend(view, level, context);
  const size_t wanted = prepared->build_width == 0 ? settings().build_width : prepared->build_width;
  const size_t width = std::clamp<size_t>(wanted, 1, view.slots);
  for (;; --level) {
    const bool ground = level == 0;
    Walk(view, ground, width, nearest, context);
    std::vector<Candidate>& candidates = context->results;
    candidates.clear();
    for (size_t i = 0; i < context->pool.size(); ++i) candidates.push_back(context->pool[i]);
    Choose(*view.coded, ground, prepared->code.data(), candidates, settings().m, {}, context, &context->chosen);
    for (const uint32_t node : context->chosen) {
      const VectorSlot slot = SlotOf(ground, node);
      const VectorLabel label = store_.LabelOf(slot);
      if (label != kNoVectorLabel) prepared->layers[level].push_back({slot, label});
    }
    if (ground) break;
    nearest = candidates.front();
    const UpperHeader& upper = Upper(nearest.node);
    nearest.node = level == 1 ? upper.slot.load(std::memory_order_acquire) : upper.below;
  }
}

VectorSlot HnswIndex::Add(const float* vector, VectorLabel label) {
  PreparedVector prepared;
  Prepare(vector, random_.Next(), context_.get(), &prepared);
  return Commit(prepared, label);
}

uint32_t HnswIndex::NewRecord(VectorSlot slot, uint32_t below) {
  while (!dropped_records_.empty() && store_.Passed(dropped_records_.front().epoch)) {
    free_records_.push_back(dropped_records_.front().record);
    dropped_records_.pop_front();
  }
  uint32_t record;
  if (!free_records_.empty()) {
    record = free_records_.back();
    free_records_.pop_back();
  } else {
    record = static_cast<uint32_t>(record_bound_.load(std::memory_order_relaxed));
    upper_.Grow(record + 1);
    record_bound_.store(record + 1, std::memory_order_release);
  }
  upper_.Clear(record);
  auto* header = reinterpret_cast<UpperHeader*>(upper_.Header(record));
  header->slot.store(slot, std::memory_order_relaxed);
  header->below = below;
  return record;
}

VectorSlot HnswIndex::Commit(const PreparedVector& prepared, VectorLabel label) {
  const size_t level = DrawLevel(prepared.random);
  const bool first = size() == 0;
  const VectorSlot slot = store_.Put(prepared);
  ground_.Grow(slot + 1);
  ground_.Clear(slot);
  records_of_.Grow(slot + 1);
  uint32_t top = LinkTable::kNone;
  for (size_t i = 0; i < level; ++i) top = NewRecord(slot, top);
  *records_of_.As<uint32_t>(slot) = top;
  std::vector<std::vector<uint32_t>> neighbours;
  if (!first) neighbours = CurrentNeighbours(prepared, slot, level);
  store_.Publish(slot, label);
  if (!first) Connect(neighbours, slot, level);
  Remember(slot);
  if (first || level > top_layer()) entry_.store(MakeEntry(level, level == 0 ? slot : top), std::memory_order_release);
  store_.TrainIfDue();
  return slot;
}

std::vector<uint32_t> HnswIndex::Remaining(const PreparedVector& prepared, size_t level, VectorSlot slot) const {
  std::vector<uint32_t> nodes;
  if (level >= prepared.layers.size()) return nodes;
  for (const PreparedVector::Neighbour& neighbour : prepared.layers[level]) {
    // Its slot may be ours by now.
    if (neighbour.slot == slot || store_.LabelIfKept(neighbour.slot) != neighbour.label) continue;
    const uint32_t node = level == 0 ? neighbour.slot : RecordOf(neighbour.slot, level);
    // A vector may come again under its label: elsewhere, but as good a node as any.
    if (node != LinkTable::kNone) nodes.push_back(node);
  }
  return nodes;
}

std::vector<std::vector<uint32_t>> HnswIndex::CurrentNeighbours(const PreparedVector& prepared, VectorSlot slot,
                                                                size_t level) {
  const uint64_t missed = commits_.load(std::memory_order_relaxed) - prepared.commits;
  std::vector<std::vector<uint32_t>> neighbours(level + 1);
  for (size_t i = 0; i <= level; ++i) {
    neighbours[i] = Remaining(prepared, i, slot);
    if (missed > 0 && missed <= kMostMissed) TakeInMissed(prepared.vector.data(), missed, slot, i, &neighbours[i]);
  }
  if (missed <= kMostMissed && !neighbours[0].empty()) return neighbours;
  PreparedVector again;
  again.build_width = prepared.build_width;
  Prepare(prepared.vector.data(), prepared.random, context_.get(), &again);
  for (size_t i = 0; i <= level; ++i) neighbours[i] = Remaining(again, i, slot);
  CHECK(!neighbours[0].empty());
  return neighbours;
}

void HnswIndex::TakeInMissed(const float* vector, uint64_t missed, VectorSlot slot, size_t level,
                             std::vector<uint32_t>* nodes) {
  const bool ground = level == 0;
  const size_t before = nodes->size();
  const uint64_t commits = commits_.load(std::memory_order_relaxed);
  for (uint64_t i = commits - missed; i < commits; ++i) {
    const VectorSlot other = recent_[i % kMostMissed];
    if (other == slot || store_.LabelIfKept(other) == kNoVectorLabel) continue;
    const uint32_t node = ground ? other : RecordOf(other, level);
    if (node != LinkTable::kNone) nodes->push_back(node);
  }
  if (nodes->size() == before) return;
  // A slot that was emptied and filled again is there more than once.
  std::sort(nodes->begin(), nodes->end());
  nodes->erase(std::unique(nodes->begin(), nodes->end()), nodes->end());
  SearchContext* context = context_.get();
  store_.coded().codec->Prepare(vector, &context->query);
  std::vector<Candidate>& candidates = context->results;
  candidates.clear();
  for (const uint32_t node : *nodes) candidates.push_back({DistanceTo(ground, context->query, node), node});
  // As many as a search while building would look at.
  const size_t most = std::min(candidates.size(), settings().build_width);
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<ptrdiff_t>(most), candidates.end());
  candidates.resize(most);
  Choose(store_.coded(), ground, store_.coded().Code(slot), candidates, settings().m, {}, context, nodes);
}

void HnswIndex::Remember(VectorSlot slot) {
  const uint64_t commits = commits_.load(std::memory_order_relaxed);
  if (recent_.size() < kMostMissed) recent_.resize(std::min<size_t>(kMostMissed, commits % kMostMissed + 1), slot);
  recent_[commits % kMostMissed] = slot;
  commits_.store(commits + 1, std::memory_order_release);
}

void HnswIndex::Connect(const std::vector<std::vector<uint32_t>>& layers, VectorSlot slot, size_t level) {
  // All of its own links first: whoever finds it can go on from there.
  std::vector<uint32_t> neighbours = layers[0];
  const VectorSlot anchor = FindAnchor(neighbours, slot);
  if (std::find(neighbours.begin(), neighbours.end(), anchor) == neighbours.end()) neighbours.back() = anchor;
  for (const uint32_t neighbour : neighbours) ground_.Add(slot, neighbour);
  for (size_t i = 1; i <= level; ++i) {
    const uint32_t record = RecordOf(slot, i);
    for (const uint32_t neighbour : layers[i]) upper_.Add(record, neighbour);
  }
  for (const uint32_t neighbour : neighbours) LinkBack(true, neighbour, slot, neighbour == anchor);
  ground_.Anchor(slot, anchor, true);
  for (size_t i = 1; i <= level; ++i) {
    const uint32_t record = RecordOf(slot, i);
    for (const uint32_t neighbour : layers[i]) LinkBack(false, neighbour, record, false);
  }
}

// The first neighbour with room; but twins keep together, so that a walk among them finds all.
VectorSlot HnswIndex::FindAnchor(const std::vector<uint32_t>& neighbours, VectorSlot slot) const {
  const auto is_twin = [&](VectorSlot other) { return store_.coded().AreTwins(slot, other); };
  const bool has_twin = is_twin(neighbours[0]);
  for (const uint32_t neighbour : neighbours) {
    if (has_twin && !is_twin(neighbour)) break;
    if (ground_.CountAnchors(neighbour) < kMaxAnchors) return neighbour;
  }
  if (has_twin) {
    size_t looked_at = 0;
    const VectorSlot among_twins = FindRoom(neighbours[0], kMaxAnchors, [&](VectorSlot other) {
      return ++looked_at <= kMostTwinsForRoom && is_twin(other);
    });
    if (among_twins != LinkTable::kNone) return among_twins;
  }
  return FindRoom(neighbours[0], kMaxAnchors);
}

void HnswIndex::LinkBack(bool ground, uint32_t node, uint32_t to, bool pinned) {
  LinkTable& links = Links(ground);
  if (links.Has(node, to)) return;
  if (links.Count(node) < links.most()) {
    links.Add(node, to);
    return;
  }
  SearchContext* context = context_.get();
  std::vector<uint32_t>& targets = context->nodes;
  links.Targets(node, &targets);
  std::vector<uint32_t> stay;
  for (const uint32_t target : targets) {
    if (ground && links.IsAnchored(node, target)) stay.push_back(target);
  }
  if (pinned) stay.push_back(to);
  targets.push_back(to);
  PrepareNode(ground, node, &context->query);
  std::vector<Candidate>& candidates = context->results;
  candidates.clear();
  for (const uint32_t target : targets) candidates.push_back({DistanceTo(ground, context->query, target), target});
  std::sort(candidates.begin(), candidates.end());
  Choose(store_.coded(), ground, store_.coded().Code(SlotOf(ground, node)), candidates, links.most(), stay, context,
         &context->chosen);
  links.Replace(node, context->chosen);
}

template <typename Among>
VectorSlot HnswIndex::FindRoom(VectorSlot slot, size_t most, Among among) const {
  // A tree has leaves, so this ends well if all are taken; seldom are there more than a few steps.
  std::vector<VectorSlot> queue = {slot};
  context_->visited.Begin(store_.slots());
  context_->visited.Insert(slot);
  for (size_t i = 0; i < queue.size(); ++i) {
    if (ground_.CountAnchors(queue[i]) < most) return queue[i];
    const LinkTable::Link* list = ground_.Read(queue[i]);
    for (size_t j = 0; j < ground_.most(); ++j) {
      const uint32_t link = list[j].load(std::memory_order_relaxed);
      const VectorSlot next = LinkTable::NodeOf(link);
      if (next == LinkTable::kNone) break;
      if ((link & LinkTable::kAnchor) != 0 && among(next) && context_->visited.Insert(next)) queue.push_back(next);
    }
  }
  return LinkTable::kNone;
}

VectorSlot HnswIndex::FindRoom(VectorSlot slot, size_t most) const {
  const VectorSlot found = FindRoom(slot, most, [](VectorSlot) { return true; });
  CHECK(found != LinkTable::kNone);
  return found;
}

void HnswIndex::AddAnchor(VectorSlot a, VectorSlot b) {
  LinkBack(true, a, b, true);
  LinkBack(true, b, a, true);
  ground_.Anchor(a, b, true);
}

}  // namespace kvorum
