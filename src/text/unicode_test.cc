#include "text/unicode.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace kvorum {
namespace {

TEST(Unicode, AnyBytesComeBack) {
  const uint64_t seed = ::testing::UnitTest::GetInstance()->random_seed() + 1;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (size_t i = random.Below(12); i > 0; --i) text += static_cast<char>(random.Below(256));
    std::string back;
    for (size_t offset = 0; offset < text.size();) AppendCodePoint(back, TakeCodePoint(text, &offset));
    ASSERT_EQ(text, back);
  }
  for (char32_t point = 0; point < kRawByte; point += 7) {
    if (point >= 0xD800 && point < 0xE000) continue;
    std::string text;
    AppendCodePoint(text, point);
    size_t offset = 0;
    ASSERT_EQ(TakeCodePoint(text, &offset), point);
    ASSERT_EQ(offset, text.size());
  }
}

TEST(Unicode, LettersFold) {
  EXPECT_EQ(FoldCase("Straße ÀÉÎ ΑΒΓ ДЖ"), "straße àéî αβγ дж");
  EXPECT_EQ(UpperCase("àéî αβγ a"), "ÀÉÎ ΑΒΓ A");
  EXPECT_EQ(SortForm("Éclair Ångström"), "eclair angstrom");
  EXPECT_EQ(CountCodePoints("naïve"), 5u);
}

TEST(Unicode, WhatPartsWords) {
  for (char c : std::string(" \t\n,.<>{}[]\"':;!@#$%^&*()-+=~/\\|`?"))
    EXPECT_TRUE(IsSeparator(static_cast<char32_t>(c))) << c;
  for (char c : std::string("azAZ09_")) EXPECT_FALSE(IsSeparator(static_cast<char32_t>(c))) << c;
  EXPECT_TRUE(IsSeparator(U'—'));
  EXPECT_TRUE(IsSeparator(U'“'));
  EXPECT_TRUE(IsSeparator(U'　'));
  EXPECT_TRUE(IsSeparator(U'€'));
  EXPECT_FALSE(IsSeparator(U'é'));
  EXPECT_FALSE(IsSeparator(U'語'));
  EXPECT_FALSE(IsSeparator(U'😀'));
}

}  // namespace
}  // namespace kvorum
