// The recursive descent over the grammar that search/query.h gives. What a function parses is null where only stop words were.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/numbers.h"
#include "search/query.h"
#include "search/query_parser.h"
#include "search/words.h"
#include "text/term_dictionary.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace kvorum {

using Kind = QueryNode::Kind;

QueryPtr QueryParser::ParseAll() {
  QueryPtr root;
  if (text_.size() > kMaxQueryBytes) {
    *error_ = "Query is too long";
    return nullptr;
  }
  if (!ParseUnion(&root)) return nullptr;
  scanner_.SkipIgnored();
  if (scanner_.LooksAt("=>") && !ParseKnn(&root)) return nullptr;
  scanner_.SkipIgnored();
  if (!scanner_.done()) {
    SyntaxError();
    return nullptr;
  }
  return root != nullptr ? std::move(root) : Make(Kind::kNothing);
}

bool QueryParser::SyntaxError() {
  scanner_.SkipIgnored();
  return Fail(fmt::format("Syntax error at offset {} near {}", scanner_.offset(), scanner_.Near()));
}

bool QueryParser::Fail(std::string text) {
  if (error_->empty()) *error_ = std::move(text);
  return false;
}

QueryPtr QueryParser::Make(Kind kind) {
  ++nodes_;
  auto node = std::make_unique<QueryNode>(kind);
  node->fields = fields_;
  return node;
}

bool QueryParser::HasRoom() {
  if (depth_ > kMaxQueryDepth) return Fail("Query is nested too deeply");
  return nodes_ <= kMaxQueryNodes || Fail("Query has too many parts");
}

// Several as one; what is null is left out.
QueryPtr QueryParser::Join(Kind kind, std::vector<QueryPtr> children) {
  std::erase_if(children, [](const QueryPtr& child) { return child == nullptr; });
  if (children.empty()) return nullptr;
  if (children.size() == 1) return std::move(children[0]);
  QueryPtr node = Make(kind);
  node->children = std::move(children);
  return node;
}

bool QueryParser::AtEnd() {
  scanner_.SkipIgnored();
  const char next = scanner_.peek();
  return scanner_.done() || next == ')' || next == '|' || (next == '=' && scanner_.LooksAt("=>"));
}

bool QueryParser::ParseUnion(QueryPtr* out) {
  Depth depth(&depth_);
  if (!HasRoom()) return false;
  return options_.dialect == 1 ? ParseItemsOfDialect1(out) : ParseUnionOf(&QueryParser::ParseItems, out);
}

bool QueryParser::ParseUnionOf(bool (QueryParser::*parse)(QueryPtr*), QueryPtr* out) {
  std::vector<QueryPtr> children(1);
  // A bar before the first or behind the last is no alternative.
  if (!(this->*parse)(&children.back())) return false;
  while (scanner_.Take("|")) {
    children.emplace_back();
    if (!(this->*parse)(&children.back())) return false;
    if (!HasRoom()) return false;
  }
  *out = Join(Kind::kOr, std::move(children));
  return true;
}

bool QueryParser::ParseItems(QueryPtr* out) {
  std::vector<QueryPtr> children;
  while (!AtEnd()) {
    children.emplace_back();
    if (!ParseItem(&children.back())) return false;
  }
  *out = Join(Kind::kAnd, std::move(children));
  return true;
}

bool QueryParser::ParseItemsOfDialect1(QueryPtr* out) {
  std::vector<QueryPtr> children;
  while (!AtEnd()) {
    children.emplace_back();
    if (!ParseUnionOf(&QueryParser::ParseUnit, &children.back())) return false;
  }
  *out = Join(Kind::kAnd, std::move(children));
  return true;
}

// Plain words as far as they go, or one item.
bool QueryParser::ParseUnit(QueryPtr* out) {
  std::vector<QueryPtr> words;
  bool any = false;
  scanner_.SkipIgnored();
  while (scanner_.AtWord()) {
    const size_t before = scanner_.offset();
    QueryPtr word;
    if (!ParseWord(&word)) return false;
    if (word != nullptr && word->kind != Kind::kTerm) {
      if (any) {
        scanner_.set_offset(before);
        break;
      }
      *out = std::move(word);
      return ParseAttributes(out->get());
    }
    any = true;
    words.push_back(std::move(word));
    if (!HasRoom()) return false;
    scanner_.SkipIgnored();
  }
  if (!any) return ParseItem(out);
  *out = Join(Kind::kAnd, std::move(words));
  return ParseAttributes(out->get());
}

