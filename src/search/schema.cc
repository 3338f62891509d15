#include "search/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "search/limits.h"
#include "search/words.h"
#include "text/postings.h"

namespace kvorum {
namespace {

constexpr std::array<std::string_view, 5> kFieldTypes = {"TEXT", "TAG", "NUMERIC", "GEO", "VECTOR"};
constexpr std::array<std::string_view, 2> kAlgorithms = {"FLAT", "HNSW"};
constexpr std::array<std::string_view, 6> kElements = {"FLOAT32", "FLOAT64", "FLOAT16", "BFLOAT16", "INT8", "UINT8"};
constexpr std::array<std::string_view, 3> kMetrics = {"L2", "IP", "COSINE"};

constexpr int64_t kMaxM = 512;
constexpr int64_t kMaxWidth = 4096;
constexpr int64_t kMaxCapacity = int64_t{1} << 40;

// Which of the names the word is, or -1.
template <size_t kCount>
int IndexOf(const std::array<std::string_view, kCount>& names, std::string_view word) {
  for (size_t i = 0; i < kCount; ++i) {
    if (SameWord(names[i], word)) return static_cast<int>(i);
  }
  return -1;
}

bool Fail(std::string* error, std::string text) {
  *error = std::move(text);
  return false;
}

// The name-value pairs of one vector field.
class VectorParser {
 public:
  VectorParser(VectorOptions* options, std::string* error) : options_(options), error_(error) {}

  bool Parse(WordReader* reader) {
    std::string_view word;
    if (!reader->Take(&word)) return Fail(error_, "Bad arguments for vector similarity algorithm");
    const int algorithm = IndexOf(kAlgorithms, word);
    if (algorithm < 0) return Fail(error_, "Bad arguments for vector similarity algorithm: Could not parse algorithm");
    options_->algorithm = static_cast<VectorOptions::Algorithm>(algorithm);
    std::span<const std::string_view> list;
    if (!reader->TakeList(&list)) return Bad("Could not parse the number of arguments");
    if (list.size() % 2 != 0) return Bad("Bad number of arguments: expected pairs");
    WordReader pairs(list);
    while (!pairs.done()) {
      if (!ParsePair(&pairs)) return false;
    }
    if (!has_type_) return Bad("Missing mandatory parameter: cannot create index without specifying TYPE argument");
    if (!has_dimensions_)
      return Bad("Missing mandatory parameter: cannot create index without specifying DIM argument");
    if (!has_metric_) {
      return Bad("Missing mandatory parameter: cannot create index without specifying DISTANCE_METRIC argument");
    }
    return true;
  }

 private:
  bool Bad(std::string_view why) {
    return Fail(error_, fmt::format("Bad arguments for vector similarity {} index: {}",
                                    VectorAlgorithmName(options_->algorithm), why));
  }
  bool BadValue(std::string_view name) { return Bad(fmt::format("Bad value for {}", name)); }

  bool TakeCount(WordReader* pairs, std::string_view name, int64_t greatest, size_t* value) {
    int64_t number;
    if (!pairs->TakeInteger(1, greatest, &number)) return BadValue(name);
    *value = static_cast<size_t>(number);
    return true;
  }

  bool ParsePair(WordReader* pairs) {
    const bool is_hnsw = options_->algorithm == VectorOptions::Algorithm::kHnsw;
    if (pairs->TakeName("TYPE")) {
      std::string_view word;
      pairs->Take(&word);
      const int element = IndexOf(kElements, word);
      if (element < 0) return BadValue("TYPE");
      options_->element = static_cast<VectorOptions::Element>(element);
      return has_type_ = true;
    }
    if (pairs->TakeName("DISTANCE_METRIC")) {
      std::string_view word;
      pairs->Take(&word);
      const int metric = IndexOf(kMetrics, word);
      if (metric < 0) return BadValue("DISTANCE_METRIC");
      options_->metric = static_cast<VectorOptions::Metric>(metric);
      return has_metric_ = true;
    }
    if (pairs->TakeName("DIM")) {
      has_dimensions_ = true;
      return TakeCount(pairs, "DIM", kMaxVectorDimensions, &options_->dimensions);
    }
    if (pairs->TakeName("INITIAL_CAP")) {
      int64_t number;
      if (!pairs->TakeInteger(0, kMaxCapacity, &number)) return BadValue("INITIAL_CAP");
      options_->initial_capacity = static_cast<size_t>(number);
      return true;
    }
    if (!is_hnsw && pairs->TakeName("BLOCK_SIZE")) {
      return TakeCount(pairs, "BLOCK_SIZE", kMaxCapacity, &options_->block_size);
    }
    if (is_hnsw && pairs->TakeName("M")) return TakeCount(pairs, "M", kMaxM, &options_->m);
    if (is_hnsw && pairs->TakeName("EF_CONSTRUCTION")) {
      return TakeCount(pairs, "EF_CONSTRUCTION", kMaxWidth, &options_->build_width);
    }
    if (is_hnsw && pairs->TakeName("EF_RUNTIME")) {
      return TakeCount(pairs, "EF_RUNTIME", kMaxWidth, &options_->search_width);
    }
    if (is_hnsw && pairs->TakeName("EPSILON")) {
      if (!pairs->TakeNumber(&options_->epsilon) || options_->epsilon < 0) return BadValue("EPSILON");
      return true;
    }
    return Bad(fmt::format("Unknown argument {}", pairs->peek()));
  }

