#include "keyspace/attribute_filter.h"

#include <charconv>
#include <cmath>
#include <deque>

#include "keyspace/json_text.h"

namespace kvorum {

// --- The parser ---------------------------------------------------------------------------------------------------------------

// Recursive descent; it writes the steps as it goes.
class AttributeFilterParser {
 public:
  using Code = AttributeFilter::Code;

  AttributeFilterParser(std::string_view text, AttributeFilter* filter) : text_(text), filter_(filter) {}

  bool Parse() { return text_.size() <= kMaxFilterBytes && Binary(0, 0) && (SkipSpace(), at_ == text_.size()); }
  size_t at() const { return at_; }

 private:
  struct Operator {
    std::string_view word;
    Code code;
    int level;
  };
  static constexpr int kPowerLevel = 5;
  // The longer of two that begin alike come first.
  static constexpr Operator kOperators[] = {
      {"||", Code::kOr, 0},     {"or", Code::kOr, 0},       {"&&", Code::kAnd, 1},          {"and", Code::kAnd, 1},
      {"==", Code::kEqual, 2},  {"!=", Code::kNotEqual, 2}, {">=", Code::kGreaterEqual, 2}, {"<=", Code::kLessEqual, 2},
      {">", Code::kGreater, 2}, {"<", Code::kLess, 2},      {"in", Code::kIn, 2},           {"**", Code::kPower, 5},
      {"+", Code::kAdd, 3},     {"-", Code::kSubtract, 3},  {"*", Code::kMultiply, 4},      {"/", Code::kDivide, 4},
      {"%", Code::kModulo, 4},
  };

  static bool IsNameChar(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  }
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  char Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void SkipSpace() {
    while (at_ < text_.size() && (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r')) ++at_;
  }

  // What is written in letters ends where they do.
  bool IsWord(std::string_view word) const {
    if (!text_.substr(at_).starts_with(word)) return false;
    return !IsNameChar(word[0]) || !IsNameChar(Peek(word.size()));
  }
  bool TakeWord(std::string_view word) {
    if (!IsWord(word)) return false;
    at_ += word.size();
    return true;
  }

  bool Emit(AttributeFilter::Step step) {
    if (filter_->steps_.size() == kMaxFilterSteps) return false;
    filter_->steps_.push_back(std::move(step));
    return true;
  }

  const Operator* FindOperator() const {
    for (const Operator& candidate : kOperators) {
      if (IsWord(candidate.word)) return &candidate;
    }
    return nullptr;
  }

  // Operators of this level and above, each to the left but for powers.
  bool Binary(int level, size_t depth) {
    if (!Unary(depth)) return false;
    while (true) {
      SkipSpace();
      const Operator* found = FindOperator();
      if (found == nullptr || found->level < level) return true;
      const size_t place = at_;
      at_ += found->word.size();
      const int right = found->level == kPowerLevel ? kPowerLevel : found->level + 1;
      if (depth == kMaxFilterDepth) return at_ = place, false;
      if (!Binary(right, depth + 1) || !Emit({found->code})) return false;
    }
  }

  bool Unary(size_t depth) {
    SkipSpace();
    if (depth == kMaxFilterDepth) return false;
    const bool is_not = Peek() == '!' || IsWord("not");
    if (is_not || (Peek() == '-' && !IsDigit(Peek(Peek(1) == '.' ? 2 : 1)))) {
      at_ += Peek() == 'n' ? 3 : 1;
      return Unary(depth + 1) && Emit({is_not ? Code::kNot : Code::kMinus});
    }
    if (Peek() != '(') return Value(depth);
    ++at_;
    if (!Binary(0, depth + 1)) return false;
    SkipSpace();
    return TakeWord(")");
  }

  bool Value(size_t depth) {
    const char first = Peek();
    if (first == '"' || first == '\'') return Text(first);
    if (first == '[') return Array(depth);
    if (first == '.' && IsNameChar(Peek(1)) && !IsDigit(Peek(1))) return Member();
    if (TakeWord("true")) return Emit({Code::kNumber, 0, 1});
    if (TakeWord("false")) return Emit({Code::kNumber, 0, 0});
    return Number();
  }

  bool Number() {
    const char* const begin = text_.data() + at_;
    const char* const end = text_.data() + text_.size();
    const char first = Peek() == '-' ? Peek(1) : Peek();
    double number = 0;
    if (!IsDigit(first) && first != '.') return false;
    const auto [next, error] = std::from_chars(begin, end, number);
    if (error != std::errc() || (next < end && IsNameChar(*next))) return false;
    at_ += static_cast<size_t>(next - begin);
    return Emit({Code::kNumber, 0, number});
  }

  // A backslash takes the next character as it is.
  bool Text(char quote) {
    std::string text;
    for (size_t at = at_ + 1; at < text_.size(); ++at) {
      if (text_[at] == quote) {
        at_ = at + 1;
        return Emit({Code::kText, 0, 0, std::move(text)});
      }
      if (text_[at] == '\\' && ++at == text_.size()) return false;
      text.push_back(text_[at]);
    }
    return false;
  }

  bool Member() {
    const size_t begin = ++at_;
    while (IsNameChar(Peek())) ++at_;
    return Emit({Code::kMember, 0, 0, std::string(text_.substr(begin, at_ - begin))});
  }

  bool Array(size_t depth) {
    if (depth + 1 >= kMaxFilterDepth) return false;
    ++at_;
    uint32_t count = 0;
    SkipSpace();
    if (TakeWord("]")) return Emit({Code::kArray, 0});
    while (true) {
      SkipSpace();
      if (Peek() == '[' || Peek() == '.' || !Value(depth + 1)) return false;
      ++count;
      SkipSpace();
      if (TakeWord("]")) return Emit({Code::kArray, count});
      if (!TakeWord(",")) return false;
    }
  }

  const std::string_view text_;
  AttributeFilter* const filter_;
  size_t at_ = 0;
};

bool AttributeFilter::Compile(std::string_view text, size_t* error_at) {
  steps_.clear();
  AttributeFilterParser parser(text, this);
  if (parser.Parse()) return true;
  steps_.clear();
  *error_at = parser.at();
  return false;
}

// --- What runs it -----------------------------------------------------------------------------------------------------------------

class AttributeFilter::Machine {
 public:
  explicit Machine(std::string_view attributes) : attributes_(attributes) {}

  bool Run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (!Do(step)) return false;
    }
    return stack_.size() == 1 && IsTrue(stack_[0]);
  }