bool QueryParser::ParseItem(QueryPtr* out) {
  Depth depth(&depth_);
  if (!HasRoom() || !ParseBareItem(out)) return false;
  return ParseAttributes(out->get());
}

bool QueryParser::ParseOperand(QueryPtr* out) { return options_.dialect == 1 ? ParseUnit(out) : ParseItem(out); }

bool QueryParser::ParseBareItem(QueryPtr* out) {
  scanner_.SkipIgnored();
  switch (scanner_.peek()) {
    case '-':
    case '~': {
      const Kind kind = scanner_.peek() == '-' ? Kind::kNot : Kind::kOptional;
      scanner_.set_offset(scanner_.offset() + 1);
      if (AtEnd()) return SyntaxError();
      QueryPtr child;
      if (!ParseOperand(&child)) return false;
      if (child == nullptr) return true;
      *out = Make(kind);
      (*out)->children.push_back(std::move(child));
      return true;
    }
    case '(':
      scanner_.Take("(");
      return ParseUnion(out) && (scanner_.Take(")") || SyntaxError());
    case '@':
      return ParseField(out);
    case '"':
      return ParseQuoted(out);
    case '*':
      return ParseStar(out);
    case '%':
      return ParseFuzzy(out);
    case '$':
      return ParseParameterWord(out);
    default:
      return scanner_.AtWord() ? ParseWord(out) : SyntaxError();
  }
}

// --- Words

QueryPtr QueryParser::MakeWord(Kind kind, std::string text) {
  QueryPtr node = Make(kind);
  node->text = std::move(text);
  return node;
}

QueryPtr QueryParser::MakeTerm(std::string word) {
  if (options_.stop_words != nullptr && options_.stop_words->Has(word)) return nullptr;
  QueryPtr node = MakeWord(Kind::kTerm, std::move(word));
  node->exact = options_.verbatim;
  return node;
}

bool QueryParser::ParseWord(QueryPtr* out) {
  if (scanner_.LooksAt("w'")) {
    scanner_.set_offset(scanner_.offset() + 1);
    std::string pattern;
    if (!scanner_.TakeQuoted('\'', false, &pattern)) return SyntaxError();
    *out = MakeWord(Kind::kWildcard, FoldCase(pattern));
    return true;
  }
  std::string word = scanner_.TakeWord();
  if (word.empty()) return SyntaxError();
  if (word == "ismissing" && scanner_.peek() == '(') return ParseMissing(out);
  if (scanner_.peek() == '*') {
    scanner_.Take("*");
    *out = MakeWord(Kind::kPrefix, std::move(word));
  } else {
    *out = MakeTerm(std::move(word));
  }
  return true;
}

bool QueryParser::ParseStar(QueryPtr* out) {
  scanner_.Take("*");
  std::string word;
  if (scanner_.peek() == '$') {
    const std::string* value;
    if (!TakeParameter(&value)) return false;
    word = FoldCase(*value);
  } else if (scanner_.AtWord()) {
    word = scanner_.TakeWord();
  } else {
    *out = Make(Kind::kAll);
    return true;
  }
  const bool infix = scanner_.peek() == '*';
  if (infix) scanner_.Take("*");
  *out = MakeWord(infix ? Kind::kInfix : Kind::kSuffix, std::move(word));
  return true;
}

bool QueryParser::ParseFuzzy(QueryPtr* out) {
  size_t distance = 0;
  while (scanner_.peek() == '%') {
    scanner_.set_offset(scanner_.offset() + 1);
    ++distance;
  }
  std::string word;
  scanner_.SkipSpaces();
  if (scanner_.peek() == '$') {
    const std::string* value;
    if (!TakeParameter(&value)) return false;
    word = FoldCase(*value);
  } else {
    word = scanner_.TakeWord();
  }
  scanner_.SkipSpaces();
  for (size_t i = 0; i < distance; ++i) {
    if (scanner_.peek() != '%') return SyntaxError();
    scanner_.set_offset(scanner_.offset() + 1);
  }
  if (word.empty() || distance > kMaxFuzzyDistance) return SyntaxError();
  *out = MakeWord(Kind::kFuzzy, std::move(word));
  (*out)->distance = static_cast<uint8_t>(distance);
  return true;
}