  VectorOptions* options_;
  std::string* error_;
  bool has_type_ = false;
  bool has_dimensions_ = false;
  bool has_metric_ = false;
};

// One field of FT.CREATE or FT.ALTER.
class FieldParser {
 public:
  FieldParser(const Schema& schema, WordReader* reader, std::string* error)
      : schema_(schema), reader_(reader), error_(error) {}

  bool Parse(Field* field) {
    std::string_view word;
    reader_->Take(&word);
    field->identifier = field->name = word;
    if (reader_->TakeName("AS")) {
      if (!reader_->Take(&word)) return Fail(error_, "AS requires an argument");
      field->name = word;
    }
    if (schema_.Find(field->name) != nullptr) {
      return Fail(error_, fmt::format("Duplicate field in schema - {}", field->name));
    }
    if (!reader_->Take(&word)) return Fail(error_, fmt::format("Field `{}` does not have a type", field->name));
    const int type = IndexOf(kFieldTypes, word);
    if (type < 0) return Fail(error_, fmt::format("Invalid field type for field `{}`", field->name));
    field->type = static_cast<FieldType>(type);
    if (field->type == FieldType::kTag && schema_.source == Schema::Source::kJson) field->separator = 0;
    if (field->type == FieldType::kVector && !VectorParser(&field->vector, error_).Parse(reader_)) return false;
    bool taken = true;
    while (taken) {
      if (!ParseOption(field, &taken)) return false;
    }
    return true;
  }

 private:
  bool ParseOption(Field* field, bool* taken) {
    if (reader_->TakeName("SORTABLE")) {
      if (field->type == FieldType::kVector) return Fail(error_, "Vector field cannot be sortable");
      field->sortable = true;
      field->unnormalized = reader_->TakeName("UNF") || schema_.source == Schema::Source::kJson;
      return true;
    }
    if (reader_->TakeName("NOINDEX")) return field->no_index = true;
    if (reader_->TakeName("INDEXMISSING")) return field->index_missing = true;
    const bool is_text = field->type == FieldType::kText;
    const bool is_tag = field->type == FieldType::kTag;
    if ((is_text || is_tag) && reader_->TakeName("INDEXEMPTY")) return field->index_empty = true;
    if ((is_text || is_tag) && reader_->TakeName("WITHSUFFIXTRIE")) return field->with_suffixes = true;
    if (is_text && reader_->TakeName("NOSTEM")) return field->no_stem = true;
    if (is_text && reader_->TakeName("WEIGHT")) {
      if (!reader_->TakeNumber(&field->weight) || !(field->weight >= 0 && field->weight < 1e9)) {
        return Fail(error_, "Bad arguments for weight: Could not convert argument to expected type");
      }
      return true;
    }
    if (is_text && reader_->TakeName("PHONETIC")) return ParsePhonetic(field);
    if (is_tag && reader_->TakeName("CASESENSITIVE")) return field->case_sensitive = true;
    if (is_tag && reader_->TakeName("SEPARATOR")) {
      std::string_view word;
      if (!reader_->Take(&word)) return Fail(error_, "SEPARATOR requires an argument");
      if (word.size() != 1) {
        return Fail(error_, fmt::format("Tag separator must be a single character. Got `{}`", word));
      }
      field->separator = word[0];
      return true;
    }
    *taken = false;
    return true;
  }

  bool ParsePhonetic(Field* field) {
    std::string_view word;
    if (!reader_->Take(&word)) return Fail(error_, "PHONETIC requires an argument");
    if (word.size() != 5 || !SameWord(word.substr(0, 3), "dm:")) {
      return Fail(error_,
                  "Matcher Format: <2 chars algorithm>:<2 chars language>. Support algorithms: double metaphone (dm)");
    }
    field->phonetic = word;
    return true;
  }

