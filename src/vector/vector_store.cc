#include "vector/vector_store.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "base/check.h"

namespace kvorum {
namespace {

constexpr size_t kSample = 4096;
constexpr size_t kOutliers = 64;

// Records of codes start where floats may.
size_t Aligned(size_t bytes) { return (bytes + 7) / 8 * 8; }

std::unique_ptr<Codec> FirstCodec(const VectorIndexSettings& settings) {
  CodecSettings first = settings.codec;
  if (first.form >= VectorForm::kQ8) first.form = VectorForm::kF32;
  return std::make_unique<Codec>(first);
}

}  // namespace

bool IsUsable(std::span<const float> vector, VectorMetric metric) {
  const float norm2 = BestKernels().dot_f32(vector.data(), vector.data(), vector.size());
  // Squares of such numbers, and their sums, stay finite as f32 too.
  if (!std::isfinite(norm2) || norm2 > 1e37F) return false;
  return metric != VectorMetric::kCosine || norm2 > 1e-37F;
}

VectorStore::Coded::Coded(std::unique_ptr<Codec> with, uint64_t number, bool huge_pages)
    : version(number), codec(std::move(with)), codes(Aligned(codec->code_bytes()), huge_pages) {
  if (codec->refine_bytes() > 0) refinements = std::make_unique<SlotArray>(Aligned(codec->refine_bytes()), huge_pages);
}

size_t VectorStore::Coded::Bytes() const {
  return sizeof(*this) + codec->Bytes() + codes.Bytes() + (refinements == nullptr ? 0 : refinements->Bytes());
}

VectorStore::VectorStore(const VectorIndexSettings& settings)
    : settings_(settings),
      owned_(std::make_unique<Coded>(FirstCodec(settings), 1, settings.huge_pages)),
      coded_(owned_.get()) {
  CHECK(IsValid(settings.codec));
}

VectorStore::~VectorStore() = default;

void VectorStore::Encode(const Coded& coded, const float* vector, PreparedVector* prepared) {
  const Codec& codec = *coded.codec;
  prepared->vector.assign(vector, vector + codec.dimensions());
  prepared->code.resize(codec.code_bytes());
  prepared->refinement.resize(codec.refine_bytes());
  prepared->inside = codec.Encode(vector, prepared->code.data(), prepared->refinement.data());
  prepared->codec_version = coded.version;
}

void VectorStore::Grow(size_t slots) {
  owned_->codes.Grow(slots);
  if (owned_->refinements != nullptr) owned_->refinements->Grow(slots);
  labels_.Grow(slots);
}

void VectorStore::Reserve(size_t vectors) {
  CHECK(vectors < kNoVectorSlot);
  // Before training, the codes' memory would be the wrong one.
  if (!trains() || trained_) Grow(vectors);
}

VectorSlot VectorStore::Put(const PreparedVector& prepared) {
  Collect();
  VectorSlot slot;
  if (!free_.empty()) {
    slot = TakeFree();
  } else {
    slot = static_cast<VectorSlot>(slots());
    CHECK(slot < kNoVectorSlot);
    Grow(slot + 1);
    labels_.As<std::atomic<VectorLabel>>(slot)->store(kNoVectorLabel, std::memory_order_relaxed);
    slots_.store(slot + 1, std::memory_order_release);
  }
  const Codec& codec = *owned_->codec;
  uint8_t* code = owned_->codes.At(slot);
  uint8_t* refinement = owned_->refinements == nullptr ? nullptr : owned_->refinements->At(slot);
  bool inside = prepared.inside;
  if (prepared.codec_version == owned_->version) {
    std::memcpy(code, prepared.code.data(), prepared.code.size());
    if (refinement != nullptr) std::memcpy(refinement, prepared.refinement.data(), prepared.refinement.size());
  } else {
    inside = codec.Encode(prepared.vector.data(), code, refinement);
  }
  if (!inside && trained_) {
    const size_t d = codec.dimensions();
    const size_t place = outside_++ % kOutliers * d;
    if (outliers_.size() <= place) outliers_.resize(place + d);
    std::copy(prepared.vector.begin(), prepared.vector.end(), outliers_.begin() + static_cast<ptrdiff_t>(place));
  }
  return slot;
}

VectorSlot VectorStore::TakeFree() {
  std::pop_heap(free_.begin(), free_.end(), std::greater<>());
  const VectorSlot slot = free_.back();
  free_.pop_back();
  return slot;
}

void VectorStore::Publish(VectorSlot slot, VectorLabel label) {
  CHECK(label != kNoVectorLabel);
  labels_.As<std::atomic<VectorLabel>>(slot)->store(label, std::memory_order_release);
  size_.store(size() + 1, std::memory_order_relaxed);
}

void VectorStore::Drop(VectorSlot slot) {
  CHECK(LabelOf(slot) != kNoVectorLabel);
  labels_.As<std::atomic<VectorLabel>>(slot)->store(kNoVectorLabel, std::memory_order_release);
  size_.store(size() - 1, std::memory_order_relaxed);
  dropped_.push_back({slot, epochs_.Retire()});
}

bool VectorStore::FindMove(VectorSlot* top, VectorSlot* to) {
  Collect();
  if (free_.empty()) return false;
  while (*top > 0 && LabelOf(*top - 1) == kNoVectorLabel) --*top;
  if (*top == 0 || free_.front() >= *top - 1) return false;
  --*top;
  *to = TakeFree();
  return true;
}

void VectorStore::Move(VectorSlot from, VectorSlot to) {
  std::memcpy(owned_->codes.At(to), owned_->codes.At(from), owned_->codec->code_bytes());
  if (owned_->refinements != nullptr) {
    std::memcpy(owned_->refinements->At(to), owned_->refinements->At(from), owned_->codec->refine_bytes());
  }
  Publish(to, LabelOf(from));
}

bool VectorStore::Trim() {
  Collect();
  bool gives_back = false;
  if (trims_ && epochs_.Passed(trim_epoch_)) {
    owned_->codes.Shrink(slots());
    if (owned_->refinements != nullptr) owned_->refinements->Shrink(slots());
    labels_.Shrink(slots());
    trims_ = false;
    gives_back = true;
  }
  if (!dropped_.empty() || trims_) return gives_back;
  size_t bound = slots();
  while (bound > 0 && LabelOf(static_cast<VectorSlot>(bound - 1)) == kNoVectorLabel) --bound;
  if (bound == slots()) return gives_back;
  std::erase_if(free_, [&](VectorSlot slot) { return slot >= bound; });
  free_.shrink_to_fit();
  std::make_heap(free_.begin(), free_.end(), std::greater<>());
  slots_.store(bound, std::memory_order_release);
  trim_epoch_ = epochs_.Retire();
  trims_ = true;
  return gives_back;
}

void VectorStore::Collect() {
  while (!dropped_.empty() && epochs_.Passed(dropped_.front().epoch)) {
    free_.push_back(dropped_.front().slot);
    std::push_heap(free_.begin(), free_.end(), std::greater<>());
    dropped_.pop_front();
  }
  while (!replaced_.empty() && epochs_.Passed(replaced_.front().epoch)) replaced_.erase(replaced_.begin());
}

bool VectorStore::Restore(bool trained, std::string_view codec) {
  CHECK(slots() == 0);
  if (trained != trains() && trained) return false;
  if (!trained) return codec.empty();
  std::unique_ptr<Codec> loaded = Codec::Load(settings_.codec, codec);
  if (loaded == nullptr) return false;
  owned_ = std::make_unique<Coded>(std::move(loaded), 2, settings_.huge_pages);
  coded_.store(owned_.get(), std::memory_order_release);
  trained_ = true;
  return true;
}

bool VectorStore::RestoreSlot(VectorLabel label, const uint8_t* code_and_refinement) {
  const auto slot = static_cast<VectorSlot>(slots());
  Grow(slot + 1);
  slots_.store(slot + 1, std::memory_order_release);
  labels_.As<std::atomic<VectorLabel>>(slot)->store(kNoVectorLabel, std::memory_order_relaxed);
  if (label == kNoVectorLabel) {
    free_.push_back(slot);  // the highest last, which makes it a heap
    return true;
  }
  const Codec& codec = *owned_->codec;
  std::memcpy(owned_->codes.At(slot), code_and_refinement, codec.code_bytes());
  if (codec.refine_bytes() > 0) {
    std::memcpy(owned_->refinements->At(slot), code_and_refinement + codec.code_bytes(), codec.refine_bytes());
  }
  Publish(slot, label);
  return codec.IsSound(owned_->Code(slot));
}

void VectorStore::TrainIfDue() {
  if (!trains()) return;
  if (trained_ ? outside_ > kOutliers + size() / 16 : size() >= settings_.train_after) Train();
}

void VectorStore::Train() {
  const Coded& before = *owned_;
  const size_t d = before.codec->dimensions();
  std::vector<VectorSlot> all;
  for (VectorSlot slot = 0; slot < slots(); ++slot) {
    if (LabelOf(slot) != kNoVectorLabel) all.push_back(slot);
  }
  const size_t n = std::min(all.size(), kSample);
  std::vector<float> sample(n * d);
  for (size_t i = 0; i < n; ++i) Decode(all[i * all.size() / n], sample.data() + i * d);
  sample.insert(sample.end(), outliers_.begin(), outliers_.end());
  if (sample.empty()) return;
  auto after = std::make_unique<Coded>(Codec::Train(settings_.codec, sample, settings_.seed), before.version + 1,
                                       settings_.huge_pages);
  after->codes.Grow(slots());
  if (after->refinements != nullptr) after->refinements->Grow(slots());
  std::vector<float> vector(d);
  for (const VectorSlot slot : all) {
    Decode(slot, vector.data());
    uint8_t* refinement = after->refinements == nullptr ? nullptr : after->refinements->At(slot);
    (void)after->codec->Encode(vector.data(), after->codes.At(slot), refinement);
  }
  std::unique_ptr<Coded> replaced = std::move(owned_);
  owned_ = std::move(after);
  coded_.store(owned_.get(), std::memory_order_release);
  replaced_.push_back({std::move(replaced), epochs_.Retire()});
  trained_ = true;
  outside_ = 0;
  outliers_ = {};
  Collect();
}

void VectorStore::Decode(VectorSlot slot, float* vector) const {
  owned_->codec->Decode(owned_->Code(slot), owned_->Refinement(slot), vector);
}

size_t VectorStore::Bytes() const {
  size_t bytes = sizeof(*this) + owned_->Bytes() + labels_.Bytes() + free_.capacity() * sizeof(VectorSlot) +
                 dropped_.size() * sizeof(Dropped) + outliers_.capacity() * sizeof(float);
  for (const Replaced& replaced : replaced_) bytes += replaced.coded->Bytes();
  return bytes;
}

void VectorStore::Validate() const {
  size_t labelled = 0;
  for (VectorSlot slot = 0; slot < slots(); ++slot) labelled += LabelOf(slot) != kNoVectorLabel ? 1 : 0;
  CHECK(labelled == size());
  CHECK(labelled + free_.size() + dropped_.size() == slots());
}

}  // namespace kvorum
