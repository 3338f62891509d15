#include "search/field_vectors.h"

#include <algorithm>
#include <deque>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "base/fixed_hash.h"
#include "base/random.h"
#include "search/adoptable.h"
#include "search/vector_bytes.h"
#include "text/id_table.h"
#include "vector/flat_index.h"
#include "vector/hnsw_index.h"

namespace kvorum {
namespace {

constexpr VectorSlot kPendingSlot = kNoVectorSlot;
constexpr uint64_t kGraphSeed = 1;
// A search by radius asks for so many first, and for so many times as many when that was not all.
constexpr size_t kFirstWithin = 128;
constexpr size_t kMoreWithin = 8;
// So many more than asked for are looked for where some of those found may not count.
constexpr size_t kMostSpare = 10000;
// Rounding must not lose who is just within; what is measured again after is held against the radius itself.
constexpr double kRadiusSlack = 1.01;

VectorForm FormOf(const VectorOptions& options) {
  using Element = VectorOptions::Element;
  const bool is_flat = options.algorithm == VectorOptions::Algorithm::kFlat;
  const bool is_cosine = options.metric == VectorOptions::Metric::kCosine;
  if (options.element == Element::kInt8) return VectorForm::kInt8;
  if (!is_flat) return VectorForm::kQ8;
  if (is_cosine) return VectorForm::kF32;
  if (options.element == Element::kFloat16 || options.element == Element::kUint8) return VectorForm::kF16;
  if (options.element == Element::kBFloat16) return VectorForm::kBf16;
  return VectorForm::kF32;
}

std::unique_ptr<VectorIndex> MakeIndex(const VectorOptions& options) {
  VectorIndexSettings settings;
  settings.codec.dimensions = options.dimensions;
  settings.codec.metric = static_cast<VectorMetric>(options.metric);
  settings.codec.form = FormOf(options);
  settings.m = std::max<size_t>(options.m, 2);
  settings.build_width = options.build_width;
  settings.seed = kGraphSeed;
  if (options.algorithm == VectorOptions::Algorithm::kFlat) return std::make_unique<FlatIndex>(settings);
  return std::make_unique<HnswIndex>(settings);
}

VectorLabel LabelOf(std::string_view bytes) {
  const uint64_t hash = FixedHash(bytes);
  return hash == kNoVectorLabel ? 0 : hash;
}

bool IsSame(const VectorIndexSettings& a, const VectorIndexSettings& b) {
  return a.codec.dimensions == b.codec.dimensions && a.codec.metric == b.codec.metric && a.codec.form == b.codec.form &&
         a.codec.refine_bits == b.codec.refine_bits && a.m == b.m && a.build_width == b.build_width;
}

// A vector that is in no graph yet.
struct PendingVector {
  DocId id;
  VectorLabel label;
  uint64_t random;
  std::vector<float> vector;
  bool is_gone = false;  // the owner's thread
};
using PendingPtr = std::shared_ptr<PendingVector>;

class SlotFilter final : public VectorFilter {
 public:
  explicit SlotFilter(size_t slots) : bits_(slots / 64 + 1) {}
  void Add(VectorSlot slot) {
    slots_.push_back(slot);
    // There may be more by now than there were.
    if (bits_.size() <= slot / 64) bits_.resize(slot / 64 + 1 + bits_.size() / 16);
    bits_[slot / 64] |= uint64_t{1} << (slot % 64);
  }
  bool Matches(VectorSlot slot, VectorLabel) const override {
    return slot / 64 < bits_.size() && (bits_[slot / 64] >> (slot % 64) & 1) != 0;
  }
  const std::vector<VectorSlot>* Slots() const override { return &slots_; }

