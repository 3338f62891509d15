#include "search/index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/numbers.h"
#include "search/vector_bytes.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

StopWords StopWordsOf(const Schema& schema) {
  if (!schema.stop_words) return StopWords::Default();
  const std::vector<std::string_view> words(schema.stop_words->begin(), schema.stop_words->end());
  return StopWords(words);
}

std::unique_ptr<InvertedIndex> TextIndexOf(const Schema& schema) {
  InvertedIndex::Options options;
  options.frequencies = !schema.no_frequencies;
  options.positions = !schema.no_offsets;
  for (const Field& field : schema.fields) {
    if (field.type != FieldType::kText) continue;
    options.fields.push_back({.weight = static_cast<float>(field.weight), .stems = !field.no_stem});
    options.suffixes = options.suffixes || field.with_suffixes;
  }
  options.one_field = options.fields.size() <= 1;
  return std::make_unique<InvertedIndex>(options, StopWordsOf(schema));
}

// A JSON value where a field wants a text.
bool TextOf(const DocumentValue& value, std::string* text) {
  switch (value.kind) {
    case DocumentValue::Kind::kText:
      *text = value.text;
      return true;
    case DocumentValue::Kind::kBoolean:
      *text = value.number != 0 ? "true" : "false";
      return true;
    default:
      return false;
  }
}

size_t SortBytes(const std::vector<Value>& values) {
  size_t bytes = values.capacity() * sizeof(Value);
  for (const Value& value : values) bytes += value.IsText() ? value.text().capacity() : 0;
  return bytes;
}

// A filter sees the document's fields and its key.
class DocumentProperties final : public ExpressionContext {
 public:
  DocumentProperties(std::string_view key, const Schema& schema, const Document& document)
      : key_(key), schema_(schema), document_(document) {}
  Value Property(std::string_view name) const override {
    if (name == "__key") return Value(key_);
    const Field* field = schema_.Find(name);
    std::string text;
    if (!document_.ReadShown(field == nullptr ? name : std::string_view(field->identifier), &text)) return Value();
    double number;
    if (field != nullptr && field->type == FieldType::kNumeric && ParseDouble(text, &number)) return Value(number);
    return Value(std::move(text));
  }

 private:
  std::string_view key_;
  const Schema& schema_;
  const Document& document_;
};

}  // namespace

std::unique_ptr<SearchIndex> SearchIndex::Create(std::string name, Schema schema, VectorWork* work,
                                                 std::string* error) {
  std::unique_ptr<Expression> filter;
  if (!schema.filter.empty()) {
    filter = Expression::Parse(schema.filter, error);
    if (filter == nullptr) return nullptr;
  }
  std::unique_ptr<SearchIndex> index(new SearchIndex(std::move(name), std::move(schema), work));
  index->filter_ = std::move(filter);
  return index;
}

SearchIndex::SearchIndex(std::string name, Schema schema, VectorWork* work)
    : name_(std::move(name)), schema_(std::move(schema)), text_(TextIndexOf(schema_)), parts_(schema_.fields.size()) {
  for (const Field& field : schema_.fields) MakePart(field, work);
}

void SearchIndex::MakePart(const Field& field, VectorWork* work) {
  FieldPart& part = Part(field);
  if (field.sortable) part.sort_slot = sort_slots_++;
  if (field.no_index) return;
  if (field.index_missing) part.missing = std::make_unique<TagIndex>(false);
  if (field.type == FieldType::kTag) part.tags = std::make_unique<TagIndex>(field.with_suffixes);
  if (field.type == FieldType::kNumeric) part.numbers = std::make_unique<NumericIndex>();
  if (field.type == FieldType::kGeo) part.places = std::make_unique<GeoIndex>();
  if (field.type == FieldType::kVector) part.vectors = std::make_unique<FieldVectors>(field.vector, work);
}

void SearchIndex::AddFields(const Schema& schema, VectorWork* work) {
  const size_t before = schema_.fields.size();
  schema_ = schema;
  parts_.resize(schema_.fields.size());
  for (size_t i = before; i < schema_.fields.size(); ++i) {
    CHECK(schema_.fields[i].type != FieldType::kText);
    MakePart(schema_.fields[i], work);
  }
}

