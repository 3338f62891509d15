#include "keyspace/vector_set.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

#include "base/check.h"
#include "base/hash.h"
#include "keyspace/attribute_filter.h"

namespace kvorum {
namespace {

// Of the rotation that reduces. Another number is another file format.
constexpr uint64_t kRotationSeed = 0x4B766F72756D5653;
// Candidates of a search that names no number of them.
constexpr size_t kSearchWidth = 100;
// Compaction begins when a fraction of the elements was removed, and moves so many with each further removal.
constexpr size_t kCompactFraction = 8;
constexpr size_t kCompactAtLeast = 64;
constexpr size_t kMovesAtOnce = 4;

std::atomic<uint64_t> last_uid{0};

// Reused by every search of a thread.
SearchContext* ContextOfThread() {
  static thread_local const SearchContextPtr context = MakeSearchContext();
  return context.get();
}

float ScoreOf(float distance) { return std::clamp(1 - distance / 2, 0.0F, 1.0F); }

}  // namespace

VectorElement::Text* VectorElement::Text::Create(std::string_view text) {
  auto* made = static_cast<Text*>(Allocate(sizeof(Text) + text.size()));
  made->length = static_cast<uint32_t>(text.size());
  std::memcpy(made->bytes, text.data(), text.size());
  return made;
}

void VectorElement::Text::Destroy(Text* text) { Free(text, sizeof(Text) + text->length); }

VectorElement* VectorElement::Create(std::string_view name) {
  auto* element = static_cast<VectorElement*>(Allocate(offsetof(VectorElement, bytes) + name.size()));
  new (&element->attributes_text) std::atomic<Text*>(nullptr);
  element->slot = kNoVectorSlot;
  element->norm = 0;
  element->length = static_cast<uint32_t>(name.size());
  if (!name.empty()) std::memcpy(element->bytes, name.data(), name.size());
  return element;
}

void VectorElement::Destroy(VectorElement* element) {
  Text* text = element->attributes_text.load(std::memory_order_relaxed);
  if (text != nullptr) Text::Destroy(text);
  Free(element, offsetof(VectorElement, bytes) + element->length);
}

size_t VectorElement::allocated_bytes() const {
  const Text* text = attributes_text.load(std::memory_order_relaxed);
  return AllocationSize(offsetof(VectorElement, bytes) + length) + (text == nullptr ? 0 : text->allocated_bytes());
}

uint64_t VectorSet::NameOrder::PrefixOf(std::string_view name) {
  char first[8] = {};
  name.copy(first, sizeof(first));
  uint64_t prefix;
  std::memcpy(&prefix, first, sizeof(prefix));
  return __builtin_bswap64(prefix);
}

VectorIndexSettings IndexSettingsOf(const VectorSetSettings& settings) {
  VectorIndexSettings index;
  // One bit stays one bit: whoever asks for it wants memory, not recall.
  const unsigned refine_bits = settings.form == VectorForm::kQ8 ? 2 : 0;
  index.codec = {settings.dimensions, VectorMetric::kCosine, settings.form, refine_bits};
  index.m = settings.m;
  index.build_width = VectorSet::kBuildWidth;
  return index;
}

VectorSet::VectorSet(const VectorSetSettings& settings)
    : settings_(settings), uid_(++last_uid), index_(std::make_unique<HnswIndex>(IndexSettingsOf(settings))) {
  if (reduces()) {
    CHECK(settings.dimensions <= settings.input_dimensions && settings.input_dimensions <= kMaxDimensions);
    rotation_ = std::make_unique<Rotation>(settings.input_dimensions, kRotationSeed);
  }
}

VectorSet::~VectorSet() {
  for (const Retired& retired : retired_) {
    if (retired.element != nullptr) VectorElement::Destroy(retired.element);
    if (retired.text != nullptr) VectorElement::Text::Destroy(retired.text);
  }
  names_.ForEach([](VectorElement* element) { VectorElement::Destroy(element); });
}

// --- any thread -------------------------------------------------------------------------------------------------------------

float VectorSet::Transform(std::span<const float> given, std::vector<float>* stored) const {
  CHECK(given.size() == given_dimensions());
  double norm2 = 0;
  for (const float x : given) norm2 += static_cast<double>(x) * x;
  if (!std::isfinite(norm2) || norm2 == 0) return 0;
  double norm = std::sqrt(norm2);
  stored->resize(given.size());
  for (size_t i = 0; i < given.size(); ++i) (*stored)[i] = static_cast<float>(given[i] / norm);
  if (rotation_ != nullptr) {
    rotation_->Apply(stored->data());
    stored->resize(settings_.dimensions);
    double kept = 0;
    for (const float x : *stored) kept += static_cast<double>(x) * x;
    if (!(kept > 0)) return 0;
    kept = std::sqrt(kept);
    for (float& x : *stored) x = static_cast<float>(x / kept);
    norm *= kept;
  }
  const auto length = static_cast<float>(norm);
  return std::isfinite(length) ? length : 0;
}

bool VectorSet::Prepare(std::span<const float> given, size_t build_width, uint64_t random, Prepared* prepared) const {
  std::vector<float> stored;
  prepared->norm = Transform(given, &stored);
  if (!(prepared->norm > 0)) return false;
  const std::string_view bytes(reinterpret_cast<const char*>(given.data()), given.size_bytes());
  prepared->fingerprint = static_cast<uint32_t>(HashBytes(bytes) >> 32);
  prepared->vector.build_width = build_width;
  index_->Prepare(stored.data(), random, ContextOfThread(), &prepared->vector);
  return true;
}

// Elements whose attributes match.
class VectorSet::IndexFilter final : public VectorFilter {
 public:
  IndexFilter(const VectorSet& set, const AttributeFilter& filter) : set_(set), filter_(filter) {}
  bool Matches(VectorSlot slot, VectorLabel /*label*/) const override {
    const VectorElement* element = set_.At(slot);
    return element != nullptr && filter_.Matches(element->attributes());
  }
  // Two looks somewhere in memory, and reading a short text.
  double Cost() const override { return 3; }

