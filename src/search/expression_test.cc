#include "search/expression.h"

#include <gtest/gtest.h>

#include "search/calendar.h"

namespace kvorum {
namespace {

class Properties final : public ExpressionContext {
 public:
  Value Property(std::string_view name) const override {
    if (name == "n") return 7.0;
    if (name == "s") return "Hello";
    if (name == "digits") return "12";
    if (name == "a.b.c") return 5.0;
    if (name == "place") return "2.35,48.86";
    return Value();
  }
  std::vector<std::string> MatchedTerms() const override { return {"a", "b", "c"}; }
};

std::string Evaluated(std::string_view text) {
  std::string error;
  const QueryParameters parameters = {{"p", "3"}};
  const std::unique_ptr<Expression> expression = Expression::Parse(text, &error, &parameters);
  if (expression == nullptr) return "! " + error;
  const Value value = expression->Evaluate(Properties());
  return value.IsNull() ? "null" : value.ToText();
}

TEST(Expression, Arithmetic) {
  EXPECT_EQ(Evaluated("1 + 2 * 3"), "7");
  EXPECT_EQ(Evaluated("(1 + 2) * 3 - -4"), "13");
  EXPECT_EQ(Evaluated("2^3 % 5"), "3");
  EXPECT_EQ(Evaluated("@n / 2"), "3.5");
  EXPECT_EQ(Evaluated("@digits + $p"), "15");
  EXPECT_EQ(Evaluated("10 / 4e0 + .5"), "3");
  EXPECT_EQ(Evaluated("@s * 2"), "null");
  EXPECT_EQ(Evaluated("@missing + 1"), "null");
  EXPECT_EQ(Evaluated("1 / 0"), "nan");
  EXPECT_EQ(Evaluated("-inf"), "-inf");
}

TEST(Expression, Logic) {
  EXPECT_EQ(Evaluated("@n == 7 && @s == 'Hello'"), "1");
  EXPECT_EQ(Evaluated("@n < 7 || !(@s != \"Hello\")"), "1");
  EXPECT_EQ(Evaluated("@digits >= 12"), "1");
  EXPECT_EQ(Evaluated("@a.b.c == 5 && @a\\.b.c < 6"), "1");
  EXPECT_EQ(Evaluated("@n. == 7").substr(0, 1), "!");
  EXPECT_EQ(Evaluated("@missing == 1"), "0");
  EXPECT_EQ(Evaluated("@missing != 1"), "1");
  EXPECT_EQ(Evaluated("!@missing"), "1");
  EXPECT_EQ(Evaluated("exists(@missing)"), "0");
  EXPECT_EQ(Evaluated("case(exists(@s), upper(@s), 'none')"), "HELLO");
}

TEST(Expression, Functions) {
  EXPECT_EQ(Evaluated("floor(log2(9)) + ceil(0.2) + abs(-1) + sqrt(16)"), "9");
  EXPECT_EQ(Evaluated("exp(0) + log(1)"), "1");
  EXPECT_EQ(Evaluated("lower(@s)"), "hello");
  EXPECT_EQ(Evaluated("startswith(@s, 'He')"), "1");
  EXPECT_EQ(Evaluated("contains('banana', 'an')"), "2");
  EXPECT_EQ(Evaluated("contains('abc', '')"), "4");
  EXPECT_EQ(Evaluated("strlen(@s)"), "5");
  EXPECT_EQ(Evaluated("substr(@s, 1, 3)"), "ell");
  EXPECT_EQ(Evaluated("substr(@s, -2, -1)"), "lo");
  EXPECT_EQ(Evaluated("format('%s is %s, 100%%', @s, @n)"), "Hello is 7, 100%");
  EXPECT_EQ(Evaluated("split('a, b ,c')"), "a,b,c");
  EXPECT_EQ(Evaluated("split('a-b_c', '-_')"), "a,b,c");
  EXPECT_EQ(Evaluated("matched_terms(2)"), "a,b");
  EXPECT_EQ(Evaluated("geodistance(@place, \"13.4,52.52\") > 800000"), "1");
  EXPECT_EQ(Evaluated("geodistance(2.35, 48.86, @place)"), "0");
}

TEST(Expression, Dates) {
  EXPECT_EQ(Evaluated("timefmt(1700000000)"), "2023-11-14T22:13:20Z");
  EXPECT_EQ(Evaluated("timefmt(1700000000, '%a %d %b %Y %I:%M %p, day %j')"), "Tue 14 Nov 2023 10:13 PM, day 318");
  EXPECT_EQ(Evaluated("parsetime('2023-11-14T22:13:20Z')"), "1700000000");
  EXPECT_EQ(Evaluated("parsetime('14/Nov/2023 10:13 PM', '%d/%b/%Y %I:%M %p')"), "1699999980");
  EXPECT_EQ(Evaluated("parsetime('nonsense')"), "null");
  EXPECT_EQ(Evaluated("day(1700000000)"), "1699920000");
  EXPECT_EQ(Evaluated("hour(1700000000)"), "1699999200");
  EXPECT_EQ(Evaluated("minute(1700000000)"), "1699999980");
  EXPECT_EQ(Evaluated("month(1700000000)"), "1698796800");
  EXPECT_EQ(Evaluated("dayofweek(1700000000)"), "2");
  EXPECT_EQ(Evaluated("dayofmonth(1700000000)"), "14");
  EXPECT_EQ(Evaluated("dayofyear(1700000000)"), "317");
  EXPECT_EQ(Evaluated("year(1700000000)"), "2023");
  EXPECT_EQ(Evaluated("monthofyear(1700000000)"), "10");
  EXPECT_EQ(Evaluated("day('x')"), "null");
  for (int64_t timestamp = -kMaxTimestamp; timestamp < kMaxTimestamp; timestamp += 777777777) {
    ASSERT_EQ(Calendar::Of(timestamp).Timestamp(), timestamp);
  }
}

TEST(Expression, Errors) {
  for (const char* text : {"", "1 +", "(1", "1)", "'a", "@", "nope(1)", "foo", "log()", "log(1,2)", "case(1,2)", "1 2",
                           "$x", "&& 1", "a||"}) {
    EXPECT_EQ(Evaluated(text).substr(0, 1), "!") << text;
  }
  EXPECT_EQ(Evaluated(std::string(60000, '(')), "! Expression is nested too deeply");
  EXPECT_EQ(Evaluated(std::string(60000, '-') + "1"), "! Expression is nested too deeply");
  std::string chain = "1";
  for (int i = 0; i < 5000; ++i) chain += "+1";
  EXPECT_EQ(Evaluated(chain), "! Expression has too many parts");
}

}  // namespace
}  // namespace kvorum
