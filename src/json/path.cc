#include "json/path.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/check.h"

namespace kvorum {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
// Of names behind a point in a filter, where operators may follow.
bool IsNameByte(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '$' ||
         static_cast<uint8_t>(c) >= 0x80;
}

void AppendUtf8(uint32_t code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xC0 | code >> 6));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xE0 | code >> 12));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

}  // namespace

class JsonPathParser {
 public:
  JsonPathParser(std::string_view text, std::string* error) : text_(text), error_(error) {}

  bool Parse(JsonPath* path) {
    at_ = 1;  // behind the $
    if (!Steps(false, &path->steps_)) return false;
    return at_ == text_.size() || Fail();
  }

 private:
  bool Fail() {
    if (error_->empty()) {
      *error_ = "ERR Error occurred on position " + std::to_string(at_ + 1) + " of the path '" +
                std::string(text_.substr(0, 256)) + "'";
    }
    return false;
  }
  bool done() const { return at_ == text_.size(); }
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void Spaces() {
    while (!done() && IsSpace(text_[at_])) ++at_;
  }
  bool Take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // Until something comes that is no step.
  bool Steps(bool in_filter, std::vector<JsonStep>* steps) {
    while (!done()) {
      JsonStep step;
      if (peek() == '[') {
        if (!Bracket(&step)) return false;
      } else if (peek() == '.') {
        ++at_;
        step.descends = Take(".");
        if (peek() == '[') {
          if (!Bracket(&step)) return false;
        } else if (!Name(in_filter, &step)) {
          return false;
        }
      } else {
        return true;
      }
      if (++steps_ > kMaxJsonPathSteps) return Fail();
      steps->push_back(std::move(step));
    }
    return true;
  }

  bool AddSelector(JsonStep* step, JsonSelector selector) {
    if (++selectors_ > kMaxJsonSelectors) return Fail();
    step->selectors.push_back(std::move(selector));
    return true;
  }

  bool Name(bool in_filter, JsonStep* step) {
    JsonSelector selector;
    if (Take("*")) return AddSelector(step, std::move(selector));
    const size_t begin = at_;
    while (!done() &&
           (in_filter ? IsNameByte(peek()) : peek() != '.' && peek() != '[' && peek() != ']' && !IsSpace(peek())))
      ++at_;
    if (at_ == begin) return Fail();
    selector.kind = JsonSelector::Kind::kName;
    selector.name = text_.substr(begin, at_ - begin);
    return AddSelector(step, std::move(selector));
  }

  bool Bracket(JsonStep* step) {
    ++at_;
    while (true) {
      Spaces();
      JsonSelector selector;
      const char next = peek();
      if (next == '*') {
        ++at_;
      } else if (next == '\'' || next == '"') {
        selector.kind = JsonSelector::Kind::kName;
        if (!Quoted(&selector.name)) return false;
      } else if (next == '?') {
        ++at_;
        selector.kind = JsonSelector::Kind::kFilter;
        auto filter = std::make_shared<JsonFilter>();
        if (!Any(filter.get(), 0)) return false;
        selector.filter = std::move(filter);
      } else if (!IndexOrSlice(&selector)) {
        return false;
      }
      if (!AddSelector(step, std::move(selector))) return false;
      Spaces();
      if (Take("]")) return true;
      if (!Take(",")) return Fail();
    }
  }

  bool Integer(std::optional<int64_t>* number) {
    const char* begin = text_.data() + at_;
    int64_t value;
    const auto [end, problem] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (end == begin) return true;
    if (problem != std::errc()) return Fail();
    at_ += static_cast<size_t>(end - begin);
    *number = value;
    return true;
  }

  bool IndexOrSlice(JsonSelector* selector) {
    if (!Integer(&selector->start)) return false;
    Spaces();
    if (!Take(":")) {
      if (!selector->start) return Fail();
      selector->kind = JsonSelector::Kind::kIndex;
      selector->index = *selector->start;
      return true;
    }
    selector->kind = JsonSelector::Kind::kSlice;
    Spaces();
    if (!Integer(&selector->end)) return false;
    Spaces();
    if (!Take(":")) return true;
    Spaces();
    std::optional<int64_t> step;
    if (!Integer(&step)) return false;
    selector->step = step.value_or(1);
    return selector->step > 0 || Fail();
  }

