// JsonDocument: a JSON value as a document of an index. Identifiers are paths.
//
// A path may find several values, and of an array each item is a value, one level deep; where a vector is asked for, an array of numbers
// is one, and an array of such arrays several.
//
// Threads: the shard's. Ownership: borrows the value.
#pragma once

#include "json/value.h"
#include "search/document.h"

namespace kvorum {

class JsonDocument final : public Document {
 public:
  explicit JsonDocument(const JsonValue* root) : root_(root) {}

  bool Read(std::string_view identifier, bool as_vector, std::vector<DocumentValue>* values) const override;
  void ReadAll(std::vector<std::pair<std::string, std::string>>* fields) const override;
  // The first value of the path: a text as it is, anything else as JSON.
  bool ReadShown(std::string_view identifier, std::string* shown) const override;

 private:
  // Paths find places that can be changed; here nobody does.
  JsonValue& root() const { return const_cast<JsonValue&>(*root_); }

  const JsonValue* root_;
};

}  // namespace kvorum
