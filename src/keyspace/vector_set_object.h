// VectorSetObject: a vector set as the value of a key.
//
// What it holds is a VectorSet, which others may share while they search it on other threads: when the key goes, they keep it until they are done.
//
// Threads: the shard's. Complexity: Clone and CanonicalText O(bytes), the rest O(1).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "keyspace/object.h"

namespace kvorum {

class VectorSet;

class VectorSetObject final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kVectorSet;

  explicit VectorSetObject(std::unique_ptr<VectorSet> set);
  ~VectorSetObject() override;

  ObjectType type() const override { return kType; }
  std::string_view encoding() const override { return "raw"; }
  size_t size() const override;
  size_t MemoryBytes(size_t samples) const override;
  size_t FreeEffort() const override { return size(); }
  std::unique_ptr<Object> Clone() const override;
  // Names, lengths and attributes, with a hash of each vector as it was given: what is stored of one may differ from server to server.
  std::string CanonicalText() const override;
  void Validate() const override;

  VectorSet& set() { return *set_; }
  const VectorSet& set() const { return *set_; }
  const std::shared_ptr<VectorSet>& shared() const { return set_; }

 private:
  std::shared_ptr<VectorSet> set_;
};

}  // namespace kvorum