 private:
  enum class Kind : uint8_t { kNumber, kText, kArray };
  struct Value {
    Kind kind = Kind::kNumber;
    double number = 0;
    std::string_view text = {};
    std::vector<Value> elements = {};
  };

  static bool IsTrue(const Value& value) {
    switch (value.kind) {
      case Kind::kNumber:
        return value.number != 0;
      case Kind::kText:
        return !value.text.empty();
      case Kind::kArray:
        return !value.elements.empty();
    }
    return false;
  }

  static bool NumberOf(const Value& value, double* number) {
    *number = value.number;
    if (value.kind == Kind::kNumber) return true;
    if (value.kind == Kind::kArray) return false;
    const char* const end = value.text.data() + value.text.size();
    const auto [next, error] = std::from_chars(value.text.data(), end, *number);
    return error == std::errc() && next == end;
  }

  static bool Equal(const Value& a, const Value& b) {
    if (a.kind == Kind::kText && b.kind == Kind::kText) return a.text == b.text;
    double x, y;
    return NumberOf(a, &x) && NumberOf(b, &y) && x == y;
  }

  bool Push(double number) {
    stack_.push_back({.number = number});
    return true;
  }

  bool Do(const Step& step) {
    switch (step.code) {
      case Code::kNumber:
        return Push(step.number);
      case Code::kText:
        stack_.push_back({.kind = Kind::kText, .text = step.text});
        return true;
      case Code::kMember:
        return PushMember(step.text);
      case Code::kArray:
        return Gather(step.count);
      case Code::kNot:
        stack_.back() = {.number = IsTrue(stack_.back()) ? 0.0 : 1.0};
        return true;
      case Code::kMinus: {
        double number;
        if (!NumberOf(stack_.back(), &number)) return false;
        stack_.back() = {.number = -number};
        return true;
      }
      default: {
        const Value b = std::move(stack_.back());
        stack_.pop_back();
        const Value a = std::move(stack_.back());
        stack_.pop_back();
        return Combine(step.code, a, b);
      }
    }
  }

  bool Gather(size_t count) {
    Value array{.kind = Kind::kArray};
    const auto first = stack_.end() - static_cast<ptrdiff_t>(count);
    array.elements.assign(std::make_move_iterator(first), std::make_move_iterator(stack_.end()));
    stack_.erase(first, stack_.end());
    stack_.push_back(std::move(array));
    return true;
  }

