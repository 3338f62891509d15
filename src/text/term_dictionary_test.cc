#include "text/term_dictionary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

using Names = std::vector<std::string>;

class Collected {
 public:
  TermDictionary::Visit visit() {
    return [this](const Term& term) {
      names_.emplace_back(term.text());
      return true;
    };
  }
  Names Take() {
    std::sort(names_.begin(), names_.end());
    return std::move(names_);
  }

 private:
  Names names_;
};

std::u32string Letters(std::string_view text) {
  std::u32string letters;
  for (size_t offset = 0; offset < text.size();) letters += TakeCodePoint(text, &offset);
  return letters;
}

size_t Distance(std::string_view a_text, std::string_view b_text) {
  const std::u32string a = Letters(a_text), b = Letters(b_text);
  std::vector<std::vector<size_t>> table(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        table[i][j] = i + j;
      } else {
        table[i][j] =
            std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      }
    }
  }
  return table[a.size()][b.size()];
}

bool NaiveMatch(const std::u32string& pattern, size_t p, const std::u32string& text, size_t t) {
  if (p == pattern.size()) return t == text.size();
  if (pattern[p] == '*')
    return NaiveMatch(pattern, p + 1, text, t) || (t < text.size() && NaiveMatch(pattern, p, text, t + 1));
  return t < text.size() && (pattern[p] == '?' || pattern[p] == text[t]) && NaiveMatch(pattern, p + 1, text, t + 1);
}

std::string RandomWord(Random& random) {
  static const char* const kLetters[] = {"a", "b", "c", "é", "日"};
  std::string word;
  for (size_t i = random.Below(7) + 1; i > 0; --i) word += kLetters[random.Below(random.Below(3) == 0 ? 5 : 2)];
  return word;
}

template <typename Test>
Names Those(const std::set<std::string>& model, Test test) {
  Names names;
  for (const std::string& name : model) {
    if (test(name)) names.push_back(name);
  }
  return names;
}

TEST(TermDictionary, EqualsAModel) {
  const uint64_t seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (bool with_suffixes : {false, true}) {
    TermDictionary terms(with_suffixes);
    std::set<std::string> model;
    for (int round = 0; round < 300; ++round) {
      const std::string word = RandomWord(random);
      if (random.Below(3) == 0 && model.contains(word)) {
        terms.Erase(terms.Find(word));
        model.erase(word);
      } else {
        EXPECT_EQ(terms.FindOrAdd(word)->text(), word);
        model.insert(word);
      }
      terms.FindOrAdd(kStemMark + word);
      const std::string probe = RandomWord(random);
      Collected found;
      terms.WithPrefix(probe, found.visit());
      ASSERT_EQ(found.Take(), Those(model, [&](const std::string& name) { return name.starts_with(probe); }));
      terms.EndingWith(probe, found.visit());
      ASSERT_EQ(found.Take(), Those(model, [&](const std::string& name) { return name.ends_with(probe); }));
      terms.Containing(probe, found.visit());
      ASSERT_EQ(found.Take(),
                Those(model, [&](const std::string& name) { return name.find(probe) != std::string::npos; }));
      std::string pattern = probe;
      for (size_t i = 0; i < 2; ++i)
        pattern.insert(random.Below(2) == 0 ? 0 : pattern.size(), 1, "*?"[random.Below(2)]);
      terms.Matching(pattern, found.visit());
      ASSERT_EQ(
          found.Take(),
          Those(model, [&](const std::string& name) { return NaiveMatch(Letters(pattern), 0, Letters(name), 0); }))
          << pattern;
      const size_t distance = random.Below(4);
      terms.Near(probe, distance, found.visit());
      ASSERT_EQ(found.Take(), Those(model, [&](const std::string& name) { return Distance(name, probe) <= distance; }))
          << probe << " " << distance;
      if (round % 50 == 0) terms.Validate();
    }
  }
}

TEST(TermDictionary, VisitsEndWhenTold) {
  TermDictionary terms(true);
  for (const char* word : {"aa", "ab", "ba", "bb"}) terms.FindOrAdd(word);
  size_t seen = 0;
  auto one = [&seen](const Term&) {
    ++seen;
    return false;
  };
  terms.WithPrefix("a", one);
  terms.EndingWith("a", one);
  terms.Containing("a", one);
  terms.Matching("*a*", one);
  terms.Near("aa", 2, one);
  EXPECT_EQ(seen, 5u);
}

TEST(WildcardMatch, Escapes) {
  EXPECT_TRUE(WildcardMatch("foo*bar?", "foo---barx"));
  EXPECT_FALSE(WildcardMatch("foo*bar?", "foobar"));
  EXPECT_TRUE(WildcardMatch("a\\*b", "a*b"));
  EXPECT_FALSE(WildcardMatch("a\\*b", "axb"));
  EXPECT_TRUE(WildcardMatch("???", "日本語"));
  EXPECT_TRUE(WildcardMatch("", ""));
  EXPECT_TRUE(WildcardMatch("*", ""));
}

}  // namespace
}  // namespace kvorum
