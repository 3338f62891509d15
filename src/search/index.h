// SearchIndex: one index of FT.CREATE: its schema, and for each field what finds documents by it.
//
// A document goes by its key; each time it is put it gets a new number, above all before, by which the parts of the index know it.
// What a removed one leaves in lists of terms and tags is swept out by Collect, which whoever owns the index calls now and then.
//
// A document that a field's type does not fit is not in the index at all: a failure, which is counted and told by FT.INFO.
//
// Threads: one. Ownership: owns copies of what it keeps: keys, sort values, payloads; never of the documents. Complexity: Put O(size of the
// document), Remove O(fields * log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "search/document.h"
#include "search/expression.h"
#include "search/field_vectors.h"
#include "search/geo_index.h"
#include "search/numeric_index.h"
#include "search/schema.h"
#include "search/tag_index.h"
#include "search/value.h"
#include "structures/hash_table.h"
#include "text/inverted_index.h"
#include "vector/vector_work.h"

namespace kvorum {

struct IndexedDocument {
  DocId id = 0;
  float score = 1;
  Language language = Language::kEnglish;
  std::string key;
  std::string payload;
  std::vector<Value> sort_values;  // of the sortable fields, in the schema's order
};

class SearchIndex {
 public:
  enum class Outcome : uint8_t { kIndexed, kFiltered, kFailed };
  struct Failures {
    uint64_t count = 0;
    std::string last_error = "N/A";
    std::string last_key = "N/A";
  };
  struct Memory {
    size_t text = 0;
    size_t tags = 0;
    size_t numbers = 0;
    size_t places = 0;
    size_t vectors = 0;
    size_t documents = 0;
    size_t sort_values = 0;

    size_t total() const { return text + tags + numbers + places + vectors + documents + sort_values; }
  };

  // Null: *error says why (a FILTER that is no expression). `work` is where vectors' insertions are prepared; null: here.
  static std::unique_ptr<SearchIndex> Create(std::string name, Schema schema, VectorWork* work, std::string* error);
  SearchIndex(const SearchIndex&) = delete;
  SearchIndex& operator=(const SearchIndex&) = delete;
  ~SearchIndex();

  const std::string& name() const { return name_; }
  const Schema& schema() const { return schema_; }

  // Whether a key with this name is to be in the index.
  bool Covers(std::string_view key) const;

  // Adds or replaces. What is filtered or failed is removed if it was there.
  Outcome Put(std::string_view key, const Document& document);
  bool Remove(std::string_view key);
  // Fields are added to those there are, none of them TEXT; documents lack them until they are put again. Fields have other addresses
  // afterwards.
  void AddFields(const Schema& schema, VectorWork* work);
  // Of an index whose first fields are those of this one, which is empty: its graphs wait for their documents to be put here
  // (FieldVectors::Orphan). It may do no more than end.
  void TakeGraphs(SearchIndex* other);
  // Nobody asks or changes it any more: another thread may delete it.
  void Leave();
  // Takes up to about `blocks` blocks of lists and takes out what removed documents left. Returns entries taken out.
  size_t Collect(size_t blocks);
  bool HasGarbage() const;
  // Whether there is enough of it to be worth a walk over all lists, or such a walk has begun.
  bool NeedsCollecting() const;

  size_t size() const { return by_id_.size(); }
  DocId last_id() const { return last_id_; }
  // Before Find and Put of several: brings nearer where they look.
  void PrefetchKey(std::string_view key) const;
  const IndexedDocument* Find(std::string_view key) const;
  const IndexedDocument* Find(DocId id) const {
    IndexedDocument* const* found = by_id_.Find(id);
    return found == nullptr ? nullptr : *found;
  }
  // The document's value of a sortable field; null when it has none or the field is not sortable.
  const Value* SortValue(const IndexedDocument& document, const Field& field) const;

  const InvertedIndex& text() const { return *text_; }
  InvertedIndex& text() { return *text_; }
  const IdTable<DocStats>& all() const { return text_->documents(); }
  // Null when the field is not of that type, or not indexed.
  const TagIndex* tags(const Field& field) const { return Part(field).tags.get(); }
  const NumericIndex* numbers(const Field& field) const { return Part(field).numbers.get(); }
  const GeoIndex* places(const Field& field) const { return Part(field).places.get(); }
  const FieldVectors* vectors(const Field& field) const { return Part(field).vectors.get(); }
  FieldVectors* vectors(const Field& field) { return Part(field).vectors.get(); }
  // Documents without the field, of a field with INDEXMISSING.
  const TagIndex* missing(const Field& field) const { return Part(field).missing.get(); }

  const Failures& failures() const { return failures_; }
  const Failures& failures(const Field& field) const { return Part(field).failures; }
  uint64_t records() const;
  Memory MemoryUsage() const;
  void Validate() const;

 private:
  struct FieldPart {
    std::unique_ptr<TagIndex> tags;
    std::unique_ptr<TagIndex> missing;
    std::unique_ptr<NumericIndex> numbers;
    std::unique_ptr<GeoIndex> places;
    std::unique_ptr<FieldVectors> vectors;
    size_t sort_slot = 0;
    Failures failures;
  };
  struct Traits {
    static std::string_view Key(const IndexedDocument* document) { return document->key; }
  };
  // What a document's field gives, checked, before anything of the index changes.
  struct Extracted {
    bool present = false;
    std::vector<std::string> texts;  // and vectors' bytes
    std::vector<std::string> tags;
    std::vector<double> numbers;
    std::vector<GeoPoint> places;
    Value sort_value;
  };

  SearchIndex(std::string name, Schema schema, VectorWork* work);
  void MakePart(const Field& field, VectorWork* work);
  const FieldPart& Part(const Field& field) const {
    return parts_[static_cast<size_t>(&field - schema_.fields.data())];
  }
  FieldPart& Part(const Field& field) { return parts_[static_cast<size_t>(&field - schema_.fields.data())]; }

  bool Passes(std::string_view key, const Document& document) const;
  bool ReadOptions(const Document& document, IndexedDocument* indexed) const;
  bool Extract(const Document& document, const Field& field, Extracted* extracted, std::string* error) const;
  bool ExtractVector(const Field& field, const DocumentValue& value, Extracted* extracted, std::string* error) const;
  // `has_vectors`: those of the field are there already.
  void AddField(const Field& field, const IndexedDocument& document, const Extracted& extracted, bool has_vectors);
  void CountFailure(const Field& field, std::string_view key, const std::string& error);

  std::string name_;
  Schema schema_;
  std::unique_ptr<Expression> filter_;
  std::unique_ptr<InvertedIndex> text_;
  std::vector<FieldPart> parts_;
  size_t sort_slots_ = 0;
  HashTable<IndexedDocument, Traits> by_key_;
  IdTable<IndexedDocument*> by_id_;
  DocId last_id_ = 0;
  size_t key_bytes_ = 0;
  size_t sort_bytes_ = 0;
  Failures failures_;
};

}  // namespace kvorum