  const Schema& schema_;
  WordReader* reader_;
  std::string* error_;
};

// What stands before SCHEMA.
class OptionParser {
 public:
  OptionParser(Schema* schema, WordReader* reader, std::string* error)
      : schema_(schema), reader_(reader), error_(error) {}

  bool Parse() {
    while (!reader_->TakeName("SCHEMA")) {
      if (reader_->done()) return Fail(error_, "No schema found");
      if (!ParseFlag() && !ParseValue()) {
        if (error_->empty()) *error_ = fmt::format("Unknown argument `{}`", reader_->peek());
        return false;
      }
      if (!error_->empty()) return false;
    }
    return true;
  }

 private:
  bool ParseFlag() {
    const std::pair<std::string_view, bool*> flags[] = {{"MAXTEXTFIELDS", &schema_->max_text_fields},
                                                        {"NOOFFSETS", &schema_->no_offsets},
                                                        {"NOHL", &schema_->no_highlight},
                                                        {"NOFIELDS", &schema_->no_fields},
                                                        {"NOFREQS", &schema_->no_frequencies},
                                                        {"SKIPINITIALSCAN", &schema_->skip_initial_scan}};
    for (const auto& [name, flag] : flags) {
      if (reader_->TakeName(name)) return *flag = true;
    }
    return false;
  }

  // True as soon as the name is known; a bad value leaves an error.
  bool ParseValue() {
    const std::pair<std::string_view, std::string*> texts[] = {{"FILTER", &schema_->filter},
                                                               {"LANGUAGE_FIELD", &schema_->language_field},
                                                               {"SCORE_FIELD", &schema_->score_field},
                                                               {"PAYLOAD_FIELD", &schema_->payload_field}};
    for (const auto& [name, text] : texts) {
      if (!reader_->TakeName(name)) continue;
      std::string_view word;
      if (!reader_->Take(&word)) return Missing(name);
      *text = word;
      return true;
    }
    if (reader_->TakeName("ON")) return ParseSource();
    if (reader_->TakeName("PREFIX")) return ParsePrefixes();
    if (reader_->TakeName("LANGUAGE")) return ParseLanguage();
    if (reader_->TakeName("SCORE")) {
      if (!reader_->TakeNumber(&schema_->score) || !(schema_->score >= 0 && schema_->score <= 1)) {
        *error_ = fmt::format("Invalid score: {}", reader_->peek());
      }
      return true;
    }
    if (reader_->TakeName("TEMPORARY")) {
      double seconds = 0;
      if (!reader_->TakeNumber(&seconds) || seconds < 0) return Missing("TEMPORARY");
      schema_->temporary_s = seconds;
      return true;
    }
    if (reader_->TakeName("INDEXALL")) {
      schema_->index_all = reader_->TakeName("ENABLE");
      if (!schema_->index_all && !reader_->TakeName("DISABLE"))
        *error_ = "Invalid argument for `INDEXALL`, use ENABLE/DISABLE";
      return true;
    }
    if (reader_->TakeName("STOPWORDS")) {
      std::span<const std::string_view> list;
      if (!reader_->TakeList(&list)) return Missing("STOPWORDS");
      schema_->stop_words.emplace(list.begin(), list.end());
      return true;
    }
    return false;
  }

  bool Missing(std::string_view name) {
    *error_ = fmt::format("Bad arguments for {}: Expected an argument, but none provided", name);
    return true;
  }

  bool ParseSource() {
    if (reader_->TakeName("JSON")) {
      schema_->source = Schema::Source::kJson;
    } else if (reader_->TakeName("HASH")) {
      schema_->source = Schema::Source::kHash;
    } else {
      *error_ = fmt::format("Invalid rule type: {}", reader_->peek());
    }
    return true;
  }

  bool ParsePrefixes() {
    std::span<const std::string_view> list;
    if (!reader_->TakeList(&list)) return Missing("PREFIX");
    schema_->prefixes.assign(list.begin(), list.end());
    // A star at the end, or alone, says no more than the prefix itself.
    for (std::string& prefix : schema_->prefixes) {
      if (prefix == "*") prefix.clear();
    }
    if (schema_->prefixes.empty()) schema_->prefixes.emplace_back();
    return true;
  }

  bool ParseLanguage() {
    std::string_view word;
    if (!reader_->Take(&word)) return Missing("LANGUAGE");
    const std::optional<Language> language = LanguageNamed(word);
    if (!language) *error_ = fmt::format("Invalid language: {}", word);
    schema_->language = language.value_or(Language::kEnglish);
    schema_->has_language = true;
    return true;
  }

