#include "vector/hnsw_index.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace kvorum {

void SearchContextDeleter::operator()(SearchContext* context) const { delete context; }
SearchContextPtr MakeSearchContext() { return SearchContextPtr(new SearchContext); }

HnswIndex::HnswIndex(const VectorIndexSettings& settings)
    : store_(settings),
      ground_(2 * settings.m, 0, settings.huge_pages),
      upper_(settings.m, sizeof(UpperHeader), false),
      entry_(MakeEntry(0, LinkTable::kNone)),
      level_scale_(1 / std::log(static_cast<double>(settings.m))),
      random_(settings.seed),
      context_(MakeSearchContext()) {
  CHECK(settings.m >= 2 && settings.m <= 512 && settings.build_width >= 1);
}

HnswIndex::~HnswIndex() = default;

uint32_t HnswIndex::RecordOf(VectorSlot slot, size_t level) const {
  const size_t top = LevelOf(slot);
  if (level > top) return LinkTable::kNone;
  uint32_t record = *records_of_.As<uint32_t>(slot);
  for (size_t i = level; i < top; ++i) record = Upper(record).below;
  return record;
}

size_t HnswIndex::LevelOf(VectorSlot slot) const {
  size_t level = 0;
  for (uint32_t r = *records_of_.As<uint32_t>(slot); r != LinkTable::kNone; r = Upper(r).below) ++level;
  return level;
}

void HnswIndex::PrepareNode(bool ground, uint32_t node, CodecQuery* query) const {
  const VectorStore::Coded& coded = store_.coded();
  const VectorSlot slot = SlotOf(ground, node);
  coded.codec->PrepareStored(coded.Code(slot), coded.Refinement(slot), query);
}

void HnswIndex::Reserve(size_t vectors) {
  store_.Reserve(vectors);
  ground_.Grow(vectors);
  records_of_.Grow(vectors);
}

size_t HnswIndex::Bytes() const {
  return sizeof(*this) - sizeof(store_) + store_.Bytes() + ground_.Bytes() + upper_.Bytes() + records_of_.Bytes() +
         free_records_.capacity() * sizeof(uint32_t) + dropped_records_.size() * sizeof(DroppedRecord);
}

std::vector<std::vector<VectorMatch>> HnswIndex::Neighbours(VectorSlot slot) const {
  std::vector<std::vector<VectorMatch>> layers(LevelOf(slot) + 1);
  PrepareNode(true, slot, &context_->query);
  std::vector<uint32_t> targets;
  for (size_t level = 0; level < layers.size(); ++level) {
    const bool ground = level == 0;
    (ground ? ground_ : upper_).Targets(ground ? slot : RecordOf(slot, level), &targets);
    for (const uint32_t target : targets) {
      const VectorSlot neighbour = SlotOf(ground, target);
      layers[level].push_back({DistanceTo(ground, context_->query, target), neighbour, LabelOf(neighbour)});
    }
    std::sort(layers[level].begin(), layers[level].end(),
              [](const VectorMatch& a, const VectorMatch& b) { return a.distance < b.distance; });
  }
  return layers;
}

// Labels, degrees, levels, records and back links agree; the anchored links are a tree over all nodes; all are reached from the entry.
void HnswIndex::Validate() const {
  store_.Validate();
  const size_t bound = store_.slots();
  std::vector<std::vector<uint32_t>> one_way(bound);
  size_t anchors = 0, highest = 0, records = 0;
  std::vector<uint32_t> targets;
  for (VectorSlot slot = 0; slot < bound; ++slot) {
    if (LabelOf(slot) == kNoVectorLabel) continue;
    ground_.Targets(slot, &targets);
    CHECK(targets.size() <= 2 * settings().m);
    for (const uint32_t target : targets) {
      CHECK(target < bound && target != slot && LabelOf(target) != kNoVectorLabel);
      CHECK(std::count(targets.begin(), targets.end(), target) == 1);
      CHECK(!ground_.IsAnchored(slot, target) || ground_.IsAnchored(target, slot));
      anchors += ground_.IsAnchored(slot, target) ? 1 : 0;
      if (!ground_.Has(target, slot)) one_way[target].push_back(slot);
    }
    const size_t level = LevelOf(slot);
    highest = std::max(highest, level);
    records += level;
    for (size_t i = 1; i <= level; ++i) {
      const uint32_t record = RecordOf(slot, i);
      CHECK(Upper(record).slot == slot);
      upper_.Targets(record, &targets);
      CHECK(targets.size() <= settings().m);
      for (const uint32_t target : targets) {
        const VectorSlot neighbour = Upper(target).slot;
        CHECK(neighbour != slot && LabelOf(neighbour) != kNoVectorLabel && RecordOf(neighbour, i) == target);
      }
    }
  }
  CHECK(records + free_records_.size() + dropped_records_.size() == record_bound_.load());
  for (VectorSlot slot = 0; slot < bound; ++slot) {
    if (LabelOf(slot) == kNoVectorLabel) continue;
    std::vector<uint32_t> recorded(ground_.OneWay(slot).begin(), ground_.OneWay(slot).end());
    std::sort(recorded.begin(), recorded.end());
    CHECK(recorded == one_way[slot]);
  }
  const uint64_t entry = entry_.load();
  if (size() == 0) {
    CHECK(EntryNode(entry) == LinkTable::kNone);
    return;
  }
  CHECK(EntryLevel(entry) == highest);
  CHECK(anchors == 2 * (size() - 1));
  CHECK(CountReached(SlotOf(highest == 0, EntryNode(entry))) == size());
}

// By anchored links alone; there being one less than nodes, they are a tree.
size_t HnswIndex::CountReached(VectorSlot from) const {
  std::vector<VectorSlot> queue = {from};
  std::vector<bool> seen(store_.slots());
  seen[from] = true;
  for (size_t i = 0; i < queue.size(); ++i) {
    const LinkTable::Link* list = ground_.Read(queue[i]);
    for (size_t j = 0; j < ground_.most(); ++j) {
      const uint32_t link = list[j].load(std::memory_order_relaxed);
      const VectorSlot next = LinkTable::NodeOf(link);
      if (next == LinkTable::kNone) break;
      if ((link & LinkTable::kAnchor) == 0 || seen[next]) continue;
      seen[next] = true;
      queue.push_back(next);
      ground_.Prefetch(next);
    }
  }
  return queue.size();
}

}  // namespace kvorum
