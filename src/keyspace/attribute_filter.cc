#include "keyspace/attribute_filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <forward_list>
#include <iterator>

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
    if (TakeWord("true")) return Emit({Code::kNumber, 1});
    if (TakeWord("false")) return Emit({Code::kNumber, 0});
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
    return Emit({Code::kNumber, number});
  }

  // A backslash takes the next character as it is.
  bool Text(char quote) {
    std::string text;
    for (size_t at = at_ + 1; at < text_.size(); ++at) {
      if (text_[at] == quote) {
        at_ = at + 1;
        return Emit({Code::kText, 0, std::move(text)});
      }
      if (text_[at] == '\\' && ++at == text_.size()) return false;
      text.push_back(text_[at]);
    }
    return false;
  }

  bool Member() {
    const size_t begin = ++at_;
    while (IsNameChar(Peek())) ++at_;
    return Emit({Code::kMember, 0, std::string(text_.substr(begin, at_ - begin))});
  }

  // Its elements are emitted first, and then taken back.
  bool Array(size_t depth) {
    if (depth + 1 >= kMaxFilterDepth) return false;
    ++at_;
    const size_t first = filter_->steps_.size();
    SkipSpace();
    while (!TakeWord("]")) {
      if (filter_->steps_.size() > first && !TakeWord(",")) return false;
      SkipSpace();
      if (Peek() == '[' || Peek() == '.' || !Value(depth + 1)) return false;
      SkipSpace();
    }
    const auto begin = filter_->steps_.begin() + static_cast<ptrdiff_t>(first);
    AttributeFilter::Step array{Code::kArray};
    array.elements.assign(std::make_move_iterator(begin), std::make_move_iterator(filter_->steps_.end()));
    filter_->steps_.erase(begin, filter_->steps_.end());
    return Emit(std::move(array));
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

// Nothing is allocated but for texts with escapes. It stops where the element does not match for certain.
class AttributeFilter::Machine {
 public:
  explicit Machine(std::string_view attributes) : attributes_(attributes) {}

  bool Run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (!Do(step)) return false;
    }
    return size_ == 1 && IsTrue(stack_[0]);
  }

 private:
  // An array of the filter's, or of the attributes', which is read when it is needed.
  enum class Kind : uint8_t { kNumber, kText, kArray, kJsonArray };
  struct Value {
    Kind kind = Kind::kNumber;
    double number = 0;
    std::string_view text = {};  // of kJsonArray: from its bracket on
    const Step* array = nullptr;
  };

  static bool IsTrue(const Value& value) {
    switch (value.kind) {
      case Kind::kNumber:
        return value.number != 0;
      case Kind::kText:
        return !value.text.empty();
      case Kind::kArray:
        return !value.array->elements.empty();
      case Kind::kJsonArray: {
        JsonText json(value.text);
        return json.TakeChar('[') && !json.TakeChar(']');
      }
    }
    return false;
  }

  static bool NumberOf(const Value& value, double* number) {
    *number = value.number;
    if (value.kind == Kind::kNumber) return true;
    if (value.kind != Kind::kText) return false;
    const char* const end = value.text.data() + value.text.size();
    const auto [next, error] = std::from_chars(value.text.data(), end, *number);
    return error == std::errc() && next == end;
  }

  static bool Equal(const Value& a, const Value& b) {
    if (a.kind == Kind::kText && b.kind == Kind::kText) return a.text == b.text;
    double x, y;
    return NumberOf(a, &x) && NumberOf(b, &y) && x == y;
  }

  static Value Constant(const Step& step) {
    if (step.code == Code::kNumber) return {.number = step.number};
    if (step.code == Code::kText) return {.kind = Kind::kText, .text = step.text};
    return {.kind = Kind::kArray, .array = &step};
  }

  bool Push(const Value& value) {
    if (size_ == stack_.size()) return false;
    stack_[size_++] = value;
    return true;
  }
  bool Push(double number) { return Push(Value{.number = number}); }
  bool Push(bool truth) { return Push(truth ? 1.0 : 0.0); }

  bool Do(const Step& step) {
    switch (step.code) {
      case Code::kNumber:
      case Code::kText:
      case Code::kArray:
        return Push(Constant(step));
      case Code::kMember: {
        JsonText json(attributes_);
        Value value;
        return json.EnterMember(step.text) && Take(&json, true, &value) && Push(value);
      }
      case Code::kNot:
        return Push(!IsTrue(stack_[--size_]));
      case Code::kMinus: {
        double number;
        return NumberOf(stack_[--size_], &number) && Push(-number);
      }
      default:
        size_ -= 2;
        return Combine(step.code, stack_[size_], stack_[size_ + 1]);
    }
  }

  bool Take(JsonText* json, bool takes_arrays, Value* value) {
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
        if (!json->TakeRawString(&value->text)) return false;
        if (value->text.find('\\') == std::string_view::npos) return true;
        decoded_.emplace_front();
        if (!DecodeJsonString(value->text, &decoded_.front())) return false;
        value->text = decoded_.front();
        return true;
      case JsonText::Kind::kArray:
        value->kind = Kind::kJsonArray;
        value->text = json->rest();
        return takes_arrays;
      default:
        return false;
    }
  }

  bool Combine(Code code, const Value a, const Value b) {
    switch (code) {
      case Code::kAnd:
        return Push(IsTrue(a) && IsTrue(b));
      case Code::kOr:
        return Push(IsTrue(a) || IsTrue(b));
      case Code::kEqual:
        return Push(Equal(a, b));
      case Code::kNotEqual:
        return Push(!Equal(a, b));
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
    switch (b.kind) {
      case Kind::kNumber:
        return false;
      case Kind::kText:
        return a.kind == Kind::kText && Push(b.text.find(a.text) != std::string_view::npos);
      case Kind::kArray:
        return Push(std::any_of(b.array->elements.begin(), b.array->elements.end(),
                                [&a](const Step& element) { return Equal(a, Constant(element)); }));
      case Kind::kJsonArray:
        return Push(InJson(a, JsonText(b.text)));
    }
    return false;
  }

  // What is neither text nor number, true nor false is passed over.
  bool InJson(const Value& a, JsonText json) {
    (void)json.TakeChar('[');
    while (!json.TakeChar(']')) {
      Value element;
      JsonText here = json;
      if (Take(&here, false, &element)) {
        if (Equal(a, element)) return true;
        json = here;
      } else if (!json.SkipValue()) {
        return false;
      }
      json.SkipSpace();
      (void)json.TakeChar(',');
      if (json.rest().empty()) return false;
    }
    return false;
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
        return Push(x > y);
      case Code::kGreaterEqual:
        return Push(x >= y);
      case Code::kLess:
        return Push(x < y);
      default:
        return Push(x <= y);
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
  // Each level of the parser leaves one value waiting.
  std::array<Value, kMaxFilterDepth + 2> stack_;
  size_t size_ = 0;
  std::forward_list<std::string> decoded_;  // texts that had escapes
};

bool AttributeFilter::Matches(std::string_view attributes) const {
  return !attributes.empty() && !steps_.empty() && Machine(attributes).Run(steps_);
}

}  // namespace kvorum