  bool Quoted(std::string* out) {
    const char quote = text_[at_++];
    while (!done()) {
      const char c = text_[at_++];
      if (c == quote) return true;
      if (c != '\\') {
        out->push_back(c);
        continue;
      }
      if (done()) return Fail();
      const char escape = text_[at_++];
      switch (escape) {
        case 'b':
          out->push_back('\b');
          break;
        case 'f':
          out->push_back('\f');
          break;
        case 'n':
          out->push_back('\n');
          break;
        case 'r':
          out->push_back('\r');
          break;
        case 't':
          out->push_back('\t');
          break;
        case 'u': {
          uint32_t code = 0;
          const std::string_view hex = text_.substr(at_, 4);
          const auto [end, problem] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
          if (problem != std::errc() || end != hex.data() + 4) return Fail();
          at_ += 4;
          AppendUtf8(code, out);
          break;
        }
        case '\'':
        case '"':
        case '/':
        case '\\':
          out->push_back(escape);
          break;
        default:
          // A regular expression's.
          out->push_back('\\');
          out->push_back(escape);
      }
    }
    return Fail();
  }

  // --- Filters
  bool CountTerm() { return ++terms_ <= kMaxJsonFilterTerms || Fail(); }

  bool Any(JsonFilter* filter, size_t depth) { return List("||", JsonFilter::Kind::kAny, filter, depth); }
  bool List(std::string_view word, JsonFilter::Kind kind, JsonFilter* filter, size_t depth) {
    filter->kind = kind;
    do {
      JsonFilter part;
      if (kind == JsonFilter::Kind::kAny ? !List("&&", JsonFilter::Kind::kAll, &part, depth) : !Term(&part, depth)) {
        return false;
      }
      filter->parts.push_back(std::move(part));
      Spaces();
    } while (Take(word));
    if (filter->parts.size() == 1) *filter = JsonFilter(std::move(filter->parts[0]));
    return true;
  }

  bool Term(JsonFilter* filter, size_t depth) {
    if (!CountTerm() || depth > kMaxJsonFilterDepth) return Fail();
    Spaces();
    if (peek() == '!' && peek(1) != '=') {
      ++at_;
      filter->kind = JsonFilter::Kind::kNot;
      filter->parts.emplace_back();
      return Term(&filter->parts[0], depth + 1);
    }
    if (Take("(")) {
      if (!Any(filter, depth + 1)) return false;
      Spaces();
      return Take(")") || Fail();
    }
    return Comparison(filter, depth);
  }

  bool Comparison(JsonFilter* filter, size_t depth) {
    constexpr std::pair<std::string_view, JsonFilter::Kind> kOperators[] = {
        {"==", JsonFilter::Kind::kEqual},   {"!=", JsonFilter::Kind::kUnequal}, {"<=", JsonFilter::Kind::kAtMost},
        {">=", JsonFilter::Kind::kAtLeast}, {"=~", JsonFilter::Kind::kMatches}, {"<", JsonFilter::Kind::kLess},
        {">", JsonFilter::Kind::kGreater}};
    if (!Operand(&filter->left, depth)) return false;
    Spaces();
    for (const auto& [word, kind] : kOperators) {
      if (!Take(word)) continue;
      filter->kind = kind;
      Spaces();
      if (!Operand(&filter->right, depth)) return false;
      return kind != JsonFilter::Kind::kMatches || CompileRegex(filter);
    }
    filter->kind = JsonFilter::Kind::kExists;
    return filter->left.kind == JsonOperand::Kind::kPath || Fail();
  }

  // A text that is no regular expression matches nothing, as one that a document holds.
  bool CompileRegex(JsonFilter* filter) {
    if (filter->right.kind != JsonOperand::Kind::kValue) return true;
    if (!filter->right.value.is_string()) return true;
    filter->regex = Regex::Compile(filter->right.value.string());
    return true;
  }

  bool Operand(JsonOperand* operand, size_t depth) {
    const char next = peek();
    if (next == '@' || next == '$') {
      ++at_;
      operand->kind = JsonOperand::Kind::kPath;
      operand->of_root = next == '$';
      // Filters within filters' paths count as deeper.
      if (depth >= kMaxJsonFilterDepth || ++nested_ > kMaxJsonFilterDepth) return Fail();
      const bool good = Steps(true, &operand->steps);
      --nested_;
      return good;
    }
    if (next == '"' || next == '\'') {
      std::string text;
      if (!Quoted(&text)) return false;
      operand->value = JsonValue::String(text);
      return true;
    }
    if (Take("true")) {
      operand->value = JsonValue::Boolean(true);
      return true;
    }
    if (Take("false")) {
      operand->value = JsonValue::Boolean(false);
      return true;
    }
    if (Take("null")) return true;
    return Number(operand);
  }