bool QueryParser::ParseParameterWord(QueryPtr* out) {
  const std::string* value;
  if (!TakeParameter(&value)) return false;
  if (scanner_.peek() == '*') {
    scanner_.Take("*");
    *out = MakeWord(Kind::kPrefix, FoldCase(*value));
    return true;
  }
  std::vector<QueryPtr> words;
  Tokenizer tokenizer(*value);
  Token token;
  while (tokenizer.Next(&token)) {
    words.push_back(MakeTerm(std::string(token.text)));
    if (!HasRoom()) return false;
  }
  *out = Join(Kind::kAnd, std::move(words));
  return true;
}

bool QueryParser::TakeParameter(const std::string** value) {
  scanner_.set_offset(scanner_.offset() + 1);
  const std::string name = scanner_.TakeName();
  if (name.empty()) return SyntaxError();
  if (options_.parameters != nullptr) {
    const auto found = options_.parameters->find(name);
    if (found != options_.parameters->end()) {
      *value = &found->second;
      return true;
    }
  }
  return Fail(fmt::format("No such parameter `{}`", name));
}

bool QueryParser::ParseQuoted(QueryPtr* out) {
  std::string content;
  if (!scanner_.TakeQuoted('"', false, &content)) return SyntaxError();
  if (content.size() >= 3 && content.starts_with("w'") && content.ends_with('\'')) {
    *out = MakeWord(Kind::kWildcard, FoldCase(content.substr(2, content.size() - 3)));
    return true;
  }
  if (content.empty()) {
    if (!AllowsEmpty()) {
      return Fail("Use `INDEXEMPTY` in field creation in order to index and query for empty strings");
    }
    *out = MakeWord(Kind::kTerm, "");
    (*out)->exact = true;
    return true;
  }
  std::vector<QueryPtr> words;
  Tokenizer tokenizer(content);
  Token token;
  while (tokenizer.Next(&token)) {
    if (options_.stop_words != nullptr && options_.stop_words->Has(token.text)) continue;
    words.push_back(MakeWord(Kind::kTerm, std::string(token.text)));
    words.back()->exact = true;
    if (!HasRoom()) return false;
  }
  *out = Join(Kind::kPhrase, std::move(words));
  return true;
}

bool QueryParser::AllowsEmpty() const {
  for (const Field& field : schema_.fields) {
    if (field.type == FieldType::kText && field.index_empty && fields_.Has(field.text_field)) return true;
  }
  return false;
}

// --- Fields

bool QueryParser::TakeFields(std::vector<const Field*>* found) {
  const size_t offset = scanner_.offset();
  do {
    scanner_.set_offset(scanner_.offset() + 1);
    scanner_.SkipSpaces();
    if (scanner_.peek() == '@') scanner_.set_offset(scanner_.offset() + 1);
    const std::string name = scanner_.TakeName(QueryScanner::Dots::kInside);
    if (name.empty()) return SyntaxError();
    const Field* field = schema_.Find(name);
    if (field == nullptr) return Fail(fmt::format("Unknown field at offset {} near {}", offset, name));
    found->push_back(field);
    scanner_.SkipSpaces();
  } while (scanner_.peek() == '|');
  return true;
}

bool QueryParser::ParseField(QueryPtr* out) {
  const size_t offset = scanner_.offset();
  std::vector<const Field*> found;
  if (!TakeFields(&found)) return false;
  const Field* field = found[0];
  if (found.size() == 1 && field->type == FieldType::kNumeric && scanner_.peek() != ':') {
    return ParseComparison(*field, out);
  }
  if (scanner_.peek() != ':') return SyntaxError();
  scanner_.set_offset(scanner_.offset() + 1);
  scanner_.SkipIgnored();
  if (scanner_.peek() == '[' || scanner_.peek() == '{') {
    if (found.size() > 1) return SyntaxError();
    return scanner_.peek() == '{' ? ParseTags(*field, out) : ParseRange(*field, out);
  }
  FieldSet set;
  for (const Field* each : found) {
    if (each->type != FieldType::kText) {
      return Fail(fmt::format("Expected a TEXT field at offset {} near {}", offset, each->name));
    }
    set.Add(each->text_field);
  }
  if (AtEnd()) return SyntaxError();
  const FieldSet before = std::exchange(fields_, fields_ & set);
  Depth depth(&depth_);
  const bool parsed = HasRoom() && (options_.dialect == 1 ? ParseUnit(out) : ParseBareItem(out));
  fields_ = before;
  return parsed;
}

