#include "shard/json_document.h"

#include "json/path.h"
#include "json/text.h"

namespace kvorum {
namespace {

// What is of no kind that an index takes (an object, an array in an array) is an array of no numbers, which no field takes either.
DocumentValue ValueOf(const JsonValue& json) {
  DocumentValue value;
  switch (json.type()) {
    case JsonValue::Type::kNull:
      value.kind = DocumentValue::Kind::kNull;
      break;
    case JsonValue::Type::kBoolean:
      value.kind = DocumentValue::Kind::kBoolean;
      value.number = json.boolean() ? 1 : 0;
      value.text = json.boolean() ? "true" : "false";
      break;
    case JsonValue::Type::kInteger:
    case JsonValue::Type::kNumber:
      value.kind = DocumentValue::Kind::kNumber;
      value.number = json.number();
      WriteJson(json, &value.text);
      break;
    case JsonValue::Type::kString:
      value.text = json.string();
      break;
    default:
      value.kind = DocumentValue::Kind::kNumbers;
  }
  return value;
}

DocumentValue VectorOf(const JsonValue& json) {
  DocumentValue value;
  value.kind = DocumentValue::Kind::kNumbers;
  for (size_t i = 0; i < (json.is_array() ? json.size() : 0); ++i) {
    if (!json.at(i).is_numeric()) {
      value.numbers.clear();
      break;
    }
    value.numbers.push_back(json.at(i).number());
  }
  return value;
}

}  // namespace

bool JsonDocument::Read(std::string_view identifier, bool as_vector, std::vector<DocumentValue>* values) const {
  JsonPath path;
  std::string error;
  std::vector<JsonMatch> matches;
  if (!JsonPath::Parse(identifier, &path, &error) || !path.Find(root(), &matches)) return false;
  const size_t before = values->size();
  for (const JsonMatch& match : matches) {
    const JsonValue& json = *match.value;
    const bool is_one = !json.is_array() || (as_vector && (json.size() == 0 || !json.at(0).is_array()));
    if (is_one) {
      values->push_back(as_vector && !json.is_null() ? VectorOf(json) : ValueOf(json));
      continue;
    }
    for (size_t i = 0; i < json.size(); ++i) {
      values->push_back(as_vector ? VectorOf(json.at(i)) : ValueOf(json.at(i)));
    }
  }
  return values->size() > before;
}

void JsonDocument::ReadAll(std::vector<std::pair<std::string, std::string>>* fields) const {
  std::string text;
  WriteJson(*root_, &text);
  fields->emplace_back("$", std::move(text));
}

bool JsonDocument::ReadShown(std::string_view identifier, std::string* shown) const {
  JsonPath path;
  std::string error;
  if (!JsonPath::Parse(identifier, &path, &error)) return false;
  const JsonValue* value = path.First(root());
  if (value == nullptr) return false;
  shown->clear();
  if (value->is_string()) {
    *shown = value->string();
  } else {
    WriteJson(*value, shown);
  }
  return true;
}

}  // namespace kvorum