  bool Number(JsonOperand* operand) {
    const char* begin = text_.data() + at_;
    const char* end = text_.data() + text_.size();
    if (*begin != '-' && !IsDigit(peek())) return Fail();
    double number;
    const auto [stop, problem] = std::from_chars(begin, end, number);
    if (problem != std::errc() || !std::isfinite(number)) return Fail();
    int64_t integer;
    const auto [integer_stop, integer_problem] = std::from_chars(begin, end, integer);
    const bool is_integer = integer_problem == std::errc() && integer_stop == stop;
    operand->value = is_integer ? JsonValue::Integer(integer) : JsonValue::Number(number);
    at_ += static_cast<size_t>(stop - begin);
    return true;
  }

  const std::string_view text_;
  std::string* error_;
  size_t at_ = 0;
  size_t steps_ = 0;
  size_t selectors_ = 0;
  size_t terms_ = 0;
  size_t nested_ = 0;
};

bool JsonPath::Parse(std::string_view text, JsonPath* path, std::string* error) {
  *path = JsonPath();
  error->clear();
  if (text.size() > kMaxJsonPathBytes) {
    *error = "ERR the path is too long";
    return false;
  }
  path->legacy_ = !(text == "$" || text.starts_with("$.") || text.starts_with("$["));
  if (!path->legacy_) {
    path->text_ = text;
  } else if (text.empty() || text == ".") {
    path->text_ = "$";
  } else {
    path->text_ = (text[0] == '.' || text[0] == '[' ? "$" : "$.") + std::string(text);
  }
  return JsonPathParser(path->text_, error).Parse(path);
}

bool JsonPath::is_static() const {
  return std::all_of(steps_.begin(), steps_.end(), [](const JsonStep& step) {
    return !step.descends && step.selectors.size() == 1 &&
           (step.selectors[0].kind == JsonSelector::Kind::kName ||
            step.selectors[0].kind == JsonSelector::Kind::kIndex);
  });
}

JsonPath JsonPath::Parent() const {
  CHECK(!steps_.empty());
  JsonPath parent = *this;
  parent.steps_.pop_back();
  return parent;
}

// --- Finding ------------------------------------------------------------------------------------------------------------------

namespace {

class Walker {
 public:
  // `matches` null: only the first is wanted.
  Walker(JsonValue& root, std::vector<JsonMatch>* matches, uint64_t* work)
      : root_(root), matches_(matches), work_(work) {}

  void Walk(const std::vector<JsonStep>& steps, size_t i, const JsonMatch& place) {
    if (++*work_ > kMaxJsonPathWork) stopped_ = true;
    if (stopped_) return;
    if (i == steps.size()) return Found(place);
    for (const JsonSelector& selector : steps[i].selectors) Select(steps, i, selector, place);
    if (!steps[i].descends) return;
    JsonValue& value = *place.value;
    for (size_t child = 0; child < value.child_slots() && !stopped_; ++child) {
      // Scalars have nothing below them.
      JsonValue* below = value.Child(child);
      ++*work_;
      if (below != nullptr && below->is_container()) Walk(steps, i, {below, &value, place.depth + 1});
    }
  }

  bool found() const { return found_ != nullptr; }
  JsonValue* first() const { return found_; }
  bool exhausted() const { return *work_ > kMaxJsonPathWork || too_many_; }

 private:
  void Found(const JsonMatch& place) {
    if (matches_ == nullptr) {
      found_ = place.value;
      stopped_ = true;
      return;
    }
    if (matches_->size() >= kMaxJsonMatches) {
      too_many_ = stopped_ = true;
      return;
    }
    matches_->push_back(place);
  }

  void Select(const std::vector<JsonStep>& steps, size_t i, const JsonSelector& selector, const JsonMatch& place) {
    JsonValue& value = *place.value;
    if (!value.is_container() || stopped_) return;
    const auto go = [&](JsonValue* child) { Walk(steps, i + 1, {child, &value, place.depth + 1}); };
    const auto size = static_cast<int64_t>(value.size());
    switch (selector.kind) {
      case JsonSelector::Kind::kName:
        if (!value.is_object()) return;
        if (JsonValue* child = value.Find(selector.name); child != nullptr) go(child);
        return;
      case JsonSelector::Kind::kIndex: {
        if (!value.is_array()) return;
        const int64_t at = selector.index < 0 ? selector.index + size : selector.index;
        if (at >= 0 && at < size) go(&value.at(static_cast<size_t>(at)));
        return;
      }
      case JsonSelector::Kind::kSlice: {
        if (!value.is_array()) return;
        const auto place_of = [size](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size); };
        const int64_t end = place_of(selector.end.value_or(size));
        for (int64_t at = place_of(selector.start.value_or(0)); at < end && !stopped_;) {
          go(&value.at(static_cast<size_t>(at)));
          at = end - at > selector.step ? at + selector.step : end;
        }
        return;
      }
      default:
        for (size_t child = 0; child < value.child_slots() && !stopped_; ++child) {
          JsonValue* below = value.Child(child);
          if (below == nullptr) continue;
          if (selector.kind == JsonSelector::Kind::kFilter && !Holds(*selector.filter, *below)) continue;
          go(below);
        }
    }
  }

