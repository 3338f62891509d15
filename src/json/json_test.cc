#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "json/codec.h"
#include "json/path.h"
#include "json/regex.h"
#include "json/text.h"
#include "json/value.h"

namespace kvorum {
namespace {

JsonValue Parsed(std::string_view text) {
  JsonValue value;
  std::string error;
  EXPECT_TRUE(ParseJson(text, &value, &error)) << text << ": " << error;
  value.Validate();
  return value;
}

std::string Written(const JsonValue& value) {
  std::string text;
  WriteJson(value, &text);
  return text;
}

std::string ErrorOf(std::string_view text) {
  JsonValue value;
  std::string error;
  EXPECT_FALSE(ParseJson(text, &value, &error)) << text;
  return error;
}

// What the path finds, as JSON; or its error.
std::string Found(JsonValue& root, std::string_view text) {
  JsonPath path;
  std::string error;
  if (!JsonPath::Parse(text, &path, &error)) return error;
  std::vector<JsonMatch> matches;
  EXPECT_TRUE(path.Find(root, &matches)) << text;
  std::string found;
  for (const JsonMatch& match : matches) found += (found.empty() ? "" : " ") + Written(*match.value);
  if (!matches.empty()) {
    EXPECT_EQ(path.First(root), matches[0].value) << text;
  }
  return found;
}

TEST(JsonText, IsWrittenAsItWasRead) {
  for (const char* text : {"null",
                           "true",
                           "false",
                           "0",
                           "-1",
                           "1152921504606846975",
                           "1152921504606846976",
                           "-9223372036854775808",
                           "9223372036854775807",
                           "1.5",
                           "-0.0",
                           "0.0",
                           "0.1",
                           "12345.678",
                           "5e-324",
                           "1.7976931348623157e308",
                           "1e16",
                           "1000000000000000.0",
                           "0.0001",
                           "0.00001",
                           "1e-6",
                           "1.2345e-7",
                           "0.30000000000000004",
                           "\"\"",
                           "\"1234567\"",
                           "\"12345678\"",
                           "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\"",
                           "\"\xC3\xA9\xF0\x9F\x98\x80\"",
                           "[]",
                           "{}",
                           "[[],{}]",
                           "{\"a\":1,\"b\":[1,2.5,\"x\",null,true],\"\":{\"long enough\":\"as well\"}}"}) {
    EXPECT_EQ(Written(Parsed(text)), text);
  }
  EXPECT_EQ(Written(Parsed(" { \"a\" : [ 1 , 2 ] , \"a\" : 3, \"b\": 1E2 } \n")), "{\"a\":3,\"b\":100.0}");
  EXPECT_EQ(Written(Parsed("\"\\u00e9\\ud83d\\ude00\\/\"")), "\"\xC3\xA9\xF0\x9F\x98\x80/\"");
  EXPECT_EQ(Written(Parsed("9223372036854775808")), "9.223372036854776e18") << "beyond 64 bits it is a number";
  EXPECT_EQ(Written(Parsed("1e-400")), "0.0");
}

TEST(JsonText, HostileTextsAreErrors) {
  for (const char* text :
       {"",       " ",   "{",   "[1,]",     "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}",       "tru",         "nul",
        "01",     "1.",  ".5",  "+1",       "1e",    "\"",      "\"\\x\"",  "\"\\ud800\"", "\"\\udc00\"", "\"\xff\"",
        "\"\n\"", "1 2", "NaN", "Infinity", "1e999", "-1e999",  "[1]]",     "'a'"}) {
    EXPECT_NE(ErrorOf(text), "") << text;
  }
  EXPECT_EQ(ErrorOf("tru"), "expected value at line 1 column 4");
  EXPECT_EQ(ErrorOf(std::string_view("1\0", 2)), "invalid character at line 1 column 2");
  const std::string deep = std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']');
  EXPECT_EQ(Parsed(deep).Depth(), kMaxJsonDepth);
  EXPECT_NE(ErrorOf("[" + deep + "]").find("recursion limit exceeded"), std::string::npos);
  ErrorOf(std::string(1 << 20, '['));
  ErrorOf(std::string(1 << 20, '{'));
}

TEST(JsonText, IsIndented) {
  std::string text;
  WriteJson(Parsed("{\"a\":[1,{}],\"b\":[]}"), &text, {"\t", "\n", " "});
  EXPECT_EQ(text, "{\n\t\"a\": [\n\t\t1,\n\t\t{}\n\t],\n\t\"b\": []\n}");
}

TEST(JsonValue, NumbersKeepTheirValue) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    double number;
    const uint64_t bits = random();
    if (i % 3 == 0) {
      std::memcpy(&number, &bits, sizeof(number));
    } else {
      number = static_cast<double>(static_cast<int64_t>(bits % 200'001) - 100'000) / std::pow(10, i % 30);
    }
    if (!std::isfinite(number)) continue;
    const JsonValue value = JsonValue::Number(number);
    EXPECT_EQ(value.number(), number);
    EXPECT_EQ(std::signbit(value.number()), std::signbit(number));
    EXPECT_EQ(Parsed(Written(value)).number(), number);
  }
  EXPECT_EQ(JsonValue::Number(0.1).MemoryBytes(0), 0u);
  EXPECT_EQ(JsonValue::Number(0.1 + 0.2).MemoryBytes(0), 8u);
}