void SearchIndex::TakeGraphs(SearchIndex* other) {
  for (size_t i = 0; i < other->parts_.size(); ++i) {
    const Field& field = schema_.fields[i];
    if (field.type != FieldType::kVector || field.vector.algorithm != VectorOptions::Algorithm::kHnsw) continue;
    if (parts_[i].vectors == nullptr) continue;
    parts_[i].vectors = std::move(other->parts_[i].vectors);
    parts_[i].vectors->Orphan();
  }
}

void SearchIndex::Leave() {
  for (FieldPart& part : parts_) {
    if (part.vectors != nullptr) part.vectors->Leave();
  }
}

SearchIndex::~SearchIndex() {
  by_key_.ForEach([](IndexedDocument* document) { Delete(document); });
}

bool SearchIndex::Covers(std::string_view key) const {
  for (const std::string& prefix : schema_.prefixes) {
    if (key.starts_with(prefix)) return true;
  }
  return false;
}

const IndexedDocument* SearchIndex::Find(std::string_view key) const {
  auto& table = const_cast<SearchIndex*>(this)->by_key_;
  IndexedDocument** found = table.Find(key, HashBytes(key));
  return found == nullptr ? nullptr : *found;
}

void SearchIndex::PrefetchKey(std::string_view key) const { by_key_.PrefetchBucket(HashBytes(key)); }

const Value* SearchIndex::SortValue(const IndexedDocument& document, const Field& field) const {
  if (!field.sortable || document.sort_values.size() <= Part(field).sort_slot) return nullptr;
  const Value& value = document.sort_values[Part(field).sort_slot];
  return value.IsNull() ? nullptr : &value;
}

bool SearchIndex::Passes(std::string_view key, const Document& document) const {
  return filter_ == nullptr || filter_->Evaluate(DocumentProperties(key, schema_, document)).IsTrue();
}

// The fields that say how the document is to be indexed. False: they say nonsense.
bool SearchIndex::ReadOptions(const Document& document, IndexedDocument* indexed) const {
  indexed->score = static_cast<float>(schema_.score);
  indexed->language = schema_.language;
  std::string text;
  if (!schema_.language_field.empty() && document.ReadShown(schema_.language_field, &text)) {
    const std::optional<Language> language = LanguageNamed(text);
    if (!language) return false;
    indexed->language = *language;
  }
  if (!schema_.score_field.empty() && document.ReadShown(schema_.score_field, &text)) {
    double score;
    if (ParseDouble(text, &score) && score >= 0 && score <= 1) indexed->score = static_cast<float>(score);
  }
  if (!schema_.payload_field.empty()) document.ReadShown(schema_.payload_field, &indexed->payload);
  return true;
}

bool SearchIndex::ExtractVector(const Field& field, const DocumentValue& value, Extracted* extracted,
                                std::string* error) const {
  std::string bytes = value.text;
  if (value.kind == DocumentValue::Kind::kNumbers) {
    bytes.clear();
    if (value.numbers.size() == field.vector.dimensions) bytes = EncodeVector(field.vector.element, value.numbers);
  } else if (value.kind != DocumentValue::Kind::kText || schema_.source == Schema::Source::kJson) {
    *error = fmt::format("Invalid vector type for field `{}`", field.name);
    return false;
  }
  if (bytes.size() != field.vector.VectorBytes()) {
    *error = fmt::format("Could not add vector with blob size {} (expected size {})", bytes.size(),
                         field.vector.VectorBytes());
    return false;
  }
  std::vector<float> numbers;
  if (!DecodeVector(field.vector, bytes, &numbers)) {
    *error = fmt::format("Could not add vector: field `{}` has {}", field.name,
                         field.vector.metric == VectorOptions::Metric::kCosine
                             ? "a number that is not finite, or no direction"
                             : "a number that is not finite");
    return false;
  }
  extracted->texts.push_back(std::move(bytes));
  return true;
}