  bool Holds(const JsonFilter& filter, JsonValue& item) {
    if (++*work_ > kMaxJsonPathWork) {
      stopped_ = true;
      return false;
    }
    const auto holds = [&](const JsonFilter& part) { return Holds(part, item); };
    switch (filter.kind) {
      case JsonFilter::Kind::kAll:
        return std::all_of(filter.parts.begin(), filter.parts.end(), holds);
      case JsonFilter::Kind::kAny:
        return std::any_of(filter.parts.begin(), filter.parts.end(), holds);
      case JsonFilter::Kind::kNot:
        return !holds(filter.parts[0]);
      default:
        break;
    }
    const JsonValue* left = ValueOf(filter.left, item);
    if (filter.kind == JsonFilter::Kind::kExists) return left != nullptr;
    const JsonValue* right = ValueOf(filter.right, item);
    if (left == nullptr || right == nullptr) return filter.kind == JsonFilter::Kind::kUnequal && left != right;
    return Compare(filter, *left, *right);
  }

  const JsonValue* ValueOf(const JsonOperand& operand, JsonValue& item) {
    if (operand.kind == JsonOperand::Kind::kValue) return &operand.value;
    JsonValue& from = operand.of_root ? root_ : item;
    if (operand.steps.empty()) return &from;
    Walker walker(root_, nullptr, work_);
    walker.Walk(operand.steps, 0, {&from, nullptr, 0});
    return walker.first();
  }

  bool Compare(const JsonFilter& filter, const JsonValue& left, const JsonValue& right) {
    switch (filter.kind) {
      case JsonFilter::Kind::kEqual:
        return left.Equals(right);
      case JsonFilter::Kind::kUnequal:
        return !left.Equals(right);
      case JsonFilter::Kind::kMatches: {
        if (!left.is_string() || !right.is_string()) return false;
        const std::shared_ptr<const Regex> regex =
            filter.regex != nullptr || filter.right.kind == JsonOperand::Kind::kValue ? filter.regex
                                                                                      : Regex::Compile(right.string());
        if (regex == nullptr) return false;
        *work_ += left.string().size() * regex->size();
        return *work_ <= kMaxJsonPathWork && regex->Search(left.string());
      }
      default:
        break;
    }
    int order;
    if (left.is_numeric() && right.is_numeric()) {
      const bool both = left.type() == JsonValue::Type::kInteger && right.type() == JsonValue::Type::kInteger;
      order = both ? (left.integer() > right.integer()) - (left.integer() < right.integer())
                   : (left.number() > right.number()) - (left.number() < right.number());
    } else if (left.is_string() && right.is_string()) {
      order = left.string().compare(right.string());
    } else {
      return false;
    }
    switch (filter.kind) {
      case JsonFilter::Kind::kLess:
        return order < 0;
      case JsonFilter::Kind::kAtMost:
        return order <= 0;
      case JsonFilter::Kind::kGreater:
        return order > 0;
      default:
        return order >= 0;
    }
  }

  JsonValue& root_;
  std::vector<JsonMatch>* matches_;
  uint64_t* work_;
  JsonValue* found_ = nullptr;
  bool stopped_ = false;
  bool too_many_ = false;
};

}  // namespace

bool JsonPath::Find(JsonValue& root, std::vector<JsonMatch>* matches) const {
  uint64_t work = 0;
  Walker walker(root, matches, &work);
  walker.Walk(steps_, 0, {&root, nullptr, 0});
  return !walker.exhausted();
}

JsonValue* JsonPath::First(JsonValue& root) const {
  uint64_t work = 0;
  Walker walker(root, nullptr, &work);
  walker.Walk(steps_, 0, {&root, nullptr, 0});
  return walker.first();
}

}  // namespace kvorum