bool QueryParser::ParseMissing(QueryPtr* out) {
  scanner_.Take("(");
  scanner_.SkipIgnored();
  std::vector<const Field*> found;
  if (scanner_.peek() != '@' || !TakeFields(&found) || found.size() != 1 || !scanner_.Take(")")) return SyntaxError();
  if (!found[0]->index_missing) {
    return Fail(fmt::format("'ismissing' requires field '{}' to be defined with 'INDEXMISSING'", found[0]->name));
  }
  *out = Make(Kind::kMissing);
  (*out)->field = found[0];
  return true;
}

bool QueryParser::ParseNumberText(std::string_view text, double* value) {
  return ParseDouble(text, value) || SyntaxError();
}

bool QueryParser::ParseComparison(const Field& field, QueryPtr* out) {
  constexpr std::string_view kOperators[] = {"==", "!=", "<=", ">=", "<", ">"};
  std::string_view taken;
  for (std::string_view name : kOperators) {
    if (!taken.empty() || !scanner_.LooksAt(name)) continue;
    taken = name;
    scanner_.set_offset(scanner_.offset() + name.size());
  }
  if (taken.empty() || options_.dialect == 1) return SyntaxError();
  Bound bound;
  if (!ParseBound("()|", &bound)) return false;
  if (bound.exclusive) return SyntaxError();
  NumericRange range{.min = -INFINITY, .max = INFINITY};
  if (taken != "<" && taken != "<=") range.min = bound.value;
  if (taken != ">" && taken != ">=") range.max = bound.value;
  range.excludes_min = taken == ">";
  range.excludes_max = taken == "<";
  QueryPtr node = Make(Kind::kNumeric);
  node->field = &field;
  node->range = range;
  if (taken == "!=") {
    *out = Make(Kind::kNot);
    (*out)->children.push_back(std::move(node));
  } else {
    *out = std::move(node);
  }
  return true;
}

bool QueryParser::TakeValue(std::string_view ends, std::string* value) {
  scanner_.SkipSpaces();
  if (scanner_.peek() == '$') {
    const std::string* parameter;
    if (!TakeParameter(&parameter)) return false;
    *value = *parameter;
    return true;
  }
  *value = scanner_.TakeUntil(ends);
  return !value->empty() || SyntaxError();
}

bool QueryParser::ParseBound(std::string_view ends, Bound* bound) {
  scanner_.SkipSpaces();
  bound->exclusive = scanner_.peek() == '(';
  if (bound->exclusive) scanner_.set_offset(scanner_.offset() + 1);
  std::string text;
  if (!TakeValue(ends, &text)) return false;
  std::string_view number = text;
  if (number.starts_with('(')) {
    bound->exclusive = true;
    number.remove_prefix(1);
  }
  return ParseNumberText(number, &bound->value);
}

bool QueryParser::ParseRange(const Field& field, QueryPtr* out) {
  scanner_.Take("[");
  switch (field.type) {
    case FieldType::kNumeric:
      return ParseNumericRange(field, out);
    case FieldType::kGeo:
      return ParseCircle(field, out);
    case FieldType::kVector:
      return ParseVectorRange(field, out);
    default:
      return Fail(fmt::format("Expected a NUMERIC field at offset {} near {}", scanner_.offset(), field.name));
  }
}

bool QueryParser::TakeEndOfRange() {
  scanner_.SkipSpaces();
  if (scanner_.peek() != ']') return SyntaxError();
  scanner_.set_offset(scanner_.offset() + 1);
  return true;
}