TEST(JsonValue, ObjectsKeepTheirOrder) {
  JsonValue object = JsonValue::Object();
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(object.Set("member " + std::to_string(i), JsonValue::Integer(i)));
  for (int i = 0; i < 1000; i += 2) object.Find("member " + std::to_string(i))->MarkRemoved();
  object.DropRemoved();
  object.Validate();
  EXPECT_EQ(object.size(), 500u);
  EXPECT_EQ(object.Find("member 2"), nullptr);
  EXPECT_FALSE(object.Set("member 3", JsonValue::String("three")));
  EXPECT_TRUE(object.Set("member 2", JsonValue()));
  object.Validate();
  int64_t last = 0;
  for (size_t slot = 0; slot < object.slots(); ++slot) {
    const JsonMember* member = object.MemberAt(slot);
    if (member == nullptr || member->value.type() != JsonValue::Type::kInteger) continue;
    EXPECT_GT(member->value.integer(), last);
    last = member->value.integer();
  }
  const JsonValue copy = object.Clone();
  copy.Validate();
  EXPECT_TRUE(copy.Equals(object));
  EXPECT_EQ(Written(copy), Written(object));
}

TEST(JsonCodec, ComesBackFromPiecesOfAnySize) {
  const JsonValue value = Parsed(
      "{\"a\":[1,-2,2.5,0.3333333333333333,null,true,false,\"text\",\"a longer text than "
      "fits\",[],{}],\"\":{\"b\":{\"c\":[[[1]]]}},"
      "\"a long name of a member\":9223372036854775807}");
  Buffer bytes;
  JsonEncoder encoder;
  encoder.Begin(value);
  std::string_view name, text;
  while (encoder.Next(&bytes, &name, &text)) {
    bytes.Append(name);
    bytes.Append(text);
  }
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    JsonDecoder decoder;
    std::string carry;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      carry += bytes.view().substr(at, piece);
      std::string_view rest = carry;
      ASSERT_TRUE(decoder.Feed(&rest)) << decoder.error();
      carry = rest;
    }
    ASSERT_TRUE(decoder.done());
    EXPECT_EQ(Written(decoder.Take()), Written(value));
  }
}