 private:
  std::vector<VectorSlot> slots_;
  std::vector<uint64_t> bits_;
};

}  // namespace

// What the field, the jobs and the queries share. The owner's thread, but for `index`.
struct FieldVectorsCore {
  std::unique_ptr<VectorIndex> index;
  Random random{kGraphSeed};
  std::vector<DocId> documents;                       // by slot; kNoDoc: none
  IdTable<VectorSlot> places;                         // of each document's first vector
  std::unordered_multimap<DocId, VectorSlot> others;  // and of its others
  std::unordered_multimap<DocId, PendingPtr> pending;
  DocId last_id = 0;
  uint64_t changes = 0;
  size_t queries = 0;  // under way
  bool is_frozen = false;
  bool is_gone = false;
  // While frozen, and after that until GoOn: vectors that nobody has prepared, or in vain, and slots that are nobody's any more.
  std::deque<PendingPtr> held_insertions;
  std::unordered_set<VectorSlot> held_removals;
  size_t resumed = 0;  // insertions that were held, and are with the workers
  Adoptable adoptable;
  size_t adoption_end = 0;  // of the slots before, what was not taken has gone
  uint64_t generation = 0;  // of documents' numbers

  void Commit(const PendingPtr& vector, const PreparedVector& prepared);
  void Remove(VectorSlot slot);
  void Forget(const PendingPtr& vector);
  void SetDocument(VectorSlot slot, DocId id) {
    if (documents.size() <= slot) documents.resize(slot + 1 + slot / 16, kNoDoc);
    documents[slot] = id;
  }
  void SetPlace(DocId id, VectorSlot slot);
  std::unique_ptr<SlotFilter> TakenSlots() const;
  bool IsHeldRemoval(VectorSlot slot) const { return held_removals.contains(slot); }
  size_t held() const { return held_insertions.size() + held_removals.size(); }
  // No document has it, nor had.
  bool IsWaiting(VectorSlot slot) const {
    return (slot >= documents.size() || documents[slot] == kNoDoc) && !IsHeldRemoval(slot);
  }
  void ListAdoptable();
  // The labels of a document's vectors, in order.
  std::vector<VectorLabel> LabelsOf(DocId id) const;
};

void FieldVectorsCore::SetPlace(DocId id, VectorSlot slot) {
  VectorSlot* place = places.Find(id);
  if (place == nullptr) {
    places.Put(id, slot);
  } else if (*place == kPendingSlot && slot != kPendingSlot) {
    *place = slot;
  } else if (slot != kPendingSlot) {
    others.emplace(id, slot);
  }
}

void FieldVectorsCore::Forget(const PendingPtr& vector) {
  const auto [begin, end] = pending.equal_range(vector->id);
  const auto found = std::find_if(begin, end, [&](const auto& each) { return each.second == vector; });
  if (found != end) pending.erase(found);
}

void FieldVectorsCore::Commit(const PendingPtr& vector, const PreparedVector& prepared) {
  if (vector->is_gone || is_gone) return;
  if (is_frozen) {
    // What was prepared would soon not know most of what came after it.
    held_insertions.push_back(vector);
    return;
  }
  const VectorSlot slot = index->Commit(prepared, vector->label);
  ++changes;
  SetDocument(slot, vector->id);
  SetPlace(vector->id, slot);
  Forget(vector);
}

void FieldVectorsCore::Remove(VectorSlot slot) {
  documents[slot] = kNoDoc;
  if (is_frozen) {
    held_removals.insert(slot);
    return;
  }
  index->Remove(slot);
  ++changes;
}

std::unique_ptr<SlotFilter> FieldVectorsCore::TakenSlots() const {
  auto taken = std::make_unique<SlotFilter>(documents.size());
  for (VectorSlot slot = 0; slot < documents.size(); ++slot) {
    if (documents[slot] != kNoDoc) taken->Add(slot);
  }
  return taken;
}

void FieldVectorsCore::ListAdoptable() {
  adoption_end = 0;
  adoptable.List(*index, [this](VectorSlot slot) { return IsWaiting(slot); });
}

std::vector<VectorLabel> FieldVectorsCore::LabelsOf(DocId id) const {
  std::vector<VectorLabel> labels;
  const VectorSlot* place = places.Find(id);
  if (place == nullptr) return labels;
  if (*place != kPendingSlot) labels.push_back(index->LabelOf(*place));
  const auto [begin, end] = others.equal_range(id);
  for (auto at = begin; at != end; ++at) labels.push_back(index->LabelOf(at->second));
  const auto [first, last] = pending.equal_range(id);
  for (auto at = first; at != last; ++at) labels.push_back(at->second->label);
  std::sort(labels.begin(), labels.end());
  return labels;
}

namespace {

class InsertionJob final : public VectorJob {
 public:
  InsertionJob(std::shared_ptr<FieldVectorsCore> core, PendingPtr vector, bool was_held)
      : core_(std::move(core)), vector_(std::move(vector)), was_held_(was_held) {}
  void Run(SearchContext* context) override {
    core_->index->Prepare(vector_->vector.data(), vector_->random, context, &prepared_);
  }
  void Finish() override {
    if (was_held_) --core_->resumed;
    core_->Commit(vector_, prepared_);
  }