 private:
  const VectorSet& set_;
  const AttributeFilter& filter_;
};

void VectorSet::Search(const Query& query, std::vector<Match>* matches) const {
  matches->clear();
  std::vector<float> stored;
  const float norm = query.is_stored ? 1 : Transform(query.given, &stored);
  if (!(norm > 0)) stored.assign(settings_.dimensions, 0);
  const ReaderEpochs::Guard guard(epochs_);
  VectorSearchOptions options;
  const size_t most = std::max<size_t>(index_->size(), 1);
  options.k = std::min(query.count, most);
  options.width = std::min(query.width == 0 ? kSearchWidth : query.width, most);
  options.exact = query.exact;
  // Without a direction, no distance says anything.
  if (norm > 0)
    options.max_distance = query.max_distance;
  else if (query.max_distance < 1)
    return;
  std::unique_ptr<IndexFilter> filter;
  if (query.filter != nullptr) filter = std::make_unique<IndexFilter>(*this, *query.filter);
  options.filter = filter.get();
  static thread_local std::vector<VectorMatch> found;
  index_->Search(query.is_stored ? query.given.data() : stored.data(), options, ContextOfThread(), &found);
  matches->reserve(found.size());
  for (const VectorMatch& match : found) {
    const VectorElement* element = At(match.slot);
    // In this order: if the label is still the same, the element was its.
    if (element == nullptr || index_->LabelOf(match.slot) != match.label) continue;
    matches->push_back(
        {norm > 0 ? ScoreOf(match.distance) : 0.5F, std::string(element->name()), std::string(element->attributes())});
  }
}

// --- the writer ---------------------------------------------------------------------------------------------------------------

VectorElement* VectorSet::Find(std::string_view name) const {
  const auto position = names_.LowerBound(name);
  if (!position) return nullptr;
  VectorElement* element = Names::At(position);
  return element->name() == name ? element : nullptr;
}

const VectorElement* VectorSet::RandomElement(Random& random) const {
  CHECK(size() > 0);
  return Names::At(names_.Select(random.Below(size())));
}

void VectorSet::PutSlot(VectorSlot slot, VectorElement* element) {
  if (slot >= slots_.capacity()) slots_.Grow(slot + 1);
  slot_bound_ = std::max<size_t>(slot_bound_, slot + 1);
  slots_.As<Slot>(slot)->store(element, std::memory_order_release);
}

VectorElement* VectorSet::Commit(std::string_view name, const Prepared& prepared, bool* added) {
  Collect();
  VectorElement* element = Find(name);
  *added = element == nullptr;
  if (element == nullptr) {
    element = VectorElement::Create(name);
    element_bytes_ += element->allocated_bytes();
    names_.Insert(element);
  } else {
    slots_.As<Slot>(element->slot)->store(nullptr, std::memory_order_release);
    index_->Remove(element->slot);
  }
  if (++counter_ == UINT32_MAX) counter_ = 0;  // so that no label is kNoVectorLabel
  const VectorLabel label = VectorLabel{counter_} << 32 | prepared.fingerprint;
  // The slots that there may be after Commit must have a place before a search can come across them.
  if (slots_.capacity() <= slot_bound_) slots_.Grow(slot_bound_ + 1);
  element->norm = prepared.norm;
  element->slot = index_->Commit(prepared.vector, label);
  PutSlot(element->slot, element);
  return element;
}

void VectorSet::SetAttributes(VectorElement* element, std::string_view attributes) {
  VectorElement::Text* text = attributes.empty() ? nullptr : VectorElement::Text::Create(attributes);
  VectorElement::Text* before = element->attributes_text.exchange(text, std::memory_order_acq_rel);
  if (text != nullptr) {
    element_bytes_ += text->allocated_bytes();
    ++attributes_count_;
  }
  if (before != nullptr) {
    element_bytes_ -= before->allocated_bytes();
    --attributes_count_;
    retired_.push_back({nullptr, before, epochs_.Retire()});
  }
  Collect();
}

void VectorSet::Remove(VectorElement* element) {
  if (element->attributes_text.load(std::memory_order_relaxed) != nullptr) --attributes_count_;
  element_bytes_ -= element->allocated_bytes();
  CHECK(names_.Erase(element));
  slots_.As<Slot>(element->slot)->store(nullptr, std::memory_order_release);
  index_->Remove(element->slot);
  retired_.push_back({element, nullptr, epochs_.Retire()});
  ++removed_;
  CompactSome();
  Collect();
}

void VectorSet::CompactSome() {
  compacts_ |= removed_ > kCompactAtLeast + size() / kCompactFraction;
  if (!compacts_) return;
  compacts_ = index_->Compact(kMovesAtOnce, [this](VectorSlot from, VectorSlot to) {
    VectorElement* element = At(from);
    PutSlot(to, element);
    element->slot = to;
    slots_.As<Slot>(from)->store(nullptr, std::memory_order_release);
  });
  if (!compacts_) removed_ = 0;
}

void VectorSet::Collect() {
  while (!retired_.empty() && epochs_.Passed(retired_.front().epoch)) {
    const Retired& retired = retired_.front();
    if (retired.element != nullptr) VectorElement::Destroy(retired.element);
    if (retired.text != nullptr) VectorElement::Text::Destroy(retired.text);
    retired_.pop_front();
  }
}

void VectorSet::Decode(const VectorElement& element, std::vector<float>* vector) const {
  vector->resize(settings_.dimensions);
  index_->Decode(element.slot, vector->data());
}

std::vector<std::vector<VectorSet::Link>> VectorSet::Links(const VectorElement& element) const {
  std::vector<std::vector<Link>> layers;
  for (const std::vector<VectorMatch>& neighbours : index_->Neighbours(element.slot)) {
    std::vector<Link>& layer = layers.emplace_back();
    for (const VectorMatch& match : neighbours) layer.push_back({At(match.slot), ScoreOf(match.distance)});
  }
  return layers;
}

uint32_t VectorSet::Fingerprint(const VectorElement& element) const {
  return static_cast<uint32_t>(index_->LabelOf(element.slot));
}

bool VectorSet::Restore(VectorSlot slot, std::string_view name, std::string_view attributes, float norm) {
  if (Find(name) != nullptr) return false;
  VectorElement* element = VectorElement::Create(name);
  element->norm = norm;
  element->slot = slot;
  element_bytes_ += element->allocated_bytes();
  names_.Insert(element);
  if (!attributes.empty()) SetAttributes(element, attributes);
  PutSlot(slot, element);
  return true;
}

size_t VectorSet::Bytes() const {
  return sizeof(*this) + index_->Bytes() + names_.MemoryBytes() + slots_.Bytes() + element_bytes_ +
         retired_.size() * sizeof(Retired) + (rotation_ == nullptr ? 0 : sizeof(Rotation) + rotation_->Bytes());
}

void VectorSet::Validate() const {
  names_.Validate();
  index_->Validate();
  CHECK(names_.size() == index_->size());
  size_t bytes = 0, attributes = 0;
  names_.ForEach([&](const VectorElement* element) {
    CHECK(At(element->slot) == element);
    CHECK(index_->LabelOf(element->slot) != kNoVectorLabel);
    CHECK(element->norm > 0 && std::isfinite(element->norm));
    bytes += element->allocated_bytes();
    attributes += element->attributes().empty() ? 0 : 1;
  });
  CHECK(bytes == element_bytes_ && attributes == attributes_count_);
  size_t used = 0;
  for (size_t slot = 0; slot < slot_bound_; ++slot) used += At(static_cast<VectorSlot>(slot)) != nullptr ? 1 : 0;
  CHECK(used == size());
}

}  // namespace kvorum
