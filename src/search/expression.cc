#include "search/expression.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/numbers.h"
#include "search/limits.h"
#include "search/words.h"

namespace kvorum {
namespace {

using ExpressionPtr = std::unique_ptr<Expression>;

class Literal final : public Expression {
 public:
  explicit Literal(Value value) : value_(std::move(value)) {}
  Value Evaluate(const ExpressionContext&) const override { return value_; }
  void AppendProperties(std::vector<std::string>*) const override {}

 private:
  Value value_;
};

class Property final : public Expression {
 public:
  explicit Property(std::string name) : name_(std::move(name)) {}
  Value Evaluate(const ExpressionContext& context) const override { return context.Property(name_); }
  void AppendProperties(std::vector<std::string>* names) const override { names->push_back(name_); }

 private:
  std::string name_;
};

enum class Operator : uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kEqual,
  kUnequal,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
};

Value Calculate(Operator op, double a, double b) {
  switch (op) {
    case Operator::kAdd:
      return a + b;
    case Operator::kSubtract:
      return a - b;
    case Operator::kMultiply:
      return a * b;
    case Operator::kDivide:
      return b == 0 ? std::nan("") : a / b;
    case Operator::kModulo:
      return b == 0 ? std::nan("") : std::fmod(a, b);
    default:
      return std::pow(a, b);
  }
}

bool Holds(Operator op, const Value& a, const Value& b) {
  if (a.IsNull() || b.IsNull())
    return op == Operator::kUnequal ? a.IsNull() != b.IsNull() : op == Operator::kEqual && a.IsNull() && b.IsNull();
  const int order = Value::Compare(a, b);
  switch (op) {
    case Operator::kEqual:
      return order == 0;
    case Operator::kUnequal:
      return order != 0;
    case Operator::kLess:
      return order < 0;
    case Operator::kLessEqual:
      return order <= 0;
    case Operator::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

class Binary final : public Expression {
 public:
  Binary(Operator op, ExpressionPtr left, ExpressionPtr right)
      : op_(op), left_(std::move(left)), right_(std::move(right)) {}
  Value Evaluate(const ExpressionContext& context) const override {
    const Value left = left_->Evaluate(context), right = right_->Evaluate(context);
    if (op_ >= Operator::kEqual) return Value(Holds(op_, left, right) ? 1.0 : 0.0);
    double a, b;
    if (!left.ToNumber(&a) || !right.ToNumber(&b)) return Value();
    return Calculate(op_, a, b);
  }
  void AppendProperties(std::vector<std::string>* names) const override {
    left_->AppendProperties(names);
    right_->AppendProperties(names);
  }

 private:
  Operator op_;
  ExpressionPtr left_, right_;
};

class Logical final : public Expression {
 public:
  Logical(bool is_and, ExpressionPtr left, ExpressionPtr right)
      : is_and_(is_and), left_(std::move(left)), right_(std::move(right)) {}
  Value Evaluate(const ExpressionContext& context) const override {
    const bool left = left_->Evaluate(context).IsTrue();
    if (left != is_and_) return Value(left ? 1.0 : 0.0);
    return Value(right_->Evaluate(context).IsTrue() ? 1.0 : 0.0);
  }
  void AppendProperties(std::vector<std::string>* names) const override {
    left_->AppendProperties(names);
    right_->AppendProperties(names);
  }

 private:
  bool is_and_;
  ExpressionPtr left_, right_;
};

class Negation final : public Expression {
 public:
  Negation(bool logical, ExpressionPtr inner) : logical_(logical), inner_(std::move(inner)) {}
  Value Evaluate(const ExpressionContext& context) const override {
    const Value value = inner_->Evaluate(context);
    if (logical_) return Value(value.IsTrue() ? 0.0 : 1.0);
    double number;
    return value.ToNumber(&number) ? Value(-number) : Value();
  }
  void AppendProperties(std::vector<std::string>* names) const override { inner_->AppendProperties(names); }

 private:
  bool logical_;
  ExpressionPtr inner_;
};

class Call final : public Expression {
 public:
  Call(const ExpressionFunctionInfo* function, std::vector<ExpressionPtr> arguments)
      : function_(function), arguments_(std::move(arguments)) {}
  Value Evaluate(const ExpressionContext& context) const override {
    std::vector<Value> values;
    values.reserve(arguments_.size());
    for (const ExpressionPtr& argument : arguments_) values.push_back(argument->Evaluate(context));
    return function_->call(values, context);
  }
  void AppendProperties(std::vector<std::string>* names) const override {
    for (const ExpressionPtr& argument : arguments_) argument->AppendProperties(names);
  }

 private:
  const ExpressionFunctionInfo* function_;
  std::vector<ExpressionPtr> arguments_;
};

class Case final : public Expression {
 public:
  explicit Case(std::vector<ExpressionPtr> arguments) : arguments_(std::move(arguments)) {}
  Value Evaluate(const ExpressionContext& context) const override {
    return arguments_[arguments_[0]->Evaluate(context).IsTrue() ? 1 : 2]->Evaluate(context);
  }
  void AppendProperties(std::vector<std::string>* names) const override {
    for (const ExpressionPtr& argument : arguments_) argument->AppendProperties(names);
  }

 private:
  std::vector<ExpressionPtr> arguments_;
};

class Parser {
 public:
  Parser(std::string_view text, std::string* error, const QueryParameters* parameters)
      : text_(text), error_(error), parameters_(parameters) {}

  ExpressionPtr ParseAll() {
    if (text_.size() > kMaxExpressionBytes) return Fail("Expression is too long");
    ExpressionPtr root = ParseOr();
    SkipSpaces();
    if (root != nullptr && at_ < text_.size()) return SyntaxError();
    return root;
  }

 private:
  ExpressionPtr Fail(std::string why) {
    if (error_->empty()) *error_ = std::move(why);
    return nullptr;
  }
  ExpressionPtr SyntaxError() {
    return Fail(fmt::format("Syntax error at offset {} near '{}'", at_, text_.substr(std::min(at_, text_.size()), 32)));
  }

  void SkipSpaces() {
    while (at_ < text_.size() && static_cast<uint8_t>(text_[at_]) <= ' ') ++at_;
  }
  bool Take(std::string_view token) {
    SkipSpaces();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  char Peek() {
    SkipSpaces();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  ExpressionPtr ParseOr() {
    ++depth_;
    if (depth_ > kMaxExpressionDepth) return Fail("Expression is nested too deeply");
    ExpressionPtr left = ParseAnd();
    while (left != nullptr && Take("||")) {
      ExpressionPtr right = ParseAnd();
      if (right == nullptr) return nullptr;
      left = Deeper(std::make_unique<Logical>(false, std::move(left), std::move(right)));
    }
    --depth_;
    return left;
  }

  ExpressionPtr ParseAnd() {
    ExpressionPtr left = ParseNot();
    while (left != nullptr && Take("&&")) {
      ExpressionPtr right = ParseNot();
      if (right == nullptr) return nullptr;
      left = Deeper(std::make_unique<Logical>(true, std::move(left), std::move(right)));
    }
    return left;
  }

  ExpressionPtr ParseNot() {
    if (Peek() != '!' || text_.substr(at_, 2) == "!=") return ParseComparison();
    ++at_;
    return Nested([this] { return ParseNot(); }, true);
  }

  // -x and !x.
  template <typename Parse>
  ExpressionPtr Nested(Parse parse, bool logical) {
    if (++depth_ > kMaxExpressionDepth) return Fail("Expression is nested too deeply");
    ExpressionPtr inner = parse();
    --depth_;
    return inner == nullptr ? nullptr : std::make_unique<Negation>(logical, std::move(inner));
  }

  // Chains as a+b+c nest to the left, and evaluation goes as deep.
  ExpressionPtr Deeper(ExpressionPtr chain) {
    if (++links_ > kMaxLinks) return Fail("Expression has too many parts");
    return chain;
  }

  ExpressionPtr ParseComparison() {
    ExpressionPtr left = ParseSum();
    static constexpr std::pair<std::string_view, Operator> kComparisons[] = {
        {"==", Operator::kEqual},        {"!=", Operator::kUnequal}, {"<=", Operator::kLessEqual},
        {">=", Operator::kGreaterEqual}, {"<", Operator::kLess},     {">", Operator::kGreater}};
    for (const auto& [token, op] : kComparisons) {
      if (left == nullptr || !Take(token)) continue;
      ExpressionPtr right = ParseSum();
      if (right == nullptr) return nullptr;
      return std::make_unique<Binary>(op, std::move(left), std::move(right));
    }
    return left;
  }

  ExpressionPtr ParseSum() {
    ExpressionPtr left = ParseProduct();
    while (left != nullptr && (Peek() == '+' || Peek() == '-')) {
      const Operator op = text_[at_++] == '+' ? Operator::kAdd : Operator::kSubtract;
      ExpressionPtr right = ParseProduct();
      if (right == nullptr) return nullptr;
      left = Deeper(std::make_unique<Binary>(op, std::move(left), std::move(right)));
    }
    return left;
  }

  ExpressionPtr ParseProduct() {
    ExpressionPtr left = ParsePower();
    while (left != nullptr && (Peek() == '*' || Peek() == '/' || Peek() == '%')) {
      const char token = text_[at_++];
      const Operator op = token == '*' ? Operator::kMultiply : token == '/' ? Operator::kDivide : Operator::kModulo;
      ExpressionPtr right = ParsePower();
      if (right == nullptr) return nullptr;
      left = Deeper(std::make_unique<Binary>(op, std::move(left), std::move(right)));
    }
    return left;
  }

  ExpressionPtr ParsePower() {
    ExpressionPtr left = ParseUnary();
    while (left != nullptr && Take("^")) {
      ExpressionPtr right = ParseUnary();
      if (right == nullptr) return nullptr;
      left = Deeper(std::make_unique<Binary>(Operator::kPower, std::move(left), std::move(right)));
    }
    return left;
  }

  ExpressionPtr ParseUnary() {
    const char next = Peek();
    if (next == '-') {
      ++at_;
      return Nested([this] { return ParseUnary(); }, false);
    }
    if (next == '(') {
      ++at_;
      ExpressionPtr inner = ParseOr();
      if (inner == nullptr) return nullptr;
      return Take(")") ? std::move(inner) : SyntaxError();
    }
    if (next == '\'' || next == '"') return ParseText(next);
    if (next == '@' || next == '$') return ParseNamed(next);
    if ((next >= '0' && next <= '9') || next == '.') return ParseNumber();
    return ParseCall();
  }

  ExpressionPtr ParseText(char quote) {
    std::string text;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      text += text_[at_];
    }
    if (at_ >= text_.size()) return SyntaxError();
    ++at_;
    return std::make_unique<Literal>(Value(std::move(text)));
  }

  static bool IsNameLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<uint8_t>(c) >= 0x80;
  }

  std::string TakeName() {
    std::string name;
    while (at_ < text_.size() && (IsNameLetter(text_[at_]) || (text_[at_] == '\\' && at_ + 1 < text_.size()))) {
      if (text_[at_] == '\\') ++at_;
      name += text_[at_++];
    }
    return name;
  }

  ExpressionPtr ParseNamed(char mark) {
    ++at_;
    std::string name = TakeName();
    // Of fields named after places in a document: @metadata.kind
    while (mark == '@' && !name.empty() && at_ + 1 < text_.size() && text_[at_] == '.' &&
           IsNameLetter(text_[at_ + 1])) {
      ++at_;
      name += '.' + TakeName();
    }
    // JSON paths: @$.a.b
    if (mark == '@' && name.empty() && at_ < text_.size() && text_[at_] == '$') {
      while (at_ < text_.size() &&
             (IsNameLetter(text_[at_]) || std::string_view("$.[]*'\"").find(text_[at_]) != std::string_view::npos)) {
        name += text_[at_++];
      }
    }
    if (name.empty()) return SyntaxError();
    if (mark == '@') return std::make_unique<Property>(std::move(name));
    if (parameters_ != nullptr) {
      const auto found = parameters_->find(name);
      if (found != parameters_->end()) {
        double number;
        if (ParseDouble(found->second, &number)) return std::make_unique<Literal>(Value(number));
        return std::make_unique<Literal>(Value(found->second));
      }
    }
    return Fail(fmt::format("No such parameter `{}`", name));
  }

  ExpressionPtr ParseNumber() {
    const size_t begin = at_;
    auto digits = [this] {
      while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    };
    digits();
    if (at_ < text_.size() && text_[at_] == '.') ++at_;
    digits();
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      const size_t exponent = at_++;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (at_ >= text_.size() || text_[at_] < '0' || text_[at_] > '9') at_ = exponent;
      digits();
    }
    double number;
    if (!ParseDouble(text_.substr(begin, at_ - begin), &number)) return SyntaxError();
    return std::make_unique<Literal>(Value(number));
  }

  ExpressionPtr ParseCall() {
    const std::string name = TakeName();
    if (name.empty()) return SyntaxError();
    if (Peek() != '(') {
      if (SameWord(name, "inf")) return std::make_unique<Literal>(Value(INFINITY));
      if (SameWord(name, "nan")) return std::make_unique<Literal>(Value(std::nan("")));
      if (SameWord(name, "NULL")) return std::make_unique<Literal>(Value());
      return Fail(fmt::format("Unknown symbol '{}'", name));
    }
    ++at_;
    std::vector<ExpressionPtr> arguments;
    while (!Take(")")) {
      if (!arguments.empty() && !Take(",")) return SyntaxError();
      arguments.push_back(ParseOr());
      if (arguments.back() == nullptr) return nullptr;
    }
    if (SameWord(name, "case")) {
      if (arguments.size() != 3) return Fail("Function `case()` requires exactly 3 arguments");
      return std::make_unique<Case>(std::move(arguments));
    }
    const ExpressionFunctionInfo* function = FindExpressionFunction(name);
    if (function == nullptr) return Fail(fmt::format("Unknown function name '{}'", name));
    if (arguments.size() < function->least_arguments || arguments.size() > function->most_arguments) {
      return Fail(fmt::format("Invalid arguments for function '{}'", name));
    }
    return std::make_unique<Call>(function, std::move(arguments));
  }

  static constexpr size_t kMaxLinks = 2000;

  std::string_view text_;
  std::string* error_;
  const QueryParameters* parameters_;
  size_t at_ = 0;
  size_t depth_ = 0;
  size_t links_ = 0;
};

}  // namespace

std::unique_ptr<Expression> Expression::Parse(std::string_view text, std::string* error,
                                              const QueryParameters* parameters) {
  error->clear();
  return Parser(text, error, parameters).ParseAll();
}

}  // namespace kvorum
