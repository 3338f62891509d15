// JsonObject: a JSON document (json/value.h).
//
// Threads: one. Ownership: owns the document.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "json/value.h"
#include "keyspace/object.h"

namespace kvorum {

class JsonObject final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kJson;

  explicit JsonObject(JsonValue root) : root_(std::move(root)) {}

  ObjectType type() const override { return kType; }
  // As of a module's value.
  std::string_view encoding() const override { return "raw"; }
  // Items or members of the root; 1 if it has none or is a scalar: a key with an empty document stays.
  size_t size() const override { return root_.is_container() && root_.size() > 0 ? root_.size() : 1; }
  size_t MemoryBytes(size_t samples) const override;
  size_t FreeEffort() const override { return root_.Blocks(kLazyFreeEffort + 1); }
  std::unique_ptr<Object> Clone() const override { return std::make_unique<JsonObject>(root_.Clone()); }
  // The order of members is part of it, as it is seen.
  std::string CanonicalText() const override;
  void Validate() const override { root_.Validate(); }

  const JsonValue& root() const { return root_; }
  JsonValue& root() { return root_; }

 private:
  JsonValue root_;
};

}  // namespace kvorum
