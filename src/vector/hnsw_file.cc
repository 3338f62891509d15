#include "vector/hnsw_file.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"

namespace kvorum {
namespace {

constexpr std::string_view kMagic = "KVHN";
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 4 + 4 + 4 + 4 + 4 + 4 + 8 + 8 + 8 + 8 + 4;
constexpr size_t kMaxFileLevel = 31;

template <typename T>
void Append(std::string* to, T value) {
  to->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <typename T>
bool Take(std::string_view* from, T* value) {
  if (from->size() < sizeof(T)) return false;
  std::memcpy(value, from->data(), sizeof(T));
  from->remove_prefix(sizeof(T));
  return true;
}

}  // namespace

void HnswSaver::Header(std::string* piece) const {
  const VectorIndexSettings& settings = index_.settings();
  const uint64_t entry = index_.entry_.load(std::memory_order_relaxed);
  piece->append(kMagic);
  Append(piece, kVersion);
  Append(piece, static_cast<uint32_t>(settings.codec.dimensions));
  Append(piece, static_cast<uint8_t>(settings.codec.metric));
  Append(piece, static_cast<uint8_t>(settings.codec.form));
  Append(piece, static_cast<uint8_t>(settings.codec.refine_bits));
  Append(piece, static_cast<uint8_t>(index_.store_.trained() ? 1 : 0));
  Append(piece, static_cast<uint32_t>(settings.m));
  Append(piece, static_cast<uint32_t>(settings.build_width));
  Append(piece, static_cast<uint64_t>(settings.train_after));
  Append(piece, settings.seed);
  Append(piece, static_cast<uint64_t>(index_.store_.slots()));
  Append(piece, static_cast<uint64_t>(index_.size()));
  const uint32_t node = HnswIndex::EntryNode(entry);
  Append(piece, node == LinkTable::kNone ? node : index_.SlotOf(HnswIndex::EntryLevel(entry) == 0, node));
  piece->append(index_.store_.coded().codec->Save());
}

void HnswSaver::Slot(VectorSlot slot, std::string* piece) const {
  const VectorLabel label = index_.LabelOf(slot);
  Append(piece, label);
  if (label == kNoVectorLabel) return;
  const VectorStore::Coded& coded = index_.store_.coded();
  const size_t level = index_.LevelOf(slot);
  Append(piece, static_cast<uint8_t>(level));
  piece->append(reinterpret_cast<const char*>(coded.Code(slot)), coded.codec->code_bytes());
  if (coded.codec->refine_bytes() > 0) {
    piece->append(reinterpret_cast<const char*>(coded.Refinement(slot)), coded.codec->refine_bytes());
  }
  for (size_t i = 0; i <= level; ++i) {
    const LinkTable& table = i == 0 ? index_.ground_ : index_.upper_;
    const uint32_t node = i == 0 ? slot : index_.RecordOf(slot, i);
    const LinkTable::Link* links = table.Read(node);
    const size_t count = table.Count(node);
    Append(piece, static_cast<uint16_t>(count));
    for (size_t j = 0; j < count; ++j) {
      const uint32_t link = links[j].load(std::memory_order_relaxed);
      Append(piece, i == 0 ? link : index_.SlotOf(false, LinkTable::NodeOf(link)));
    }
  }
}

bool HnswSaver::Next(std::string* piece) {
  const size_t slots = index_.store_.slots();
  if (begun_ && next_ == slots) return false;
  piece->clear();
  if (!begun_) {
    begun_ = true;
    Header(piece);
    return true;
  }
  Append(piece, static_cast<uint32_t>(next_));
  Append(piece, uint32_t{0});  // filled in below
  const size_t first = next_;
  while (next_ < slots && piece->size() < kPieceBytes) Slot(static_cast<VectorSlot>(next_++), piece);
  PutU32(piece->data() + 4, static_cast<uint32_t>(next_ - first));
  return true;
}

bool HnswLoader::Fail(const char* error) {
  if (error_ == nullptr) error_ = error;
  return false;
}

bool HnswLoader::Take(std::string_view piece) {
  if (error_ != nullptr) return false;
  if (index_ == nullptr) return TakeHeader(piece);
  uint32_t first, count;
  if (!kvorum::Take(&piece, &first) || !kvorum::Take(&piece, &count))
    return Fail("a piece of a vector index is too short");
  if (first != index_->store_.slots() || count > slots_ - first)
    return Fail("a piece of a vector index is out of order");
  for (uint32_t i = 0; i < count; ++i) {
    if (!TakeSlot(&piece, first + i)) return Fail("a vector of a vector index is damaged");
  }
  return piece.empty() || Fail("a piece of a vector index is too long");
}

bool HnswLoader::TakeHeader(std::string_view piece) {
  if (piece.size() < kHeaderBytes || !piece.starts_with(kMagic)) return Fail("this is no vector index");
  piece.remove_prefix(kMagic.size());
  uint32_t version, dimensions, m, build_width;
  uint8_t metric, form, refine_bits, trained;
  uint64_t train_after;
  VectorIndexSettings settings;
  kvorum::Take(&piece, &version);
  if (version != kVersion) return Fail("a vector index is of a later version");
  kvorum::Take(&piece, &dimensions);
  kvorum::Take(&piece, &metric);
  kvorum::Take(&piece, &form);
  kvorum::Take(&piece, &refine_bits);
  kvorum::Take(&piece, &trained);
  kvorum::Take(&piece, &m);
  kvorum::Take(&piece, &build_width);
  kvorum::Take(&piece, &train_after);
  kvorum::Take(&piece, &settings.seed);
  kvorum::Take(&piece, &slots_);
  kvorum::Take(&piece, &vectors_);
  kvorum::Take(&piece, &entry_);
  settings.codec = {dimensions, static_cast<VectorMetric>(metric), static_cast<VectorForm>(form), refine_bits};
  settings.m = m;
  settings.build_width = build_width;
  settings.train_after = train_after;
  settings.huge_pages = huge_pages_;
  const bool sound = IsValid(settings.codec) && m >= 2 && m <= 512 && build_width >= 1 && build_width <= (1 << 20) &&
                     slots_ < kNoVectorSlot && vectors_ <= slots_ && trained <= 1;
  if (!sound) return Fail("a vector index's settings are damaged");
  index_ = std::make_unique<HnswIndex>(settings);
  return index_->store_.Restore(trained != 0, piece) || Fail("a vector index's codec is damaged");
}

bool HnswLoader::TakeSlot(std::string_view* from, VectorSlot slot) {
  HnswIndex& index = *index_;
  VectorLabel label;
  uint8_t level;
  if (!kvorum::Take(from, &label)) return false;
  const Codec& codec = *index.store_.coded().codec;
  const size_t bytes = codec.code_bytes() + codec.refine_bytes();
  const uint8_t* code = nullptr;
  if (label != kNoVectorLabel) {
    if (!kvorum::Take(from, &level) || level > kMaxFileLevel || from->size() < bytes) return false;
    code = reinterpret_cast<const uint8_t*>(from->data());
    from->remove_prefix(bytes);
  }
  if (!index.store_.RestoreSlot(label, code)) return false;
  index.ground_.Grow(slot + 1);
  index.ground_.Clear(slot);
  index.records_of_.Grow(slot + 1);
  uint32_t top = LinkTable::kNone;
  if (label != kNoVectorLabel) {
    for (size_t i = 0; i < level; ++i) top = index.NewRecord(slot, top);
  }
  *index.records_of_.As<uint32_t>(slot) = top;
  if (label == kNoVectorLabel) return true;
  for (size_t i = 0; i <= level; ++i) {
    if (!TakeLinks(from, slot, i)) return false;
  }
  return true;
}

// As they come; what they lead to is looked at when all have come.
bool HnswLoader::TakeLinks(std::string_view* from, VectorSlot slot, size_t level) {
  LinkTable& table = level == 0 ? index_->ground_ : index_->upper_;
  uint16_t count;
  if (!kvorum::Take(from, &count) || count > table.most() || from->size() < count * sizeof(uint32_t)) return false;
  table.Restore(level == 0 ? slot : index_->RecordOf(slot, level), from->data(), count);
  from->remove_prefix(count * sizeof(uint32_t));
  return true;
}

// The links of one node, which by now are of nodes: to others, each once; what is one way is noted.
bool HnswLoader::CheckLinks(bool ground, uint32_t node) {
  LinkTable& table = index_->Links(ground);
  const LinkTable::Link* links = table.Read(node);
  for (size_t i = 0; i < table.most(); ++i) {
    const uint32_t link = links[i].load(std::memory_order_relaxed);
    const uint32_t target = LinkTable::NodeOf(link);
    if (target == LinkTable::kNone) break;
    if (target == node) return false;
    for (size_t j = 0; j < i; ++j) {
      if (LinkTable::NodeOf(links[j].load(std::memory_order_relaxed)) == target) return false;
    }
    const bool anchored = (link & LinkTable::kAnchor) != 0;
    if (anchored && (!ground || !table.IsAnchored(target, node))) return false;
    if (!anchored && !table.Has(target, node)) table.RestoreOneWay(target, node);
  }
  return true;
}

bool HnswLoader::CheckGround() {
  HnswIndex& index = *index_;
  const auto live = [&](uint32_t slot) { return slot < slots_ && index.LabelOf(slot) != kNoVectorLabel; };
  size_t anchors = 0;
  for (VectorSlot slot = 0; slot < slots_; ++slot) {
    if (!live(slot)) continue;
    const LinkTable::Link* links = index.ground_.Read(slot);
    for (size_t i = 0; i < index.ground_.most(); ++i) {
      const uint32_t target = LinkTable::NodeOf(links[i].load(std::memory_order_relaxed));
      if (target == LinkTable::kNone) break;
      if (!live(target)) return false;
    }
    anchors += index.ground_.CountAnchors(slot);
  }
  for (VectorSlot slot = 0; slot < slots_; ++slot) {
    // The lists that the next one's links lead to are all over memory.
    if (slot + 1 < slots_) {
      const LinkTable::Link* links = index.ground_.Read(slot + 1);
      for (size_t i = 0; i < index.ground_.most(); ++i) {
        const uint32_t target = LinkTable::NodeOf(links[i].load(std::memory_order_relaxed));
        if (target == LinkTable::kNone) break;
        index.ground_.Prefetch(target);
      }
    }
    if (live(slot) && !CheckLinks(true, slot)) return false;
  }
  if (vectors_ == 0) return entry_ == LinkTable::kNone;
  return live(entry_) && anchors == 2 * (vectors_ - 1) && index.CountReached(entry_) == vectors_;
}

bool HnswLoader::CheckUpper() {
  HnswIndex& index = *index_;
  size_t highest = 0;
  std::vector<uint32_t> records;
  for (VectorSlot slot = 0; slot < slots_; ++slot) {
    const size_t level = index.LevelOf(slot);
    highest = std::max(highest, level);
    for (size_t i = 1; i <= level; ++i) {
      const uint32_t record = index.RecordOf(slot, i);
      records.push_back(record);
      // The links are still slots: here they become records, of those that are up here too.
      if (!index.upper_.Translate(record, [&](uint32_t target) {
            return target < slots_ && index.LabelOf(target) != kNoVectorLabel ? index.RecordOf(target, i)
                                                                              : LinkTable::kNone;
          })) {
        return false;
      }
    }
  }
  for (const uint32_t record : records) {
    if (!CheckLinks(false, record)) return false;
  }
  if (vectors_ == 0) return true;
  if (index.LevelOf(entry_) != highest) return false;
  const uint32_t node = highest == 0 ? entry_ : index.RecordOf(entry_, highest);
  index.entry_.store(HnswIndex::MakeEntry(highest, node), std::memory_order_release);
  return true;
}

std::unique_ptr<HnswIndex> HnswLoader::Finish() {
  if (error_ != nullptr) return nullptr;
  if (index_ == nullptr || index_->store_.slots() != slots_) {
    (void)Fail("a vector index ends too early");
  } else if (index_->size() != vectors_ || !CheckGround() || !CheckUpper()) {
    (void)Fail("a vector index's graph is damaged");
  }
  if (error_ != nullptr) return nullptr;
  return std::move(index_);
}

}  // namespace kvorum
