#include "keyspace/vector_set_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/bytes.h"

namespace kvorum {
namespace {

constexpr std::string_view kMagic = "KVVS";
constexpr uint32_t kVersion = 1;
constexpr size_t kLengthBytes = 4;
constexpr size_t kHeadBytes = 4 + 4 + 4 + 4 + 1 + 4 + 4 + 8;
constexpr char kElements = 'E';
constexpr char kIndex = 'I';

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

void AppendVarint(std::string* to, uint64_t value) {
  char bytes[kMaxVarintBytes];
  to->append(bytes, static_cast<size_t>(PutVarint(bytes, value) - bytes));
}

}  // namespace

// --- Writing ----------------------------------------------------------------------------------------------------------------

void VectorSetSaver::Head(std::string* frame) const {
  const VectorSetSettings& settings = set_.settings();
  frame->append(kMagic);
  Append(frame, kVersion);
  Append(frame, static_cast<uint32_t>(settings.dimensions));
  Append(frame, static_cast<uint32_t>(settings.input_dimensions));
  Append(frame, static_cast<uint8_t>(settings.form));
  Append(frame, static_cast<uint32_t>(settings.m));
  Append(frame, set_.last_number());
  Append(frame, static_cast<uint64_t>(set_.size()));
}

void VectorSetSaver::Elements(std::string* frame) {
  frame->push_back(kElements);
  while (next_slot_ < set_.slot_bound_ && frame->size() < kFrameBytes) {
    const VectorElement* element = set_.At(static_cast<VectorSlot>(next_slot_++));
    if (element == nullptr) continue;
    const std::string_view attributes = element->attributes();
    Append(frame, element->norm);
    AppendVarint(frame, element->length);
    AppendVarint(frame, attributes.size());
    frame->append(element->name());
    frame->append(attributes);
  }
}

bool VectorSetSaver::Next(std::string* frame) {
  frame->assign(kLengthBytes, '\0');
  if (!begun_) {
    begun_ = true;
    Head(frame);
  } else if (next_slot_ < set_.slot_bound_) {
    Elements(frame);
  } else if (index_.Next(&piece_)) {
    frame->push_back(kIndex);
    frame->append(piece_);
  } else {
    frame->clear();
    return false;
  }
  PutU32(frame->data(), static_cast<uint32_t>(frame->size() - kLengthBytes));
  return true;
}

// --- Reading ------------------------------------------------------------------------------------------------------------------

bool VectorSetLoader::Fail(const char* error) {
  if (error_ == nullptr) error_ = error;
  return false;
}

bool VectorSetLoader::Feed(std::string_view bytes) {
  if (error_ != nullptr) return false;
  while (!bytes.empty()) {
    if (carry_.size() < kLengthBytes) {
      // A whole frame that lies here is taken from here.
      if (carry_.empty() && bytes.size() >= kLengthBytes && bytes.size() - kLengthBytes >= GetU32(bytes.data())) {
        const size_t size = GetU32(bytes.data());
        if (!Frame(bytes.substr(kLengthBytes, size))) return false;
        bytes.remove_prefix(kLengthBytes + size);
        continue;
      }
      const size_t here = std::min(bytes.size(), kLengthBytes - carry_.size());
      carry_.append(bytes.substr(0, here));
      bytes.remove_prefix(here);
      if (carry_.size() < kLengthBytes) return true;
    }
    const size_t missing = kLengthBytes + GetU32(carry_.data()) - carry_.size();
    const size_t here = std::min(bytes.size(), missing);
    carry_.append(bytes.substr(0, here));
    bytes.remove_prefix(here);
    if (here < missing) return true;
    if (!Frame(std::string_view(carry_).substr(kLengthBytes))) return false;
    carry_.clear();
  }
  return true;
}

bool VectorSetLoader::Frame(std::string_view frame) {
  if (set_ == nullptr) return Head(frame);
  if (frame.empty()) return Fail("a frame of a vector set is empty");
  const char kind = frame[0];
  frame.remove_prefix(1);
  if (kind == kElements && index_ == nullptr) return Elements(frame);
  if (kind != kIndex || read_.size() != elements_) return Fail("a frame of a vector set is out of order");
  if (index_ == nullptr) index_ = std::make_unique<HnswLoader>(false);
  return index_->Take(frame) || Fail(index_->error());
}

bool VectorSetLoader::Head(std::string_view frame) {
  if (frame.size() != kHeadBytes || !frame.starts_with(kMagic)) return Fail("this is no vector set");
  frame.remove_prefix(kMagic.size());
  uint32_t version = 0, dimensions = 0, input_dimensions = 0, m = 0;
  uint8_t form = 0;
  (void)Take(&frame, &version);
  if (version != kVersion) return Fail("a vector set is of a later version");
  (void)Take(&frame, &dimensions);
  (void)Take(&frame, &input_dimensions);
  (void)Take(&frame, &form);
  (void)Take(&frame, &m);
  (void)Take(&frame, &counter_);
  (void)Take(&frame, &elements_);
  VectorSetSettings settings{dimensions, input_dimensions, static_cast<VectorForm>(form), m};
  const bool known_form =
      settings.form == VectorForm::kF32 || settings.form == VectorForm::kQ8 || settings.form == VectorForm::kBinary;
  const bool sound = known_form && dimensions >= 1 && dimensions <= kMaxDimensions &&
                     input_dimensions <= kMaxDimensions && (input_dimensions == 0 || input_dimensions >= dimensions) &&
                     m >= VectorSet::kMinLinks && m <= VectorSet::kMaxLinks && counter_ < UINT32_MAX;
  if (!sound) return Fail("the settings of a vector set are damaged");
  if (elements_ == 0 || elements_ >= kNoVectorSlot) return Fail("the number of elements of a vector set is damaged");
  set_ = std::make_unique<VectorSet>(settings);
  return true;
}

bool VectorSetLoader::Elements(std::string_view frame) {
  while (!frame.empty()) {
    Element element;
    uint64_t name, attributes;
    if (!Take(&frame, &element.norm) || !TakeVarint(&frame, &name) || !TakeVarint(&frame, &attributes) ||
        name > frame.size() || attributes > frame.size() - name || name > VectorSet::kMaxNameBytes ||
        attributes > VectorSet::kMaxNameBytes || !(element.norm > 0) || !std::isfinite(element.norm)) {
      return Fail("an element of a vector set is damaged");
    }
    if (read_.size() == elements_) return Fail("a vector set has more elements than it says");
    element.name_bytes = static_cast<uint32_t>(name);
    element.attribute_bytes = static_cast<uint32_t>(attributes);
    read_.push_back(element);
    texts_.append(frame.substr(0, name + attributes));
    frame.remove_prefix(name + attributes);
  }
  return true;
}

std::unique_ptr<VectorSet> VectorSetLoader::Finish() {
  if (error_ != nullptr) return nullptr;
  if (!carry_.empty() || set_ == nullptr || index_ == nullptr)
    return Fail("the end of a vector set is missing"), nullptr;
  std::unique_ptr<HnswIndex> index = index_->Finish();
  if (index == nullptr) return Fail(index_->error()), nullptr;
  const VectorIndexSettings want = IndexSettingsOf(set_->settings());
  const VectorIndexSettings& has = index->settings();
  const bool fits = has.codec.dimensions == want.codec.dimensions && has.codec.metric == want.codec.metric &&
                    has.codec.form == want.codec.form && has.codec.refine_bits == want.codec.refine_bits &&
                    has.m == want.m && has.build_width == want.build_width && has.train_after == want.train_after &&
                    index->size() == elements_;
  if (!fits) return Fail("the index of a vector set is another set's"), nullptr;
  set_->index_ = std::move(index);
  set_->counter_ = counter_;
  std::string_view texts = texts_;
  size_t next = 0;
  for (VectorSlot slot = 0; next < read_.size(); ++slot) {
    if (set_->index_->LabelOf(slot) == kNoVectorLabel) {
      set_->PutSlot(slot, nullptr);
      continue;
    }
    const Element& element = read_[next++];
    const std::string_view name = texts.substr(0, element.name_bytes);
    const std::string_view attributes = texts.substr(name.size(), element.attribute_bytes);
    texts.remove_prefix(name.size() + attributes.size());
    if (!set_->Restore(slot, name, attributes, element.norm)) return Fail("a vector set has an element twice"), nullptr;
  }
  return std::move(set_);
}

}  // namespace kvorum