bool SearchIndex::Extract(const Document& document, const Field& field, Extracted* extracted,
                          std::string* error) const {
  std::vector<DocumentValue> values;
  if (!document.Read(field.identifier, field.type == FieldType::kVector, &values)) return true;
  auto fail = [&](std::string why) {
    *error = std::move(why);
    return false;
  };
  for (const DocumentValue& value : values) {
    if (value.kind == DocumentValue::Kind::kNull) continue;
    extracted->present = true;
    std::string text;
    switch (field.type) {
      case FieldType::kText:
      case FieldType::kTag:
        if (!TextOf(value, &text) || (field.type == FieldType::kText && value.kind == DocumentValue::Kind::kBoolean)) {
          return fail(fmt::format("Invalid JSON type: field `{}` wants a string", field.name));
        }
        if (extracted->sort_value.IsNull()) extracted->sort_value = field.unnormalized ? text : SortForm(text);
        if (field.type == FieldType::kTag) {
          for (std::string& tag : SplitTags(text, field.separator, field.case_sensitive, field.index_empty)) {
            extracted->tags.push_back(std::move(tag));
          }
        } else {
          extracted->texts.push_back(std::move(text));
        }
        break;
      case FieldType::kNumeric: {
        double number = value.number;
        const bool is_number = value.kind == DocumentValue::Kind::kNumber ||
                               (value.kind == DocumentValue::Kind::kText && schema_.source == Schema::Source::kHash &&
                                ParseDouble(value.text, &number));
        if (!is_number || std::isnan(number)) return fail(fmt::format("Invalid numeric value: '{}'", value.text));
        extracted->numbers.push_back(number);
        if (extracted->sort_value.IsNull()) extracted->sort_value = number;
        break;
      }
      case FieldType::kGeo: {
        GeoPoint point;
        if (value.kind != DocumentValue::Kind::kText || !ParseGeoPoint(value.text, &point)) {
          return fail(fmt::format("Invalid geo string: '{}'", value.text));
        }
        extracted->places.push_back(point);
        if (extracted->sort_value.IsNull()) extracted->sort_value = value.text;
        break;
      }
      case FieldType::kVector:
        if (!ExtractVector(field, value, extracted, error)) return false;
        break;
    }
  }
  return true;
}

void SearchIndex::AddField(const Field& field, const IndexedDocument& document, const Extracted& extracted,
                           bool has_vectors) {
  if (field.no_index) return;
  FieldPart& part = Part(field);
  if (part.missing != nullptr && !extracted.present) part.missing->Add(document.id, {""});
  switch (field.type) {
    case FieldType::kText:
      for (const std::string& text : extracted.texts) {
        text_->AddText(field.text_field, document.language, text);
        if (text.empty() && field.index_empty) text_->AddTerm(field.text_field, "");
      }
      break;
    case FieldType::kTag:
      part.tags->Add(document.id, extracted.tags);
      break;
    case FieldType::kNumeric:
      part.numbers->Add(document.id, extracted.numbers);
      break;
    case FieldType::kGeo:
      part.places->Add(document.id, extracted.places);
      break;
    case FieldType::kVector:
      if (has_vectors) break;
      for (const std::string& vector : extracted.texts) part.vectors->Add(document.id, vector);
      break;
  }
}

void SearchIndex::CountFailure(const Field& field, std::string_view key, const std::string& error) {
  for (Failures* failures : {&failures_, &Part(field).failures}) {
    ++failures->count;
    failures->last_error = error;
    failures->last_key = key;
  }
}

SearchIndex::Outcome SearchIndex::Put(std::string_view key, const Document& document) {
  if (!Passes(key, document)) {
    Remove(key);
    return Outcome::kFiltered;
  }
  IndexedDocument indexed;
  indexed.key = key;
  if (!ReadOptions(document, &indexed)) {
    ++failures_.count;
    failures_.last_error = "Invalid language";
    failures_.last_key = key;
    Remove(key);
    return Outcome::kFailed;
  }
  // Everything is read and checked before anything changes.
  std::vector<Extracted> extracted(schema_.fields.size());
  std::string error;
  for (size_t i = 0; i < schema_.fields.size(); ++i) {
    if (Extract(document, schema_.fields[i], &extracted[i], &error)) continue;
    CountFailure(schema_.fields[i], key, error);
    Remove(key);
    return Outcome::kFailed;
  }
  indexed.id = ++last_id_;
  std::vector<bool> is_moved(schema_.fields.size());
  if (const IndexedDocument* before = Find(key)) {
    for (size_t i = 0; i < parts_.size(); ++i) {
      is_moved[i] = parts_[i].vectors != nullptr && parts_[i].vectors->Move(before->id, indexed.id, extracted[i].texts);
    }
  }
  Remove(key);
  if (sort_slots_ > 0) indexed.sort_values.resize(sort_slots_);
  for (size_t i = 0; i < schema_.fields.size(); ++i) {
    const Field& field = schema_.fields[i];
    AddField(field, indexed, extracted[i], is_moved[i]);
    if (field.sortable) indexed.sort_values[Part(field).sort_slot] = std::move(extracted[i].sort_value);
  }
  text_->Finish(indexed.id, indexed.score);
  sort_bytes_ += SortBytes(indexed.sort_values);
  key_bytes_ += key.size() + indexed.payload.size();
  auto* kept = New<IndexedDocument>(std::move(indexed));
  by_key_.Insert(kept);
  by_id_.Put(kept->id, kept);
  return Outcome::kIndexed;
}

