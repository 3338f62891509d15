// Schema: what an index is of, and how: the words of FT.CREATE behind the index's name.
//
// Threads: no state. Ownership: everything is copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/language.h"

namespace kvorum {

enum class FieldType : uint8_t { kText, kTag, kNumeric, kGeo, kVector };
std::string_view FieldTypeName(FieldType type);

struct VectorOptions {
  enum class Algorithm : uint8_t { kFlat, kHnsw };
  enum class Element : uint8_t { kFloat32, kFloat64, kFloat16, kBFloat16, kInt8, kUint8 };
  enum class Metric : uint8_t { kL2, kInnerProduct, kCosine };

  Algorithm algorithm = Algorithm::kFlat;
  Element element = Element::kFloat32;
  Metric metric = Metric::kL2;
  size_t dimensions = 0;
  size_t initial_capacity = 0;
  size_t block_size = 0;
  size_t m = 16;
  size_t build_width = 200;  // EF_CONSTRUCTION
  size_t search_width = 10;  // EF_RUNTIME
  double epsilon = 0.01;

  size_t ElementBytes() const;
  // Of a vector as a hash holds it.
  size_t VectorBytes() const { return dimensions * ElementBytes(); }
};
std::string_view VectorAlgorithmName(VectorOptions::Algorithm algorithm);
std::string_view VectorElementName(VectorOptions::Element element);
std::string_view VectorMetricName(VectorOptions::Metric metric);
// Numbers as a vector's bytes, in this element type; those that it has no room for become its least or greatest.
std::string EncodeVector(VectorOptions::Element element, std::span<const double> numbers);

struct Field {
  std::string identifier;  // a hash's field, a JSON path
  std::string name;        // how queries call it
  FieldType type = FieldType::kText;
  bool sortable = false;
  bool unnormalized = false;  // UNF: sorts by the value as it is
  bool no_index = false;
  bool index_empty = false;
  bool index_missing = false;
  bool with_suffixes = false;
  // TEXT
  double weight = 1;
  bool no_stem = false;
  std::string phonetic;   // accepted; no effect
  size_t text_field = 0;  // its number in the inverted index
  // TAG
  char separator = ',';  // 0: none
  bool case_sensitive = false;
  // VECTOR
  VectorOptions vector;
};

struct Schema {
  enum class Source : uint8_t { kHash, kJson };

  Source source = Source::kHash;
  std::vector<std::string> prefixes = {""};
  std::string filter;
  Language language = Language::kEnglish;
  bool has_language = false;
  std::string language_field;
  double score = 1;
  std::string score_field;
  std::string payload_field;
  bool max_text_fields = false;
  std::optional<double> temporary_s;
  bool no_offsets = false;
  bool no_highlight = false;
  bool no_fields = false;
  bool no_frequencies = false;
  std::optional<std::vector<std::string>> stop_words;  // none: the defaults
  bool skip_initial_scan = false;
  bool index_all = false;
  std::vector<Field> fields;

  // By its name, or null.
  const Field* Find(std::string_view name) const;
  // By its name, and then by what it is of.
  const Field* FindAny(std::string_view name_or_identifier) const;
  size_t TextFields() const;
};

// `words` are those behind the index's name: options and SCHEMA. False: *error says why, as an error reply without its code.
[[nodiscard]] bool ParseSchema(std::span<const std::string_view> words, Schema* schema, std::string* error);
// Fields as behind SCHEMA, added to those that the schema has (FT.ALTER).
[[nodiscard]] bool ParseFields(std::span<const std::string_view> words, Schema* schema, std::string* error);

}  // namespace kvorum