TEST(JsonPath, Finds) {
  JsonValue store = Parsed(
      "{\"store\":{\"book\":[{\"c\":\"ref\",\"a\":\"Rees\",\"price\":8.95},{\"c\":\"fiction\",\"a\":\"Waugh\","
      "\"price\":12.99},"
      "{\"c\":\"fiction\",\"a\":\"Melville\",\"isbn\":\"0-553\",\"price\":8},{\"c\":\"fiction\",\"a\":\"Tolkien\","
      "\"price\":22.99}],"
      "\"bike\":{\"color\":\"red\",\"price\":19.95}},\"max\":10,\"x y\":1,\"a-b\":2}");
  EXPECT_EQ(Found(store, "$.store.book[*].a"), "\"Rees\" \"Waugh\" \"Melville\" \"Tolkien\"");
  EXPECT_EQ(Found(store, "$..a"), "\"Rees\" \"Waugh\" \"Melville\" \"Tolkien\"");
  EXPECT_EQ(Found(store, "$..price"), "8.95 12.99 8 22.99 19.95");
  EXPECT_EQ(Found(store, "$.store..color"), "\"red\"");
  EXPECT_EQ(Found(store, "$..book[-1].a"), "\"Tolkien\"");
  EXPECT_EQ(Found(store, "$..book[0,2,9].price"), "8.95 8");
  EXPECT_EQ(Found(store, "$..book[1:3].price"), "12.99 8");
  EXPECT_EQ(Found(store, "$..book[:2].price"), "8.95 12.99");
  EXPECT_EQ(Found(store, "$..book[-2:].price"), "8 22.99");
  EXPECT_EQ(Found(store, "$..book[::2].price"), "8.95 8");
  EXPECT_EQ(Found(store, "$..book[?(@.isbn)].a"), "\"Melville\"");
  EXPECT_EQ(Found(store, "$..book[?(!@.isbn)].a"), "\"Rees\" \"Waugh\" \"Tolkien\"");
  EXPECT_EQ(Found(store, "$..book[?(@.price<$.max)].a"), "\"Rees\" \"Melville\"");
  EXPECT_EQ(Found(store, "$..book[?(@.price<10 && @.c==\"fiction\")].a"), "\"Melville\"");
  EXPECT_EQ(Found(store, "$..book[?(@.price>20||@.c=='ref')].a"), "\"Rees\" \"Tolkien\"");
  EXPECT_EQ(Found(store, "$..book[?((@.price>20 || @.price<=8) && @.c!='ref')].a"), "\"Melville\" \"Tolkien\"");
  EXPECT_EQ(Found(store, "$..book[?(@.a=~\"(?i)^[mt].*en?$\")].a"), "\"Melville\" \"Tolkien\"");
  EXPECT_EQ(Found(store, "$.store.*[?(@.price > 20)].price"), "22.99");
  EXPECT_EQ(Found(store, "$..[?(@.color)].price"), "19.95");
  EXPECT_EQ(Found(store, "$['x y']"), "1");
  EXPECT_EQ(Found(store, "$[\"x y\",'max']"), "1 10");
  EXPECT_EQ(Found(store, "$.a-b"), "2");
  EXPECT_EQ(Found(store, "$.nothing"), "");
  EXPECT_EQ(Found(store, "$.store.book.a"), "");
  // Legacy.
  EXPECT_EQ(Found(store, ".store.book[0].a"), "\"Rees\"");
  EXPECT_EQ(Found(store, "store.bike.price"), "19.95");
  EXPECT_EQ(Found(store, "[\"max\"]"), "10");
  JsonValue scalars = Parsed("[1,2,3,\"a\",null,true,[4]]");
  EXPECT_EQ(Found(scalars, "$[?(@>1)]"), "2 3");
  EXPECT_EQ(Found(scalars, "$[?(@==\"a\")]"), "\"a\"");
  EXPECT_EQ(Found(scalars, "$[?(@==null)]"), "null");
  EXPECT_EQ(Found(scalars, "$[?(@==true)]"), "true");
  EXPECT_EQ(Found(scalars, "$..[0]"), "1 4");
  EXPECT_EQ(Found(scalars, "$..*"), "1 2 3 \"a\" null true [4] 4");
  EXPECT_EQ(Found(scalars, "$"), Written(scalars));
  EXPECT_EQ(Found(scalars, "."), Written(scalars));
}

