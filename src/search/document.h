// Documents as the index reads them. Where they live (hashes, JSON) is the business of whoever implements this.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvorum {

struct DocumentValue {
  enum class Kind : uint8_t { kText, kNumber, kBoolean, kNull, kNumbers };
  Kind kind = Kind::kText;
  std::string text;             // also of a hash's numbers and vectors
  double number = 0;            // 0 or 1 of a boolean
  std::vector<double> numbers;  // an array of numbers, where a vector is asked for

  static DocumentValue Text(std::string_view text) {
    DocumentValue value;
    value.text = text;
    return value;
  }
};

class Document {
 public:
  virtual ~Document() = default;
  // Appends the values of a hash's field or a JSON path: several of a path that names an array or many places. An array of
  // numbers stays one value if `as_vector`. False: there is none.
  virtual bool Read(std::string_view identifier, bool as_vector, std::vector<DocumentValue>* values) const = 0;
  // The bytes of the one text that Read gives, where they lie until something changes. False: ask Read.
  virtual bool View(std::string_view /*identifier*/, std::string_view* /*text*/) const { return false; }
  // Brings nearer what View will read, in steps from 0 on, between which others' should come. False: there are no more steps.
  virtual bool Prefetch(std::string_view /*identifier*/, int /*step*/) const { return false; }
  // Appends all there is as replies show it: a hash's fields, of JSON the whole under "$".
  virtual void ReadAll(std::vector<std::pair<std::string, std::string>>* fields) const = 0;
  // One field, or path, as replies show it.
  virtual bool ReadShown(std::string_view identifier, std::string* shown) const = 0;
};

// Where documents are found by key.
class DocumentSource {
 public:
  virtual ~DocumentSource() = default;
  // Null when it is gone, or is of another type.
  virtual std::unique_ptr<Document> Open(std::string_view key) const = 0;
  // Several, which may wait for memory at the same time.
  virtual std::vector<std::unique_ptr<Document>> OpenAll(std::span<const std::string_view> keys) const {
    std::vector<std::unique_ptr<Document>> opened;
    opened.reserve(keys.size());
    for (const std::string_view key : keys) opened.push_back(Open(key));
    return opened;
  }
};

}  // namespace kvorum
