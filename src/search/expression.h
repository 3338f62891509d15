// Expressions of FT.AGGREGATE's APPLY and FILTER, and of FT.CREATE's FILTER.
//
//   or = and { "||" and }     and = not { "&&" not }     not = "!" not | comparison
//   comparison = sum [ ("=="|"!="|"<"|"<="|">"|">=") sum ]
//   sum = product { ("+"|"-") product }     product = power { ("*"|"/"|"%") power }     power = unary { "^" unary }
//   unary = "-" unary | number | 'text' | "text" | "@"name | "$"name | name "(" [ or { "," or } ] ")" | "(" or ")"
//
// What does not fit (a text times a number, a missing property) is null, never an error; comparisons with null are false but for
// `!=`. Functions: log abs ceil floor log2 exp sqrt, upper lower startswith contains strlen substr format split
// matched_terms, timefmt parsetime day hour minute month dayofweek dayofmonth dayofyear year monthofyear, geodistance, exists, case.
//
// Threads: evaluation has no state. Ownership: an expression owns its tree. Hostile input: length and depth have limits.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "search/query.h"
#include "search/value.h"

namespace kvorum {

// What an expression sees of the record it is evaluated for.
class ExpressionContext {
 public:
  virtual ~ExpressionContext() = default;
  virtual Value Property(std::string_view name) const = 0;
  // The query's terms that the document has.
  virtual std::vector<std::string> MatchedTerms() const { return {}; }
};

class Expression {
 public:
  virtual ~Expression() = default;
  virtual Value Evaluate(const ExpressionContext& context) const = 0;
  // Appends the properties that it reads.
  virtual void AppendProperties(std::vector<std::string>* names) const = 0;

  // Null: *error says why.
  [[nodiscard]] static std::unique_ptr<Expression> Parse(std::string_view text, std::string* error,
                                                         const QueryParameters* parameters = nullptr);
};

// A function of expressions. Arguments may be null.
using ExpressionFunction = Value (*)(std::span<const Value> arguments, const ExpressionContext& context);
struct ExpressionFunctionInfo {
  std::string_view name;
  size_t least_arguments;
  size_t most_arguments;
  ExpressionFunction call;
};
// By its name, in any letter case; null when there is none. (exists and case are part of the language.)
const ExpressionFunctionInfo* FindExpressionFunction(std::string_view name);

}  // namespace kvorum