  bool PushMember(std::string_view name) {
    JsonText json(attributes_);
    if (!json.EnterMember(name)) return false;
    Value value;
    if (!Take(&json, true, &value)) return false;
    stack_.push_back(std::move(value));
    return true;
  }

  bool Take(JsonText* json, bool takes_arrays, Value* value) {
    std::string_view raw;
    switch (json->kind()) {
      case JsonText::Kind::kTrue:
        value->number = 1;
        return json->TakeWord("true");
      case JsonText::Kind::kFalse:
        value->number = 0;
        return json->TakeWord("false");
      case JsonText::Kind::kNumber:
        return json->TakeNumber(&value->number);
      case JsonText::Kind::kString:
        value->kind = Kind::kText;
        if (!json->TakeRawString(&raw)) return false;
        value->text = raw;
        if (raw.find('\\') == std::string_view::npos) return true;
        value->text = decoded_.emplace_back();
        if (!DecodeJsonString(raw, &decoded_.back())) return false;
        value->text = decoded_.back();
        return true;
      case JsonText::Kind::kArray:
        return takes_arrays && TakeArray(json, value);
      default:
        return false;
    }
  }

  // Of texts and numbers; what else is in it is passed over.
  bool TakeArray(JsonText* json, Value* value) {
    value->kind = Kind::kArray;
    (void)json->TakeChar('[');
    if (json->TakeChar(']')) return true;
    while (true) {
      Value element;
      JsonText here = *json;
      if (Take(&here, false, &element)) {
        value->elements.push_back(std::move(element));
        *json = here;
      } else if (!json->SkipValue()) {
        return false;
      }
      json->SkipSpace();
      if (json->TakeChar(']')) return true;
      if (!json->TakeChar(',')) return false;
    }
  }

  bool Combine(Code code, const Value& a, const Value& b) {
    switch (code) {
      case Code::kAnd:
        return Push(IsTrue(a) && IsTrue(b) ? 1 : 0);
      case Code::kOr:
        return Push(IsTrue(a) || IsTrue(b) ? 1 : 0);
      case Code::kEqual:
        return Push(Equal(a, b) ? 1 : 0);
      case Code::kNotEqual:
        return Push(Equal(a, b) ? 0 : 1);
      case Code::kIn:
        return In(a, b);
      case Code::kGreater:
      case Code::kGreaterEqual:
      case Code::kLess:
      case Code::kLessEqual:
        return Order(code, a, b);
      default:
        return Calculate(code, a, b);
    }
  }

  bool In(const Value& a, const Value& b) {
    if (b.kind == Kind::kText)
      return a.kind == Kind::kText && Push(b.text.find(a.text) != std::string_view::npos ? 1 : 0);
    if (b.kind != Kind::kArray) return false;
    for (const Value& element : b.elements) {
      if (Equal(a, element)) return Push(1);
    }
    return Push(0);
  }

  bool Order(Code code, const Value& a, const Value& b) {
    double x, y;
    if (a.kind == Kind::kText && b.kind == Kind::kText) {
      x = a.text.compare(b.text);
      y = 0;
    } else if (!NumberOf(a, &x) || !NumberOf(b, &y)) {
      return false;
    }
    switch (code) {
      case Code::kGreater:
        return Push(x > y ? 1 : 0);
      case Code::kGreaterEqual:
        return Push(x >= y ? 1 : 0);
      case Code::kLess:
        return Push(x < y ? 1 : 0);
      default:
        return Push(x <= y ? 1 : 0);
    }
  }

  bool Calculate(Code code, const Value& a, const Value& b) {
    double x, y;
    if (!NumberOf(a, &x) || !NumberOf(b, &y)) return false;
    switch (code) {
      case Code::kAdd:
        return Push(x + y);
      case Code::kSubtract:
        return Push(x - y);
      case Code::kMultiply:
        return Push(x * y);
      case Code::kDivide:
        return Push(x / y);
      case Code::kModulo:
        return Push(std::fmod(x, y));
      default:
        return Push(std::pow(x, y));
    }
  }

  const std::string_view attributes_;
  std::vector<Value> stack_;
  std::deque<std::string> decoded_;  // texts that had escapes
};

bool AttributeFilter::Matches(std::string_view attributes) const {
  return !attributes.empty() && !steps_.empty() && Machine(attributes).Run(steps_);
}

}  // namespace kvorum
