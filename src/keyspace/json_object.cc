#include "keyspace/json_object.h"

#include "base/allocator.h"
#include "json/text.h"

namespace kvorum {

size_t JsonObject::MemoryBytes(size_t samples) const {
  return AllocationSize(sizeof(JsonObject)) + root_.MemoryBytes(samples);
}

std::string JsonObject::CanonicalText() const {
  std::string text = "json ";
  WriteJson(root_, &text);
  return text;
}

}  // namespace kvorum
