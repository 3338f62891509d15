#include "keyspace/vector_set_object.h"

#include <cstring>
#include <utility>

#include "base/check.h"
#include "keyspace/vector_set.h"
#include "keyspace/vector_set_file.h"

namespace kvorum {

VectorSetObject::VectorSetObject(std::unique_ptr<VectorSet> set) : set_(std::move(set)) {}
VectorSetObject::~VectorSetObject() = default;

size_t VectorSetObject::size() const { return set_->size(); }
size_t VectorSetObject::MemoryBytes(size_t /*samples*/) const {
  return AllocationSize(sizeof(VectorSetObject)) + set_->Bytes();
}
void VectorSetObject::Validate() const { set_->Validate(); }

std::unique_ptr<Object> VectorSetObject::Clone() const {
  VectorSetSaver saver(*set_);
  VectorSetLoader loader;
  std::string frame;
  while (saver.Next(&frame)) CHECK(loader.Feed(frame));
  std::unique_ptr<VectorSet> copy = loader.Finish();
  CHECK(copy != nullptr);
  return std::make_unique<VectorSetObject>(std::move(copy));
}

std::string VectorSetObject::CanonicalText() const {
  const VectorSetSettings& settings = set_->settings();
  std::string text = "vectorset " + std::to_string(settings.dimensions) + " " +
                     std::to_string(settings.input_dimensions) + " " + std::to_string(static_cast<int>(settings.form)) +
                     " " + std::to_string(settings.m);
  set_->VisitFrom("", false, [&](const VectorElement& element) {
    uint32_t norm_bits;
    std::memcpy(&norm_bits, &element.norm, sizeof(norm_bits));
    const std::string_view attributes = element.attributes();
    text.append(" ").append(std::to_string(element.length)).append(":").append(element.name());
    text.append(" ").append(std::to_string(norm_bits)).append(" ").append(std::to_string(set_->Fingerprint(element)));
    text.append(" ").append(std::to_string(attributes.size())).append(":").append(attributes);
    return true;
  });
  return text;
}

}  // namespace kvorum