TEST(JsonPath, HostilePathsAreErrors) {
  JsonPath path;
  std::string error;
  for (const std::string& text : std::vector<std::string>{"$.",
                                                          "$..",
                                                          "$[",
                                                          "$[]",
                                                          "$[1",
                                                          "$['a",
                                                          "$['a']x",
                                                          "$[?(",
                                                          "$[?()]",
                                                          "$[?(@.a==)]",
                                                          "$[?(@.a=1)]",
                                                          "$[?(1)]",
                                                          "$[1:2:0]",
                                                          "$[99999999999999999999]",
                                                          "$[1,]",
                                                          "$a b",
                                                          "$[?(@.a",
                                                          "$[?@.a &&]",
                                                          "$.a]",
                                                          "..",
                                                          "$" + std::string(1 << 20, '.'),
                                                          "$" + std::string(40'000, '['),
                                                          "$[?" + std::string(10'000, '(') + "@.a)]",
                                                          "$[?" + std::string(10'000, '!') + "@.a]",
                                                          "$" +
                                                              [] {
                                                                std::string steps;
                                                                for (int i = 0; i < 1000; ++i) steps += ".a";
                                                                return steps;
                                                              }(),
                                                          "$[?@" +
                                                              [] {
                                                                std::string nested;
                                                                for (int i = 0; i < 100; ++i) nested += "[?@";
                                                                return nested;
                                                              }()}) {
    EXPECT_FALSE(JsonPath::Parse(text, &path, &error)) << text.substr(0, 100);
    EXPECT_LT(error.size(), 400u);
  }
}

TEST(JsonPath, WorkIsLimited) {
  std::string text = "1";
  for (int i = 0; i < 100; ++i) text = "[" + text + "]";
  JsonValue deep = Parsed(text);
  JsonPath path;
  std::string error;
  std::string descents = "$";
  for (int i = 0; i < 12; ++i) descents += "..*";
  ASSERT_TRUE(JsonPath::Parse(descents, &path, &error));
  std::vector<JsonMatch> matches;
  EXPECT_FALSE(path.Find(deep, &matches));
}

TEST(Regex, Matches) {
  const auto matches = [](std::string_view regex, std::string_view text) {
    const auto compiled = Regex::Compile(regex);
    EXPECT_NE(compiled, nullptr) << regex;
    return compiled != nullptr && compiled->Search(text);
  };
  EXPECT_TRUE(matches("", ""));
  EXPECT_TRUE(matches("b", "abc"));
  EXPECT_FALSE(matches("^b", "abc"));
  EXPECT_TRUE(matches("^a.c$", "abc"));
  EXPECT_TRUE(matches("^a.c$",
                      "a\xC3\xA9"
                      "c"));
  EXPECT_TRUE(matches("^(foo|ba[rz]|)$", "baz"));
  EXPECT_TRUE(matches("^(foo|ba[rz]|)$", ""));
  EXPECT_FALSE(matches("^(foo|ba[rz])$", "bay"));
  EXPECT_TRUE(matches("^a*?b+c?$", "aabb"));
  EXPECT_TRUE(matches("^(ab){2,3}$", "ababab"));
  EXPECT_FALSE(matches("^(ab){2,3}$", "abababab"));
  EXPECT_TRUE(matches("^(?:ab){2,}$", "abababab"));
  EXPECT_TRUE(matches("^x{0}$", ""));
  EXPECT_TRUE(matches("\\bfoo\\b", "a foo b"));
  EXPECT_FALSE(matches("\\bfoo\\b", "afoo b"));
  EXPECT_TRUE(matches("^\\d+\\.\\w\\s\\S\\D$", "12.a ab"));
  EXPECT_TRUE(matches("^[^\\d\\s]+$", "abc"));
  EXPECT_FALSE(matches("^[^\\d\\s]+$", "ab1"));
  EXPECT_TRUE(matches("^[a-c\\-\\]]+$", "b-]"));
  EXPECT_TRUE(matches("^[\\x41\\x{e9}]+$", "A\xC3\xA9"));
  EXPECT_TRUE(matches("(?i)HeLLo", "say hEllO"));
  EXPECT_TRUE(matches("a|b|c", "xxc"));
  EXPECT_TRUE(matches("^((a|b)*c|d)+$", "abcdbbc"));
  EXPECT_TRUE(matches("(a*)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")) << "no exponential time";
  EXPECT_FALSE(matches("^(a|a?)+$", std::string(5000, 'a') + "b"));
  for (const char* bad : {"(", ")", "a)", "[", "[z-a]", "*", "a**", "a{", "a{2", "a{3,2}", "a{99999}", "\\", "\\1",
                          "(?=a)", "\\p{L}", "((((a{100}){100}){100}){100})"}) {
    EXPECT_EQ(Regex::Compile(bad), nullptr) << bad;
  }
  EXPECT_EQ(Regex::Compile(std::string(1000, '(')), nullptr);
}

}  // namespace
}  // namespace kvorum