 private:
  std::shared_ptr<FieldVectorsCore> core_;
  PendingPtr vector_;
  const bool was_held_;
  PreparedVector prepared_;
};

void Insert(VectorWork* work, const std::shared_ptr<FieldVectorsCore>& core, PendingPtr vector, bool was_held) {
  if (was_held) ++core->resumed;
  auto job = std::make_unique<InsertionJob>(core, std::move(vector), was_held);
  if (work != nullptr) return work->Post(VectorWork::Kind::kInsertion, std::move(job));
  const SearchContextPtr context = MakeSearchContext();
  job->Run(context.get());
  job->Finish();
}

}  // namespace

// --- Queries ------------------------------------------------------------------------------------------------------------------

struct VectorQuery::Parts {
  std::shared_ptr<FieldVectorsCore> core;
  VectorOptions::Metric metric;
  std::vector<float> query;
  size_t k = 0;
  size_t width = 0;
  double radius = -1;  // negative: the k nearest
  bool scans = false;  // looks at all that the filter has
  bool is_exact = true;
  std::unique_ptr<SlotFilter> filter;
  std::vector<PendingPtr> pending;    // that match
  std::vector<DocId> pending_others;  // that do not, of those that were when it began; in order once it is whole
  DocId last_id = 0;
  DocId next_id = kNoDoc;  // of the filter; kNoDoc: all of it has been walked
  uint64_t generation = 0;
  std::vector<VectorMatch> matches;
  std::vector<double> pending_distances;
};

VectorQuery::VectorQuery(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) { ++parts_->core->queries; }
VectorQuery::~VectorQuery() { --parts_->core->queries; }

bool VectorQuery::is_whole() const { return parts_->next_id == kNoDoc; }

void VectorQuery::Run(SearchContext* context) {
  if (!is_whole()) return;
  Parts& parts = *parts_;
  for (const PendingPtr& each : parts.pending) {
    parts.pending_distances.push_back(VectorDistance(parts.metric, parts.query, each->vector));
  }
  VectorSearchOptions options;
  options.filter = parts.filter.get();
  options.exact = parts.scans;
  const size_t all = parts.core->index->size();
  if (parts.radius < 0) {
    options.k = std::min(parts.k, all);
    options.width = parts.width;
    return parts.core->index->Search(parts.query.data(), options, context, &parts.matches);
  }
  options.max_distance = static_cast<float>(parts.is_exact ? parts.radius : parts.radius * kRadiusSlack);
  for (options.k = kFirstWithin;; options.k *= kMoreWithin) {
    options.width = std::max(parts.width, options.k);
    parts.core->index->Search(parts.query.data(), options, context, &parts.matches);
    if (parts.matches.size() < options.k || options.k >= all) return;
  }
}

std::unique_ptr<VectorQuery> FieldVectors::BeginNearest(const VectorQueryOptions& query, Iterator* filter) const {
  auto parts = std::make_unique<VectorQuery::Parts>();
  parts->core = core_;
  parts->metric = options_.metric;
  CHECK(DecodeVector(options_, query.vector, &parts->query));
  parts->k = query.k;
  // Of a document with several vectors only one counts, and what is gone but still in the graph does not.
  parts->k += std::min(kMostSpare, core_->others.size() + core_->held_removals.size());
  parts->width = query.search_width.value_or(options_.search_width);
  parts->is_exact = is_exact();
  parts->last_id = core_->last_id;
  parts->generation = core_->generation;
  if (filter == nullptr) {
    for (const auto& [id, vector] : core_->pending) parts->pending.push_back(vector);
    // Most of the graph may be nobody's yet, or no more.
    if (is_adopting() || core_->held_removals.size() > kMostSpare) parts->filter = core_->TakenSlots();
    return std::unique_ptr<VectorQuery>(new VectorQuery(std::move(parts)));
  }
  parts->scans = query.policy == VectorQueryOptions::Policy::kScan;
  parts->filter = std::make_unique<SlotFilter>(core_->documents.size());
  parts->next_id = 1;
  // By the time of Take these may have slots of vectors that matched, and were removed.
  for (const auto& [id, vector] : core_->pending) parts->pending_others.push_back(id);
  std::sort(parts->pending_others.begin(), parts->pending_others.end());
  std::unique_ptr<VectorQuery> begun(new VectorQuery(std::move(parts)));
  Continue(begun.get(), filter);
  return begun;
}

void FieldVectors::Continue(VectorQuery* query, Iterator* filter) const {
  VectorQuery::Parts& parts = *query->parts_;
  std::vector<DocId> matching;  // of those that were pending
  DocId id = filter->Reach(parts.next_id);
  for (size_t walked = 0; id <= parts.last_id; id = filter->Next()) {
    if (walked++ == kMostFilterWalk) break;
    if (std::binary_search(parts.pending_others.begin(), parts.pending_others.end(), id)) matching.push_back(id);
    const VectorSlot* place = core_->places.Find(id);
    if (place == nullptr) continue;
    if (*place != kPendingSlot) parts.filter->Add(*place);
    if (!core_->others.empty()) {
      const auto [begin, end] = core_->others.equal_range(id);
      for (auto at = begin; at != end; ++at) parts.filter->Add(at->second);
    }
    if (core_->pending.empty()) continue;
    const auto [begin, end] = core_->pending.equal_range(id);
    for (auto at = begin; at != end; ++at) parts.pending.push_back(at->second);
  }
  std::erase_if(parts.pending_others,
                [&](DocId each) { return std::binary_search(matching.begin(), matching.end(), each); });
  parts.next_id = id <= parts.last_id ? id : kNoDoc;
}

std::unique_ptr<VectorQuery> FieldVectors::BeginWithin(const VectorQueryOptions& query) const {
  std::unique_ptr<VectorQuery> begun = BeginNearest(query, nullptr);
  begun->parts_->radius = query.radius;
  begun->parts_->k = 0;
  const double epsilon = query.epsilon.value_or(options_.epsilon);
  begun->parts_->width += static_cast<size_t>(epsilon * static_cast<double>(begun->parts_->width));
  return begun;
}

bool FieldVectors::HasBegun(const VectorQuery& query) const {
  return query.parts_->core == core_ && query.parts_->generation == core_->generation;
}

bool FieldVectors::is_exact() const {
  const VectorForm form = core_->index->settings().codec.form;
  return form == VectorForm::kF32 || form == VectorForm::kInt8;
}

std::vector<FoundVector> FieldVectors::Take(const VectorQuery& query) const {
  const VectorQuery::Parts& parts = *query.parts_;
  std::vector<FoundVector> found;
  found.reserve(parts.matches.size() + parts.pending.size());
  for (const VectorMatch& match : parts.matches) {
    if (match.slot >= core_->documents.size()) continue;
    const DocId id = core_->documents[match.slot];
    if (id == kNoDoc || core_->index->LabelOf(match.slot) != match.label) continue;
    // It has come to the slot of one that matched.
    if (parts.filter != nullptr &&
        (id > parts.last_id || std::binary_search(parts.pending_others.begin(), parts.pending_others.end(), id))) {
      continue;
    }
    found.push_back({id, static_cast<double>(match.distance)});
  }
  for (size_t i = 0; i < parts.pending.size(); ++i) {
    const double distance = parts.pending_distances[i];
    if (parts.pending[i]->is_gone || (parts.radius >= 0 && distance > parts.radius)) continue;
    found.push_back({parts.pending[i]->id, distance});
  }
  // Of a document's several vectors the nearest.
  std::sort(found.begin(), found.end(), [](const FoundVector& a, const FoundVector& b) {
    return a.id < b.id || (a.id == b.id && a.distance < b.distance);
  });
  const auto is_same = [](const FoundVector& a, const FoundVector& b) { return a.id == b.id; };
  found.erase(std::unique(found.begin(), found.end(), is_same), found.end());
  return found;
}

// --- Changes ------------------------------------------------------------------------------------------------------------------

FieldVectors::FieldVectors(const VectorOptions& options, VectorWork* work)
    : options_(options), work_(work), core_(std::make_shared<FieldVectorsCore>()) {
  core_->index = MakeIndex(options);
}

FieldVectors::~FieldVectors() { Leave(); }

// Written once: jobs that end later look at it on the owner's thread.
void FieldVectors::Leave() {
  if (!core_->is_gone) core_->is_gone = true;
}

void FieldVectors::Add(DocId id, std::string_view bytes) {
  core_->last_id = std::max(core_->last_id, id);
  const VectorLabel label = LabelOf(bytes);
  if (is_adopting()) {
    const VectorSlot slot =
        core_->adoptable.Take(*core_->index, label, [this](VectorSlot each) { return core_->IsWaiting(each); });
    if (slot != kNoVectorSlot) {
      core_->SetDocument(slot, id);
      core_->SetPlace(id, slot);
      return;
    }
  }
  auto vector = std::make_shared<PendingVector>();
  vector->id = id;
  vector->label = label;
  vector->random = core_->random.Next();
  CHECK(DecodeVector(options_, bytes, &vector->vector));
  core_->SetPlace(id, kPendingSlot);
  core_->pending.emplace(id, vector);
  if (core_->is_frozen) {
    core_->held_insertions.push_back(std::move(vector));
  } else {
    Insert(work_, core_, std::move(vector), false);
  }
}

void FieldVectors::Remove(DocId id) {
  const VectorSlot* place = core_->places.Find(id);
  if (place == nullptr) return;
  if (*place != kPendingSlot) core_->Remove(*place);
  core_->places.Erase(id);
  if (!core_->others.empty()) {
    const auto [begin, end] = core_->others.equal_range(id);
    for (auto at = begin; at != end; ++at) core_->Remove(at->second);
    core_->others.erase(begin, end);
  }
  if (core_->pending.empty()) return;
  const auto [begin, end] = core_->pending.equal_range(id);
  for (auto at = begin; at != end; ++at) at->second->is_gone = true;
  core_->pending.erase(begin, end);
}

bool FieldVectors::Move(DocId from, DocId to, std::span<const std::string> bytes) {
  std::vector<VectorLabel> labels;
  for (const std::string& each : bytes) labels.push_back(LabelOf(each));
  std::sort(labels.begin(), labels.end());
  if (labels != core_->LabelsOf(from)) return false;
  core_->last_id = std::max(core_->last_id, to);
  const VectorSlot* place = core_->places.Find(from);
  if (place == nullptr) return true;
  if (*place != kPendingSlot) core_->SetDocument(*place, to);
  core_->places.Put(to, *place);
  core_->places.Erase(from);
  while (!core_->others.empty()) {
    auto other = core_->others.extract(from);
    if (other.empty()) break;
    core_->SetDocument(other.mapped(), to);
    other.key() = to;
    core_->others.insert(std::move(other));
  }
  while (!core_->pending.empty()) {
    auto vector = core_->pending.extract(from);
    if (vector.empty()) break;
    vector.mapped()->id = to;
    vector.key() = to;
    core_->pending.insert(std::move(vector));
  }
  return true;
}

size_t FieldVectors::size() const { return core_->index->size() - core_->held_removals.size() + core_->pending.size(); }

size_t FieldVectors::pending() const { return core_->pending.size(); }

size_t FieldVectors::MemoryBytes() const {
  const size_t pending = core_->pending.size() * (sizeof(PendingVector) + options_.dimensions * sizeof(float));
  return core_->index->Bytes() + core_->documents.capacity() * sizeof(DocId) + core_->places.MemoryBytes() +
         core_->adoptable.Bytes() + pending;
}

bool FieldVectors::Compact(size_t moves) {
  // A query knows vectors by their slots.
  if (core_->queries > 0 || core_->is_frozen || is_adopting() || !core_->held_removals.empty()) return false;
  return core_->index->Compact(moves, [this](VectorSlot from, VectorSlot to) {
    const DocId id = core_->documents[from];
    core_->documents[from] = kNoDoc;
    core_->SetDocument(to, id);
    VectorSlot* place = core_->places.Find(id);
    if (*place == from) {
      *place = to;
      return;
    }
    const auto [begin, end] = core_->others.equal_range(id);
    std::find_if(begin, end, [from](const auto& each) { return each.second == from; })->second = to;
  });
}

// --- Saving and taking over -----------------------------------------------------------------------------------------------------

FieldVectors::Frozen::Frozen(std::shared_ptr<FieldVectorsCore> core) : core_(std::move(core)) {
  core_->is_frozen = true;
}

FieldVectors::Frozen::~Frozen() { core_->is_frozen = false; }

bool FieldVectors::Frozen::is_overdue() const { return core_->held() >= kMostHeld; }

const VectorIndex& FieldVectors::Frozen::index() const { return *core_->index; }

std::shared_ptr<FieldVectors::Frozen> FieldVectors::Freeze() {
  if (core_->is_frozen || is_adopting() || options_.algorithm == VectorOptions::Algorithm::kFlat) return nullptr;
  return std::make_shared<Frozen>(core_);
}

size_t FieldVectors::held() const { return core_->held(); }

bool FieldVectors::GoOn(size_t vectors) {
  auto& removals = core_->held_removals;
  auto& insertions = core_->held_insertions;
  if (core_->is_frozen || core_->held() == 0) return false;
  for (; vectors > 0 && !removals.empty(); --vectors) {
    core_->index->Remove(*removals.begin());
    removals.erase(removals.begin());
    ++core_->changes;
  }
  for (; vectors > 0 && !insertions.empty() && core_->resumed < kMostResumed; --vectors) {
    const PendingPtr vector = std::move(insertions.front());
    insertions.pop_front();
    if (!vector->is_gone) Insert(work_, core_, vector, true);
  }
  return !removals.empty() || (!insertions.empty() && core_->resumed < kMostResumed);
}

uint64_t FieldVectors::changes() const { return core_->changes; }
bool FieldVectors::is_adopting() const { return !core_->adoptable.is_empty(); }

bool FieldVectors::Adopt(std::unique_ptr<VectorIndex> index) {
  CHECK(core_->index->size() == 0 && core_->pending.empty());
  if (options_.algorithm == VectorOptions::Algorithm::kFlat || !IsSame(index->settings(), core_->index->settings())) {
    return false;
  }
  core_->index = std::move(index);
  core_->ListAdoptable();
  return true;
}

void FieldVectors::Orphan() {
  CHECK(options_.algorithm != VectorOptions::Algorithm::kFlat);
  for (auto& [id, vector] : core_->pending) vector->is_gone = true;
  core_->pending.clear();
  std::fill(core_->documents.begin(), core_->documents.end(), kNoDoc);
  core_->places = {};
  core_->others.clear();
  core_->last_id = 0;
  ++core_->generation;
  core_->ListAdoptable();
}

bool FieldVectors::EndAdoption(size_t vectors) {
  // While a graph is written nothing is taken out of it; it will be asked again.
  if (core_->is_frozen) return false;
  const size_t slots = core_->adoptable.slots();
  for (size_t removed = 0; removed < vectors && core_->adoption_end < slots; ++core_->adoption_end) {
    const auto slot = static_cast<VectorSlot>(core_->adoption_end);
    // What came since has a document from the beginning.
    if (!core_->IsWaiting(slot) || core_->index->LabelOf(slot) == kNoVectorLabel) continue;
    core_->index->Remove(slot);
    ++core_->changes;
    ++removed;
  }
  if (core_->adoption_end < slots) return true;
  core_->adoptable.Clear();
  core_->adoption_end = 0;
  return false;
}

}  // namespace kvorum
