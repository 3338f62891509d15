// Value: what expressions and pipelines work on: nothing, a number, a text, or a list of values.
//
// Threads: one at a time. Ownership: owns its content.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kvorum {

class Value {
 public:
  using List = std::vector<Value>;

  Value() = default;
  // What it is made of is a value by itself.
  // NOLINTBEGIN(google-explicit-constructor)
  Value(double number) : content_(number) {}
  Value(std::string text) : content_(std::move(text)) {}
  Value(std::string_view text) : content_(std::string(text)) {}
  Value(const char* text) : content_(std::string(text)) {}
  Value(List list) : content_(std::move(list)) {}
  // NOLINTEND(google-explicit-constructor)

  bool IsNull() const { return content_.index() == 0; }
  bool IsNumber() const { return content_.index() == 1; }
  bool IsText() const { return content_.index() == 2; }
  bool IsList() const { return content_.index() == 3; }
  double number() const { return std::get<1>(content_); }
  const std::string& text() const { return std::get<2>(content_); }
  const List& list() const { return std::get<3>(content_); }

  // As a number, where it is one or a text that reads as one.
  bool ToNumber(double* number) const;
  // As replies give it: numbers with the fewest digits, lists as their items with commas.
  std::string ToText() const;
  // Not null, 0, or empty.
  bool IsTrue() const;

  // Numbers before texts, null before all; texts that read as numbers compare as numbers with numbers.
  static int Compare(const Value& a, const Value& b);
  bool operator==(const Value& other) const { return Compare(*this, other) == 0; }

  // A text that only equal values have.
  void AppendIdentity(std::string* out) const;

 private:
  std::variant<std::monostate, double, std::string, List> content_;
};

// Numbers as the search commands write them: whole ones as integers, others with up to 12 digits.
std::string NumberText(double number);

}  // namespace kvorum
