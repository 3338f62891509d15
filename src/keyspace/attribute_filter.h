// AttributeFilter: the filter expressions of VSIM, such as  .year >= 1980 and .genre in ["drama", "comedy"].
//
//   or      := and (("or" | "||") and)*
//   and     := compare (("and" | "&&") compare)*
//   compare := sum (("==" | "!=" | ">" | ">=" | "<" | "<=" | "in") sum)*
//   sum     := product (("+" | "-") product)*
//   product := power (("*" | "/" | "%") power)*
//   power   := unary ("**" power)?
//   unary   := ("not" | "!" | "-") unary | "(" or ")" | value
//   value   := number | "text" | 'text' | "true" | "false" | "[" (value ("," value)*)? "]" | .name
//
// .name is a member of the attributes, which are a JSON object, not of one inside. Truth is a number: 1 or 0. Two texts are compared byte by byte; a text
// beside a number counts as the number that it reads as. `in` looks into an array, or for a part of a text. An element whose attributes are no object, or lack a
// member that the expression names, or have an object or null there, does not match; nor does one where an operator gets what it
// cannot work with.
//
// Threads: const after Compile, any may call Matches. Complexity: O(filter + attributes) each. Limits: below; what exceeds them is an error of the filter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kvorum {

inline constexpr size_t kMaxFilterBytes = 64 << 10;
inline constexpr size_t kMaxFilterSteps = 4096;  // operators and values
inline constexpr size_t kMaxFilterDepth = 64;    // operators that wait for their values; parentheses

class AttributeFilter {
 public:
  // False: it is no filter; *error_at is where it goes wrong, within the text or at its end.
  [[nodiscard]] bool Compile(std::string_view text, size_t* error_at);
  bool Matches(std::string_view attributes) const;

 private:
  friend class AttributeFilterParser;

  enum class Code : uint8_t {
    kNumber,
    kText,
    kMember,
    kArray,
    kNot,
    kMinus,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kModulo,
    kPower,
    kEqual,
    kNotEqual,
    kGreater,
    kGreaterEqual,
    kLess,
    kLessEqual,
    kIn,
    kAnd,
    kOr,
  };
  // In reverse Polish order.
  struct Step {
    Code code;
    double number = 0;
    std::string text = {};
    std::vector<Step> elements = {};  // of kArray: numbers and texts
  };
  class Machine;

  std::vector<Step> steps_;
};

}  // namespace kvorum
