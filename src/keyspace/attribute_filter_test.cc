#include "keyspace/attribute_filter.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "keyspace/json_text.h"

namespace kvorum {
namespace {

constexpr std::string_view kMovie =
    R"({"year": 1984, "rating": 8.5, "genre": "drama", "tags": ["sad", "long", 7, {"x": 1}], "seen": true, "old": false,)"
    R"( "cast": {"lead": "x"}, "none": null, "quote": "a \"b\"\n\u00e9", "big": 1e3, "text": "42", "na\u006de": "n"})";

bool Matches(std::string_view filter, std::string_view attributes = kMovie) {
  AttributeFilter compiled;
  size_t at = 0;
  EXPECT_TRUE(compiled.Compile(filter, &at)) << filter << " at " << at;
  return compiled.Matches(attributes);
}

TEST(AttributeFilter, ComparesAndCalculates) {
  for (const char* filter : {".year == 1984",
                             ".year >= 1984 and .rating > 8",
                             ".year<1985&&.rating>=8.5",
                             ".year != 1985",
                             "not (.year == 1985)",
                             "!(.rating < 1)",
                             ".year - 1980 == 4",
                             "(.year - 1984) ** 2 < 100 and .rating / 2 > 4",
                             ".year % 10 == 4",
                             "2 ** 3 ** 2 == 512",
                             "2 + 3 * 4 == 14",
                             "-.rating == -8.5",
                             "- 2 ** 2 == 4",
                             "1 == true",
                             ".genre == \"drama\"",
                             ".genre == 'drama'",
                             ".genre != 'comedy'",
                             "\"ram\" in .genre",
                             "'sad' in .tags",
                             "7 in .tags",
                             ".genre in [\"comedy\", \"drama\"]",
                             ".year in [1, 1984]",
                             ".seen",
                             ".seen and not .old",
                             "false or .seen",
                             ".big == 1000",
                             ".text == 42",
                             ".text > 41",
                             ".quote == 'a \"b\"\n\xC3\xA9'",
                             ".name == 'n'",
                             ".year == 1984 || .year == 1",
                             "'it\\'s' == \"it's\"",
                             ".5 < 1",
                             "1e3 == .big",
                             ".genre < 'e'",
                             "[1]"}) {
    EXPECT_TRUE(Matches(filter)) << filter;
  }
  for (const char* filter :
       {".year == 1985", ".seen == false", "0", "''", "[]", "'x' in .tags", ".genre == 'Drama'", ".old"}) {
    EXPECT_FALSE(Matches(filter)) << filter;
  }
}

TEST(AttributeFilter, WhatIsMissingOrOfAnotherKindDoesNotMatch) {
  for (const char* filter :
       {".nope == 1", "not .nope", ".year == 1984 or .nope", ".cast", ".none == 0", ".none != 1", ".genre > 5",
        ".genre + 1 > 0", ".tags > 1", "1 in .year", ".lead == 'x'", "- .genre == 0"}) {
    EXPECT_FALSE(Matches(filter)) << filter;
  }
  for (const char* attributes :
       {"", "{}", "[1984]", "1984", "{\"year\"", "{\"year\":", "{\"year\": 19x", "not json", "{year: 1984}"}) {
    EXPECT_FALSE(Matches(".year == 1984", attributes)) << attributes;
  }
}

TEST(AttributeFilter, MistakesAreToldWithTheirPlace) {
  const std::pair<const char*, size_t> cases[] = {
      {"", 0},      {".year >", 7}, {".year > > 5", 8}, {"(.year", 6}, {".year)", 5}, {".year = 5", 6}, {"'abc", 0},
      {"[1, 2", 5}, {"[1 2]", 3},   {".", 0},           {".9x", 0},    {"foo", 0},    {"1 2", 2},       {"[.year]", 1},
      {"[[1]]", 1}, {"andy", 0},    {".a && && .b", 6}, {"1e", 0},     {"0x10", 0},   {"1 ** ", 5},
  };
  for (const auto& [text, place] : cases) {
    AttributeFilter filter;
    size_t at = 99;
    EXPECT_FALSE(filter.Compile(text, &at)) << text;
    EXPECT_EQ(at, place) << text;
    EXPECT_FALSE(filter.Matches(kMovie)) << text;
  }
}

TEST(AttributeFilter, HasLimits) {
  AttributeFilter filter;
  size_t at = 0;
  EXPECT_FALSE(
      filter.Compile(std::string(kMaxFilterDepth + 1, '(') + "1" + std::string(kMaxFilterDepth + 1, ')'), &at));
  EXPECT_FALSE(filter.Compile(std::string(100000, '('), &at));
  EXPECT_FALSE(filter.Compile(std::string(100000, '!') + "1", &at));
  std::string powers = "1", sums = "1", array = "[1";
  for (size_t i = 0; i < kMaxFilterDepth + 1; ++i) powers += "**1";
  for (size_t i = 0; i < kMaxFilterSteps; ++i) sums += "+1", array += ",1";
  EXPECT_FALSE(filter.Compile(powers, &at));
  EXPECT_FALSE(filter.Compile(sums, &at));
  EXPECT_FALSE(filter.Compile(array + "]", &at));
  EXPECT_FALSE(filter.Compile(std::string(kMaxFilterBytes, ' ') + "1", &at));
  EXPECT_TRUE(filter.Compile(std::string(kMaxFilterBytes - 1, ' ') + "1", &at));
  EXPECT_TRUE(Matches(sums.substr(0, kMaxFilterSteps - 1))) << "many, none inside another";
}

TEST(AttributeFilter, AnyBytesAreHarmless) {
  constexpr uint64_t kSeed = 1;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  constexpr std::string_view kPieces[] = {".year", "==",  "(",   ")",   "\"a\"", "'", "in", "[", "]",
                                          ",",     "1.5", "not", "and", "**",    "-", "\\", " "};
  for (int i = 0; i < 20000; ++i) {
    std::string text, attributes(kMovie.substr(0, random.Below(kMovie.size() + 1)));
    for (uint64_t n = random.Below(12); n > 0; --n) text += kPieces[random.Below(std::size(kPieces))];
    if (!attributes.empty()) attributes[random.Below(attributes.size())] = static_cast<char>(random.Next());
    AttributeFilter filter;
    size_t at = 0;
    if (filter.Compile(text, &at)) (void)filter.Matches(attributes);
    EXPECT_LE(at, text.size());
    (void)IsJsonText(attributes);
  }
}

TEST(JsonText, TellsJsonFromOtherThings) {
  for (const char* text :
       {"{}", "[]", "1", "-0.5e+3", "\"a\\u00e9\\n\"", " {\"a\" : [1, {\"b\": null}], \"c\": true} ", "false"}) {
    EXPECT_TRUE(IsJsonText(text)) << text;
  }
  for (const char* text : {"",        " ",         "{",      "}",     "{]",  "{\"a\"}",    "{\"a\":}", "{\"a\":1,}",
                           "[1,]",    "01",        "1.",     ".5",    "+1",  "nul",        "nulll",    "\"a",
                           "\"\\x\"", "\"\\u12\"", "\"\n\"", "{a:1}", "1 2", "{\"a\":1}x", "--1",      "1e"}) {
    EXPECT_FALSE(IsJsonText(text)) << text;
  }
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(IsJsonText(nested(kMaxJsonTextDepth)));
  EXPECT_FALSE(IsJsonText(nested(kMaxJsonTextDepth + 2)));
  EXPECT_FALSE(IsJsonText(std::string(1000000, '[')));
}

}  // namespace
}  // namespace kvorum
