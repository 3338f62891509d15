#include "base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace kvorum {
namespace {

TEST(Glob, Items) {
  EXPECT_TRUE(GlobMatch("", ""));
  EXPECT_FALSE(GlobMatch("*", ""));
  EXPECT_TRUE(GlobMatch("**", "abc"));
  EXPECT_TRUE(GlobMatch("h?llo", "hello"));
  EXPECT_FALSE(GlobMatch("h?llo", "hllo"));
  EXPECT_TRUE(GlobMatch("h*llo", "hllo"));
  EXPECT_TRUE(GlobMatch("h[ae]llo", "hallo"));
  EXPECT_FALSE(GlobMatch("h[ae]llo", "hillo"));
  EXPECT_TRUE(GlobMatch("h[^e]llo", "hallo"));
  EXPECT_FALSE(GlobMatch("h[^e]llo", "hello"));
  EXPECT_TRUE(GlobMatch("[c-a]x", "bx"));
  EXPECT_TRUE(GlobMatch("a\\*b", "a*b"));
  EXPECT_FALSE(GlobMatch("a\\*b", "axb"));
  EXPECT_TRUE(GlobMatch("[\\]]", "]"));
  EXPECT_TRUE(GlobMatch("*a*b*c", "xxaxxbxxabxc"));
  EXPECT_FALSE(GlobMatch("*a*b*c", "xxaxxbxxabx"));
  EXPECT_FALSE(GlobMatch("a", ""));
  EXPECT_FALSE(GlobMatch("", "a"));
}

TEST(Glob, OddPatterns) {
  EXPECT_TRUE(GlobMatch("[ab", "a"));
  EXPECT_FALSE(GlobMatch("[ab", "ab"));
  EXPECT_FALSE(GlobMatch("[]", "]"));
  EXPECT_TRUE(GlobMatch("[^]", "x"));
  EXPECT_TRUE(GlobMatch("a\\", "a\\"));
  EXPECT_TRUE(GlobMatch("[a-]", "a"));
  EXPECT_TRUE(GlobMatch("[A-]", "]"));
  EXPECT_FALSE(GlobMatch("[", "["));
}

TEST(Glob, Case) {
  EXPECT_FALSE(GlobMatch("FOO*", "foobar"));
  EXPECT_TRUE(GlobMatchIgnoringCase("FOO*", "foobar"));
  EXPECT_TRUE(GlobMatchIgnoringCase("[A-C]x", "bX"));
}

TEST(Glob, StarsAreNotExponential) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(GlobMatch(pattern + "b", std::string(10000, 'a')));
  EXPECT_TRUE(GlobMatch(pattern, std::string(10000, 'a')));
}

TEST(Glob, Literal) {
  EXPECT_TRUE(IsLiteralGlob("plain:key"));
  EXPECT_FALSE(IsLiteralGlob("a[b]"));
}

}  // namespace
}  // namespace kvorum
