#include "base/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>

namespace kvorum {
namespace {

std::string Int(int64_t value) {
  char out[kMaxInt64Chars];
  return {out, FormatInt64(value, out)};
}
std::string Double(double value) {
  char out[kMaxDoubleChars];
  return {out, FormatDouble(value, out)};
}
std::string LongDouble(long double value) {
  static char out[kMaxLongDoubleChars];
  return {out, FormatLongDouble(value, out)};
}

TEST(Numbers, Int64AcceptsExactlyWhatItPrints) {
  for (int64_t value : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{10}, int64_t{-10}, int64_t{123456789},
                        std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    int64_t parsed = 77;
    EXPECT_TRUE(ParseInt64(Int(value), &parsed)) << value;
    EXPECT_EQ(parsed, value);
  }
  for (const char* text : {"", "-", "+1", "01", "-0", "-01", "00", " 1", "1 ", "1a", "a", "9223372036854775808",
                           "-9223372036854775809", "18446744073709551616", "99999999999999999999", "1.0", "0x1",
                           "100000000000000000000", "-100000000000000000000"}) {
    int64_t parsed = 77;
    EXPECT_FALSE(ParseInt64(text, &parsed)) << text;
    EXPECT_EQ(parsed, 77);
  }
  int64_t parsed;
  EXPECT_FALSE(ParseInt64(std::string_view("1\0", 2), &parsed));
}

TEST(Numbers, Uint64) {
  uint64_t parsed = 0;
  EXPECT_TRUE(ParseUint64("18446744073709551615", &parsed));
  EXPECT_EQ(parsed, UINT64_MAX);
  EXPECT_TRUE(ParseUint64("0", &parsed));
  EXPECT_EQ(parsed, 0u);
  for (const char* text : {"", "-1", "18446744073709551616", "28446744073709551615", "007", "1 "}) {
    EXPECT_FALSE(ParseUint64(text, &parsed)) << text;
  }
}

TEST(Numbers, ParseDouble) {
  struct Case {
    const char* text;
    double value;
  };
  const double inf = std::numeric_limits<double>::infinity();
  for (Case c : {Case{"0", 0.0},
                 {"1", 1.0},
                 {"+1", 1.0},
                 {"-1.5", -1.5},
                 {".5", 0.5},
                 {"5.", 5.0},
                 {"1e3", 1000.0},
                 {"007", 7.0},
                 {"inf", inf},
                 {"+inf", inf},
                 {"-inf", -inf},
                 {"Infinity", inf},
                 {"-INFINITY", -inf},
                 {"0x10", 16.0},
                 {"0x1p-2", 0.25},
                 {"4.9e-324", 4.9e-324},
                 {"1.7976931348623157e308", 1.7976931348623157e308},
                 {"0e500", 0.0},
                 {"0.000", 0.0},
                 {"123456789012345678", 123456789012345680.0},
                 {"-123.456e-7", -123.456e-7}}) {
    double parsed = 77;
    EXPECT_TRUE(ParseDouble(c.text, &parsed)) << c.text;
    EXPECT_EQ(parsed, c.value) << c.text;
  }
  double parsed = 77;
  EXPECT_TRUE(ParseDouble("-0", &parsed));
  EXPECT_TRUE(parsed == 0 && std::signbit(parsed));
  parsed = 77;
  for (const char* text : {"",    " 1", "1 ", "nan", "-nan", "nan(1)", "1e",  "e1",   "1e999", "-1e999", "1e-999",
                           "abc", "+",  "-",  ".",   "1,5",  "--1",    "+-1", "infx", "\t1",   "0x"}) {
    EXPECT_FALSE(ParseDouble(text, &parsed)) << text;
  }
  EXPECT_FALSE(ParseDouble(std::string_view("1\0", 2), &parsed));
  EXPECT_EQ(parsed, 77);
  EXPECT_TRUE(ParseDouble(std::string(1000, '0') + "12.5", &parsed));
  EXPECT_EQ(parsed, 12.5);
}

// The expected texts come from ZSCORE on Redis 7.2.4.
TEST(Numbers, FormatDouble) {
  EXPECT_EQ(Double(3), "3");
  EXPECT_EQ(Double(-3), "-3");
  EXPECT_EQ(Double(0.1), "0.1");
  EXPECT_EQ(Double(-0.0), "-0");
  EXPECT_EQ(Double(1e21), "1e+21");
  EXPECT_EQ(Double(1e17), "100000000000000000");
  EXPECT_EQ(Double(3.5), "3.5");
  EXPECT_EQ(Double(1e-7), "1e-7");
  EXPECT_EQ(Double(1.5e-7), "1.5e-7");
  EXPECT_EQ(Double(0.000001), "0.000001");
  EXPECT_EQ(Double(0.000123456), "1.23456e-4");
  EXPECT_EQ(Double(12345.678), "12345.678");
  EXPECT_EQ(Double(9223372036854775807.0), "9223372036854776000");
  EXPECT_EQ(Double(1e23), "99999999999999990000000");
  EXPECT_EQ(Double(1.2345678901234567e25), "1.2345678901234566e+25");
  EXPECT_EQ(Double(-123456789012345680000.0), "-123456789012345680000");
  EXPECT_EQ(Double(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(Double(2.2250738585072014e-308), "2.2250738585072014e-308");
  EXPECT_EQ(Double(5e-324), "5e-324");
  EXPECT_EQ(Double(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(Double(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(Double(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(Numbers, FormattedDoublesReadBack) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200000; ++i) {
    uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    if (i % 2 == 0) value = static_cast<double>(random() % 1000000) / 1000;
    if (!std::isfinite(value)) continue;
    std::string text = Double(value);
    ASSERT_LT(text.size(), kMaxDoubleChars);
    double parsed;
    ASSERT_TRUE(ParseDouble(text, &parsed)) << text;
    ASSERT_EQ(parsed, value) << text;
  }
}

TEST(Numbers, LongDouble) {
  EXPECT_EQ(LongDouble(0.0L), "0");
  EXPECT_EQ(LongDouble(-0.0L), "0");
  EXPECT_EQ(LongDouble(10.5L), "10.5");
  EXPECT_EQ(LongDouble(100.0L), "100");
  EXPECT_EQ(LongDouble(-1e-20L), "0");
  EXPECT_EQ(LongDouble(5e20L), "500000000000000000000");
  long double parsed = 0;
  EXPECT_TRUE(ParseLongDouble("10.6", &parsed));
  EXPECT_EQ(LongDouble(parsed + 0.1L), "10.7");
  EXPECT_EQ(LongDouble(std::numeric_limits<long double>::max()).size(), 4933u);
  EXPECT_FALSE(ParseLongDouble("", &parsed));
  EXPECT_FALSE(ParseLongDouble("nan", &parsed));
  EXPECT_FALSE(ParseLongDouble(" 1", &parsed));
  EXPECT_FALSE(ParseLongDouble("1e5000", &parsed));
  EXPECT_FALSE(ParseLongDouble(std::string(kMaxLongDoubleChars, '1'), &parsed));
}

}  // namespace
}  // namespace kvorum