bool QueryParser::ParseNumericRange(const Field& field, QueryPtr* out) {
  constexpr std::string_view kEnds = " ,]";
  Bound min, max;
  if (!ParseBound(kEnds, &min)) return false;
  scanner_.SkipSpaces();
  if (scanner_.peek() == ',') scanner_.set_offset(scanner_.offset() + 1);
  scanner_.SkipSpaces();
  if (scanner_.peek() == ']' && options_.dialect > 1 && !min.exclusive) {
    max = min;
  } else if (!ParseBound(kEnds, &max)) {
    return false;
  }
  if (!TakeEndOfRange()) return false;
  *out = Make(Kind::kNumeric);
  (*out)->field = &field;
  (*out)->range = {min.value, max.value, min.exclusive, max.exclusive};
  return true;
}

bool QueryParser::ParseCircle(const Field& field, QueryPtr* out) {
  double numbers[3];
  std::string text;
  for (double& number : numbers) {
    if (!TakeValue(" ,]", &text) || !ParseNumberText(text, &number)) return false;
    scanner_.SkipSpaces();
    if (scanner_.peek() == ',') scanner_.set_offset(scanner_.offset() + 1);
  }
  if (!TakeValue("]", &text) || !TakeEndOfRange()) return false;
  const double unit = GeoUnitMetres(text);
  if (unit == 0) return Fail("Invalid GeoFilter unit");
  if (!(numbers[0] >= -180 && numbers[0] <= 180 && numbers[1] >= -85.05112878 && numbers[1] <= 85.05112878)) {
    return Fail("Invalid GeoFilter lat/lon");
  }
  if (!(numbers[2] > 0)) return Fail("Invalid GeoFilter radius");
  *out = Make(Kind::kGeo);
  (*out)->field = &field;
  (*out)->circle = {numbers[0], numbers[1], numbers[2] * unit};
  return true;
}

// --- Tags

bool QueryParser::ParseTags(const Field& field, QueryPtr* out) {
  if (field.type != FieldType::kTag) {
    return Fail(fmt::format("Expected a TAG field at offset {} near {}", scanner_.offset(), field.name));
  }
  scanner_.Take("{");
  *out = Make(Kind::kTag);
  (*out)->field = &field;
  while (true) {
    QueryPtr tag;
    if (!ParseTag(field, &tag)) return false;
    if (tag != nullptr) (*out)->children.push_back(std::move(tag));
    if (!HasRoom()) return false;
    scanner_.SkipSpaces();
    const char next = scanner_.peek();
    if (next != '|' && next != '}') return SyntaxError();
    scanner_.set_offset(scanner_.offset() + 1);
    if (next == '}') return true;
  }
}

// Up to an unescaped bar or brace. Stars at its ends, when not escaped, stand for any letters.
bool QueryParser::ParseTag(const Field& field, QueryPtr* out) {
  scanner_.SkipSpaces();
  std::string text;
  bool prefix = false, suffix = false;
  Kind kind = Kind::kTerm;
  if (scanner_.LooksAt("w'")) {
    scanner_.set_offset(scanner_.offset() + 1);
    if (!scanner_.TakeQuoted('\'', false, &text)) return SyntaxError();
    kind = Kind::kWildcard;
  } else if (scanner_.peek() == '"') {
    if (!scanner_.TakeQuoted('"', true, &text)) return SyntaxError();
    if (text.empty() && !field.index_empty) {
      return Fail("Use `INDEXEMPTY` in field creation in order to index and query for empty strings");
    }
  } else {
    if (scanner_.peek() == '*') {
      suffix = true;
      scanner_.set_offset(scanner_.offset() + 1);
    }
    if (scanner_.peek() == '$') {
      const std::string* value;
      if (!TakeParameter(&value)) return false;
      text = *value;
      if (scanner_.peek() == '*') {
        prefix = true;
        scanner_.set_offset(scanner_.offset() + 1);
      }
    } else {
      if (!TakeTagText(&text, &prefix)) return false;
      if (text.empty() && !prefix && !suffix) return SyntaxError();
    }
    if (prefix || suffix) kind = !suffix ? Kind::kPrefix : prefix ? Kind::kInfix : Kind::kSuffix;
  }
  if (!field.case_sensitive) text = FoldCase(text);
  *out = MakeWord(kind, std::move(text));
  (*out)->exact = true;
  (*out)->fields = FieldSet::All();
  return true;
}

