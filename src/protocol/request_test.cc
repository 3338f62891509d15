#include "protocol/request.h"

#include <gtest/gtest.h>

#include <random>

#include "protocol/request_model.h"

namespace kvorum {
namespace {

using Words = std::vector<std::string>;

std::string Encode(const Words& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return bytes;
}

std::string ErrorOf(std::string_view bytes, const RequestLimits& limits = {}) {
  return ParseAtOnce(bytes, limits).error;
}

TEST(RequestParser, Multibulk) {
  const ParsedStream stream = ParseAtOnce(Encode({"SET", "k", std::string("\r\n\0", 3)}) + Encode({"GET", ""}));
  ASSERT_EQ(stream.requests.size(), 2u);
  EXPECT_EQ(stream.requests[0], (Words{"SET", "k", std::string("\r\n\0", 3)}));
  EXPECT_EQ(stream.requests[1], (Words{"GET", ""}));
  EXPECT_EQ(stream.unconsumed, 0u);
}

TEST(RequestParser, Inline) {
  const ParsedStream stream = ParseAtOnce("PING\r\nset k \"a\\x41\\n\"\n  get 'it\\'s'  \r\n");
  ASSERT_EQ(stream.requests.size(), 3u);
  EXPECT_EQ(stream.requests[0], Words{"PING"});
  EXPECT_EQ(stream.requests[1], (Words{"set", "k", "aA\n"}));
  EXPECT_EQ(stream.requests[2], (Words{"get", "it's"}));
}

TEST(RequestParser, EmptyRequestsAreSkipped) {
  // After each the parser starts afresh, whatever the kind of the next.
  for (const char* empty : {"\r\n", "*0\r\n", "*-1\r\n", "*-10\r\n", "   \n"}) {
    const ParsedStream stream = ParseAtOnce(std::string(empty) + "PING\r\n" + empty + Encode({"GET", "a"}) + empty);
    ASSERT_EQ(stream.requests.size(), 2u) << empty;
    EXPECT_EQ(stream.requests[0], Words{"PING"});
    EXPECT_EQ(stream.requests[1], (Words{"GET", "a"}));
    EXPECT_EQ(stream.unconsumed, 0u);
  }
}

TEST(RequestParser, Errors) {
  EXPECT_EQ(ErrorOf("*3000000000\r\n"), "invalid multibulk length");
  EXPECT_EQ(ErrorOf("*x\r\n"), "invalid multibulk length");
  EXPECT_EQ(ErrorOf("*+1\r\n"), "invalid multibulk length");
  EXPECT_EQ(ErrorOf("*\r\n"), "invalid multibulk length");
  EXPECT_EQ(ErrorOf("*1\r\nfoo\r\n"), "expected '$', got 'f'");
  EXPECT_EQ(ErrorOf("*1\r\n$-10\r\n"), "invalid bulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$blabla\r\n"), "invalid bulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$2000000000\r\n"), "invalid bulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$99999999999999999999\r\n"), "invalid bulk length");
  EXPECT_EQ(ErrorOf("set \"\"\"a\r\n"), "unbalanced quotes in request");
  EXPECT_EQ(ErrorOf(std::string(70000, 'x')), "too big inline request");
  EXPECT_EQ(ErrorOf("*" + std::string(70000, '1')), "too big mbulk count string");
  EXPECT_EQ(ErrorOf("*1\r\n$" + std::string(70000, '1')), "too big bulk count string");
}

TEST(RequestParser, StrangersMayLess) {
  RequestLimits limits;
  limits.authenticated = false;
  limits.bulks = kStrangerBulks;
  limits.bulk_bytes = kStrangerBulkBytes;
  EXPECT_EQ(ErrorOf("*10\r\n", limits), "");
  EXPECT_EQ(ErrorOf("*11\r\n", limits), "unauthenticated multibulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$16384\r\n", limits), "");
  EXPECT_EQ(ErrorOf("*1\r\n$16385\r\n", limits), "unauthenticated bulk length");
}

TEST(RequestParser, RequestsBeforeAnErrorCount) {
  const ParsedStream stream = ParseAtOnce("PING\r\n*1\r\nx");
  EXPECT_EQ(stream.requests.size(), 1u);
  // The wrong byte is judged when its line is there.
  EXPECT_EQ(stream.error, "");
  EXPECT_EQ(ParseAtOnce("PING\r\n*1\r\nx\r\n").error, "expected '$', got 'x'");
}

TEST(RequestParser, TellsWhatIsMissing) {
  RequestParser parser;
  std::vector<std::string_view> args;
  size_t consumed = 0;
  EXPECT_EQ(parser.Parse("*2\r\n$3\r\nGET\r\n$100000\r\nabc", {}, args, &consumed), ParseStatus::kIncomplete);
  EXPECT_EQ(parser.missing_bytes(), 100000u + 2 - 3);
}

TEST(RequestParser, PiecesMakeNoDifference) {
  const std::string bytes = "PING\r\n" + Encode({"SET", "key", std::string(300, 'v')}) + "*0\r\n" +
                            Encode({"GET", ""}) + "set 'a b' \"c\\\"d\"\n\r\n" + Encode(Words(40, "word")) +
                            "*2\r\n$3\r\nGET\r\n$5\r\nunfin";
  const ParsedStream whole = ParseAtOnce(bytes);
  EXPECT_EQ(whole.requests.size(), 5u);
  EXPECT_EQ(ParseInPieces(bytes, {}, [] { return 1; }), whole);
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(ParseInPieces(bytes, {}, [&random] { return random() % 40 + 1; }), whole);
  }
}

// Where the first piece of a request's header ended once counted for the line after it.
TEST(RequestParser, ACutHeaderIsForgotten) {
  const std::string bytes = Encode({"PING"}) + "\n" + Encode({"ECHO", "x"}) + "\r\n" + Encode({"PING"});
  const ParsedStream whole = ParseAtOnce(bytes);
  ASSERT_EQ(whole.requests, (std::vector<Words>{{"PING"}, {"ECHO", "x"}, {"PING"}}));
  for (size_t first = 1; first < bytes.size(); ++first) {
    size_t turn = 0;
    EXPECT_EQ(ParseInPieces(bytes, {}, [&] { return turn++ == 0 ? first : bytes.size(); }), whole) << first;
  }
}

TEST(SplitArguments, Quotes) {
  Words words;
  EXPECT_TRUE(SplitArguments("a  'b c' \"d\\te\\x00\" \"\"", &words));
  EXPECT_EQ(words, (Words{"a", "b c", std::string("d\te\0", 4), ""}));
  EXPECT_FALSE(SplitArguments("\"a", &words));
  EXPECT_FALSE(SplitArguments("\"a\"b", &words));
  EXPECT_FALSE(SplitArguments("'a'b", &words));
}

}  // namespace
}  // namespace kvorum
