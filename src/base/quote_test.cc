#include "base/quote.h"

#include <gtest/gtest.h>

namespace kvorum {
namespace {

TEST(Quote, EscapesWhatDoesNotPrint) {
  EXPECT_EQ(InQuotes(""), "\"\"");
  EXPECT_EQ(InQuotes("it's plain ~"), "\"it's plain ~\"");
  EXPECT_EQ(InQuotes("\"\\\n\r\t\a\b"), R"("\"\\\n\r\t\a\b")");
  EXPECT_EQ(InQuotes(std::string_view("\0\x1f\x7f\xff", 4)), R"("\x00\x1f\x7f\xff")");
}

TEST(Quote, Appends) {
  std::string line = "set";
  AppendQuoted(line, "k");
  EXPECT_EQ(line, "set\"k\"");
}

}  // namespace
}  // namespace kvorum