bool QueryParser::TakeTagText(std::string* text, bool* ends_in_star) {
  size_t kept = 0;  // letters that are no spaces at the end
  while (!scanner_.done() && scanner_.peek() != '|' && scanner_.peek() != '}') {
    char c = scanner_.peek();
    const bool escaped = c == '\\' && scanner_.peek(1) != '\0';
    if (escaped) c = scanner_.peek(1);
    scanner_.set_offset(scanner_.offset() + 1 + escaped);
    *text += c;
    if (escaped || static_cast<uint8_t>(c) > ' ') {
      kept = text->size();
      *ends_in_star = c == '*' && !escaped;
    }
  }
  text->resize(kept);
  if (*ends_in_star) text->pop_back();
  return true;
}

// --- Vectors

bool QueryParser::TakeVector(const Field& field, std::string* vector) {
  scanner_.SkipSpaces();
  if (scanner_.peek() != '$') return SyntaxError();
  const std::string* value;
  if (!TakeParameter(&value)) return false;
  if (value->size() != field.vector.VectorBytes()) {
    return Fail(
        fmt::format("Error parsing vector similarity query: query vector blob size ({}) does not match index's "
                    "expected size ({}).",
                    value->size(), field.vector.VectorBytes()));
  }
  *vector = *value;
  return true;
}

bool QueryParser::ParseVectorRange(const Field& field, QueryPtr* out) {
  scanner_.SkipSpaces();
  std::string text;
  if (!SameWord(scanner_.TakeUntil(" ]"), "VECTOR_RANGE")) return SyntaxError();
  QueryPtr node = Make(Kind::kVectorRange);
  node->field = &field;
  node->vector = std::make_unique<VectorQueryOptions>();
  if (!TakeValue(" ]", &text) || !ParseNumberText(text, &node->vector->radius)) return false;
  if (!(node->vector->radius >= 0)) return Fail("Error parsing vector similarity query: negative radius given");
  if (!TakeVector(field, &node->vector->vector) || !TakeEndOfRange()) return false;
  *out = std::move(node);
  return true;
}

bool QueryParser::ParseKnn(QueryPtr* root) {
  scanner_.Take("=>");
  scanner_.SkipSpaces();
  if (scanner_.peek() == '{') {
    scanner_.set_offset(scanner_.offset() - 2);
    return SyntaxError();
  }
  if (scanner_.peek() != '[') return SyntaxError();
  scanner_.set_offset(scanner_.offset() + 1);
  scanner_.SkipSpaces();
  if (!SameWord(scanner_.TakeUntil(" ]"), "KNN")) return SyntaxError();
  QueryPtr node = Make(Kind::kKnn);
  node->vector = std::make_unique<VectorQueryOptions>();
  VectorQueryOptions& vector = *node->vector;
  std::string text;
  if (!TakeValue(" ]", &text)) return false;
  int64_t k;
  if (!ParseInt64(text, &k) || k < 0 || static_cast<uint64_t>(k) > kMaxKnnResults) return Fail("Invalid K value");
  vector.k = static_cast<size_t>(k);
  scanner_.SkipSpaces();
  std::vector<const Field*> found;
  if (scanner_.peek() != '@' || !TakeFields(&found)) return SyntaxError();
  if (found.size() != 1 || found[0]->type != FieldType::kVector) {
    return Fail(fmt::format("Expected a VECTOR field at offset {} near {}", scanner_.offset(), found[0]->name));
  }
  node->field = found[0];
  if (!TakeVector(*node->field, &vector.vector)) return false;
  vector.distance_name = "__" + node->field->name + "_score";
  scanner_.SkipSpaces();
  while (scanner_.peek() != ']') {
    const std::string name(scanner_.TakeUntil(" ]"));
    if (name.empty() || !TakeValue(" ]", &text)) return SyntaxError();
    if (!ApplyVectorAttribute(&vector, SameWord(name, "AS") ? "yield_distance_as" : name, text)) return false;
    scanner_.SkipSpaces();
  }
  scanner_.set_offset(scanner_.offset() + 1);
  node->children.push_back(*root != nullptr ? std::move(*root) : Make(Kind::kNothing));
  *root = std::move(node);
  return ParseAttributes(root->get());
}

// --- Attributes

