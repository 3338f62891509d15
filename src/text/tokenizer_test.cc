#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "text/stop_words.h"

namespace kvorum {
namespace {

std::vector<std::string> Words(std::string_view text, Language language = Language::kEnglish) {
  std::vector<std::string> words;
  Tokenizer tokenizer(text, language);
  Token token;
  while (tokenizer.Next(&token)) {
    EXPECT_EQ(token.position, words.size());
    EXPECT_LT(token.begin, token.end);
    EXPECT_LE(token.end, text.size());
    words.emplace_back(token.text);
  }
  return words;
}

using List = std::vector<std::string>;

TEST(Tokenizer, PunctuationPartsWords) {
  EXPECT_EQ(Words("foo-bar.baz...bag"), (List{"foo", "bar", "baz", "bag"}));
  EXPECT_EQ(Words("  Hello,   WORLD!  "), (List{"hello", "world"}));
  EXPECT_EQ(Words("hello_world it's"), (List{"hello_world", "it", "s"}));
  EXPECT_EQ(Words("naïve “Zürich”—λόγος"), (List{"naïve", "zürich", "λόγοσ"}));
  EXPECT_EQ(Words(""), List{});
  EXPECT_EQ(Words("!?..."), List{});
}

TEST(Tokenizer, BackslashTakesASeparatorIn) {
  EXPECT_EQ(Words("hello\\-world hello-world"), (List{"hello-world", "hello", "world"}));
  EXPECT_EQ(Words("a\\ b c"), (List{"a b", "c"}));
  EXPECT_EQ(Words("c:\\dir\\"), (List{"c", "dir"}));
  EXPECT_EQ(Words("\\-20"), (List{"-20"}));
  EXPECT_EQ(Words("a\\\x01z"), (List{"a", "z"}));
}

TEST(Tokenizer, TellsWhereWordsAre) {
  const std::string text = "Ünder the sea";
  Tokenizer tokenizer(text);
  Token token;
  std::vector<std::string> parts;
  while (tokenizer.Next(&token)) parts.push_back(text.substr(token.begin, token.end - token.begin));
  EXPECT_EQ(parts, (List{"Ünder", "the", "sea"}));
}

TEST(Tokenizer, LongWordsAreCut) {
  EXPECT_EQ(Words(std::string(5000, 'x') + " y"), (List{std::string(kMaxTokenBytes, 'x'), "y"}));
}

TEST(Tokenizer, ChineseIsCutByDictionary) {
  EXPECT_EQ(Words("我们在北京学习", Language::kEnglish).size(), 1u);
  const List words = Words("我们在北京学习, hello", Language::kChinese);
  ASSERT_GE(words.size(), 4u);
  EXPECT_EQ(words.front(), "我们");
  EXPECT_EQ(words.back(), "hello");
}

TEST(Stemmers, KnowLanguages) {
  Stemmers stemmers;
  EXPECT_EQ(stemmers.Stem(Language::kEnglish, "studied"), "studi");
  EXPECT_EQ(stemmers.Stem(Language::kEnglish, "hiring"), "hire");
  EXPECT_EQ(stemmers.Stem(Language::kEnglish, "was"), "was");  // too short
  EXPECT_EQ(stemmers.Stem(Language::kGerman, "stücke"), "stuck");
  for (size_t i = 0; i < kLanguages; ++i) {
    const auto language = static_cast<Language>(i);
    EXPECT_EQ(LanguageNamed(LanguageName(language)), language);
    stemmers.Stem(language, "wonderful");
  }
  EXPECT_EQ(LanguageNamed("GERMAN"), Language::kGerman);
  EXPECT_EQ(LanguageNamed("klingon"), std::nullopt);
}

TEST(StopWords, TheDefaultsAndOthers) {
  EXPECT_EQ(StopWords::Default().words().size(), 33u);
  EXPECT_TRUE(StopWords::Default().Has("the"));
  EXPECT_FALSE(StopWords::Default().Has("foo"));
  EXPECT_FALSE(StopWords().Has("the"));
  constexpr std::array<std::string_view, 3> kWords = {"Foo", "bar", "foo"};
  const StopWords words(kWords);
  EXPECT_EQ(words.words().size(), 2u);
  EXPECT_TRUE(words.Has("foo"));
}

}  // namespace
}  // namespace kvorum
