// Documents for tests: hashes in memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "search/document.h"

namespace kvorum {

class TestDocument final : public Document {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  TestDocument() = default;
  explicit TestDocument(Fields fields) : fields_(std::move(fields)) {}

  bool Read(std::string_view identifier, bool, std::vector<DocumentValue>* values) const override {
    std::string text;
    if (!ReadShown(identifier, &text)) return false;
    values->push_back(DocumentValue::Text(text));
    return true;
  }
  void ReadAll(std::vector<std::pair<std::string, std::string>>* fields) const override {
    fields->insert(fields->end(), fields_.begin(), fields_.end());
  }
  bool ReadShown(std::string_view identifier, std::string* shown) const override {
    for (const auto& [name, value] : fields_) {
      if (name != identifier) continue;
      *shown = value;
      return true;
    }
    return false;
  }

 private:
  Fields fields_;
};

class TestDocuments final : public DocumentSource {
 public:
  std::map<std::string, TestDocument, std::less<>> by_key;

  std::unique_ptr<Document> Open(std::string_view key) const override {
    const auto found = by_key.find(key);
    return found == by_key.end() ? nullptr : std::make_unique<TestDocument>(found->second);
  }
};

}  // namespace kvorum