bool QueryParser::ParseAttributes(QueryNode* node) {
  const size_t before = scanner_.offset();
  if (!scanner_.Take("=>")) return true;
  scanner_.SkipSpaces();
  if (scanner_.peek() != '{') {  // a KNN clause, which is not of this item
    scanner_.set_offset(before);
    return true;
  }
  scanner_.set_offset(scanner_.offset() + 1);
  while (true) {
    scanner_.SkipSpaces();
    if (scanner_.peek() == ';') {
      scanner_.set_offset(scanner_.offset() + 1);
      continue;
    }
    if (scanner_.peek() == '}') break;
    if (scanner_.peek() != '$') return SyntaxError();
    scanner_.set_offset(scanner_.offset() + 1);
    const std::string name = scanner_.TakeName();
    scanner_.SkipSpaces();
    if (scanner_.peek() != ':') return SyntaxError();
    scanner_.set_offset(scanner_.offset() + 1);
    std::string value;
    if (!TakeValue(";}", &value)) return false;
    if (node != nullptr && !ApplyAttribute(node, name, value)) return false;
  }
  scanner_.set_offset(scanner_.offset() + 1);
  return true;
}

bool QueryParser::ApplyAttribute(QueryNode* node, std::string_view name, const std::string& value) {
  auto invalid = [&] { return Fail(fmt::format("Invalid value ({}) for `{}`", value, name)); };
  if (SameWord(name, "weight")) {
    double weight;
    if (!ParseDouble(value, &weight) || !(weight >= 0)) return invalid();
    node->weight = weight;
    return true;
  }
  if (SameWord(name, "slop")) {
    int64_t slop;
    if (!ParseInt64(value, &slop) || slop < -1 || slop > INT32_MAX) return invalid();
    node->slop = slop;
    return true;
  }
  if (SameWord(name, "inorder") || SameWord(name, "phonetic")) {
    const bool yes = SameWord(value, "true") || value == "1";
    if (!yes && !SameWord(value, "false") && value != "0") return invalid();
    if (SameWord(name, "inorder")) node->in_order = yes;
    return true;
  }
  if (node->vector != nullptr) return ApplyVectorAttribute(node->vector.get(), name, value);
  return Fail(fmt::format("Invalid attribute {}", name));
}

bool QueryParser::ApplyVectorAttribute(VectorQueryOptions* vector, std::string_view name, const std::string& value) {
  auto invalid = [&] {
    return Fail(fmt::format("Error parsing vector similarity parameters: Invalid value for {}", name));
  };
  int64_t count;
  double number;
  const bool is_count = ParseInt64(value, &count) && count > 0 && count <= INT32_MAX;
  const bool is_number = ParseDouble(value, &number);
  if (SameWord(name, "yield_distance_as")) {
    vector->distance_name = value;
  } else if (SameWord(name, "ef_runtime")) {
    if (!is_count) return invalid();
    vector->search_width = static_cast<size_t>(count);
  } else if (SameWord(name, "batch_size")) {
    if (!is_count) return invalid();
    vector->batch_size = static_cast<size_t>(count);
  } else if (SameWord(name, "epsilon")) {
    if (!is_number || number < 0) return invalid();
    vector->epsilon = number;
  } else if (SameWord(name, "hybrid_policy")) {
    if (SameWord(value, "BATCHES")) {
      vector->policy = VectorQueryOptions::Policy::kBatches;
    } else if (SameWord(value, "ADHOC_BF")) {
      vector->policy = VectorQueryOptions::Policy::kScan;
    } else {
      return invalid();
    }
  } else if (SameWord(name, "shard_k_ratio")) {
    // Of clusters; one shard answers whole.
    if (!is_number || number <= 0 || number > 1) return invalid();
  } else {
    return Fail(fmt::format("Error parsing vector similarity parameters: Invalid option {}", name));
  }
  return true;
}

// --- Entry points

QueryPtr ParseQuery(std::string_view text, const Schema& schema, const QueryOptions& options, std::string* error) {
  error->clear();
  QueryPtr root = QueryParser(text, schema, options, error).ParseAll();
  if (root == nullptr && error->empty()) *error = "Syntax error";
  return root;
}

double GeoUnitMetres(std::string_view unit) {
  if (SameWord(unit, "m")) return 1;
  if (SameWord(unit, "km")) return 1000;
  if (SameWord(unit, "ft")) return 0.3048;
  if (SameWord(unit, "mi")) return 1609.34;
  return 0;
}

}  // namespace kvorum