  Schema* schema_;
  WordReader* reader_;
  std::string* error_;
};

bool ParseFieldList(WordReader* reader, Schema* schema, std::string* error) {
  if (reader->done()) return Fail(error, "Fields arguments are missing");
  size_t text_fields = schema->TextFields();
  while (!reader->done()) {
    Field field;
    if (!FieldParser(*schema, reader, error).Parse(&field)) return false;
    if (field.type == FieldType::kText) {
      field.text_field = text_fields++;
      if (text_fields > kMaxTextFields) {
        return Fail(error, fmt::format("Schema is limited to {} TEXT fields", kMaxTextFields));
      }
    }
    schema->fields.push_back(std::move(field));
    if (schema->fields.size() > kMaxIndexFields) {
      return Fail(error, fmt::format("Schema is limited to {} fields", kMaxIndexFields));
    }
  }
  return true;
}

}  // namespace

std::string_view FieldTypeName(FieldType type) { return kFieldTypes[static_cast<size_t>(type)]; }
std::string_view VectorAlgorithmName(VectorOptions::Algorithm algorithm) {
  return kAlgorithms[static_cast<size_t>(algorithm)];
}
std::string_view VectorElementName(VectorOptions::Element element) { return kElements[static_cast<size_t>(element)]; }
std::string_view VectorMetricName(VectorOptions::Metric metric) { return kMetrics[static_cast<size_t>(metric)]; }

namespace {

// The nearest half-precision number, ties to even; too large ones are infinite.
uint16_t HalfOf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16 & 0x8000;
  const int exponent = static_cast<int>(bits >> 23 & 0xFF) - 127 + 15;
  uint32_t mantissa = bits & 0x7FFFFF;
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return static_cast<uint16_t>(sign | 0x7E00);
  if (exponent >= 31) return static_cast<uint16_t>(sign | 0x7C00);
  int shift = 13;
  uint32_t base = static_cast<uint32_t>(std::max(exponent, 0)) << 10;
  if (exponent <= 0) {
    if (exponent < -10) return static_cast<uint16_t>(sign);
    mantissa |= 0x800000;
    shift = 14 - exponent;
  }
  const uint32_t half = uint32_t{1} << (shift - 1), rest = mantissa & (2 * half - 1);
  base += mantissa >> shift;
  if (rest > half || (rest == half && (base & 1) != 0)) ++base;
  return static_cast<uint16_t>(sign | base);
}

uint16_t BrainHalfOf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

template <typename Element>
void AppendElement(std::string* out, Element element) {
  out->append(reinterpret_cast<const char*>(&element), sizeof(element));
}

}  // namespace

std::string EncodeVector(VectorOptions::Element element, std::span<const double> numbers) {
  using Kind = VectorOptions::Element;
  std::string bytes;
  for (double number : numbers) {
    switch (element) {
      case Kind::kFloat32:
        AppendElement(&bytes, static_cast<float>(number));
        break;
      case Kind::kFloat64:
        AppendElement(&bytes, number);
        break;
      case Kind::kFloat16:
        AppendElement(&bytes, HalfOf(static_cast<float>(number)));
        break;
      case Kind::kBFloat16:
        AppendElement(&bytes, BrainHalfOf(static_cast<float>(number)));
        break;
      case Kind::kInt8:
        AppendElement(&bytes, static_cast<int8_t>(std::clamp(std::nearbyint(number), -128.0, 127.0)));
        break;
      case Kind::kUint8:
        AppendElement(&bytes, static_cast<uint8_t>(std::clamp(std::nearbyint(number), 0.0, 255.0)));
        break;
    }
  }
  return bytes;
}

size_t VectorOptions::ElementBytes() const {
  constexpr std::array<size_t, 6> kBytes = {4, 8, 2, 2, 1, 1};
  return kBytes[static_cast<size_t>(element)];
}

const Field* Schema::Find(std::string_view name) const {
  for (const Field& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

const Field* Schema::FindAny(std::string_view name_or_identifier) const {
  if (const Field* field = Find(name_or_identifier)) return field;
  for (const Field& field : fields) {
    if (field.identifier == name_or_identifier) return &field;
  }
  return nullptr;
}

size_t Schema::TextFields() const {
  return static_cast<size_t>(
      std::count_if(fields.begin(), fields.end(), [](const Field& field) { return field.type == FieldType::kText; }));
}

bool ParseSchema(std::span<const std::string_view> words, Schema* schema, std::string* error) {
  WordReader reader(words);
  error->clear();
  return OptionParser(schema, &reader, error).Parse() && ParseFieldList(&reader, schema, error);
}

bool ParseFields(std::span<const std::string_view> words, Schema* schema, std::string* error) {
  WordReader reader(words);
  Schema changed = *schema;
  if (!ParseFieldList(&reader, &changed, error)) return false;
  *schema = std::move(changed);
  return true;
}

}  // namespace kvorum