bool SearchIndex::Remove(std::string_view key) {
  IndexedDocument* document = by_key_.Erase(key);
  if (document == nullptr) return false;
  const DocId id = document->id;
  CHECK(text_->Remove(id));
  for (FieldPart& part : parts_) {
    if (part.tags != nullptr) part.tags->CountRemoved();
    if (part.missing != nullptr) part.missing->CountRemoved();
    if (part.numbers != nullptr) part.numbers->Remove(id);
    if (part.places != nullptr) part.places->Remove(id);
    if (part.vectors != nullptr) part.vectors->Remove(id);
  }
  by_id_.Erase(id);
  sort_bytes_ -= SortBytes(document->sort_values);
  key_bytes_ -= document->key.size() + document->payload.size();
  Delete(document);
  return true;
}

bool SearchIndex::HasGarbage() const {
  if (text_->HasGarbage()) return true;
  for (const FieldPart& part : parts_) {
    if (part.tags != nullptr && part.tags->HasGarbage()) return true;
    if (part.missing != nullptr && part.missing->HasGarbage()) return true;
  }
  return false;
}

bool SearchIndex::NeedsCollecting() const {
  constexpr uint64_t kFewDocuments = 64;
  constexpr uint64_t kShare = 8;
  return text_->IsCollecting() || (HasGarbage() && text_->removed() >= std::max(kFewDocuments, size() / kShare));
}

size_t SearchIndex::Collect(size_t blocks) {
  constexpr size_t kVectorMoves = 4;  // of some 100 us
  auto is_live = [this](DocId id) { return text_->IsLive(id); };
  size_t collected = text_->Collect(blocks);
  for (FieldPart& part : parts_) {
    if (part.tags != nullptr) collected += part.tags->Collect(blocks, is_live);
    if (part.missing != nullptr) collected += part.missing->Collect(blocks, is_live);
    if (part.vectors != nullptr) (void)part.vectors->Compact(kVectorMoves);
  }
  return collected;
}

uint64_t SearchIndex::records() const {
  uint64_t records = text_->records();
  for (const FieldPart& part : parts_) {
    if (part.tags != nullptr) records += part.tags->records();
    if (part.numbers != nullptr) records += part.numbers->size();
    if (part.places != nullptr) records += part.places->size();
  }
  return records;
}

SearchIndex::Memory SearchIndex::MemoryUsage() const {
  Memory memory;
  memory.text = text_->MemoryBytes();
  memory.documents = by_key_.bytes() + by_id_.MemoryBytes() + by_id_.size() * sizeof(IndexedDocument) + key_bytes_;
  memory.sort_values = sort_bytes_;
  for (const FieldPart& part : parts_) {
    if (part.tags != nullptr) memory.tags += part.tags->MemoryBytes();
    if (part.missing != nullptr) memory.tags += part.missing->MemoryBytes();
    if (part.numbers != nullptr) memory.numbers += part.numbers->MemoryBytes();
    if (part.places != nullptr) memory.places += part.places->MemoryBytes();
    if (part.vectors != nullptr) memory.vectors += part.vectors->MemoryBytes();
  }
  return memory;
}

void SearchIndex::Validate() const {
  text_->Validate();
  by_key_.Validate();
  CHECK(by_key_.size() == by_id_.size() && by_id_.size() == text_->documents().size());
  for (const FieldPart& part : parts_) {
    if (part.numbers != nullptr) part.numbers->Validate();
  }
}

}  // namespace kvorum
