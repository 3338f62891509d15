#include "journal/effects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/random.h"

namespace kvorum {
namespace {

using Commands = std::vector<std::pair<int, std::vector<std::string>>>;

// What can be read, and whether all of it could.
Commands Read(std::string_view bytes, bool* whole) {
  Commands commands;
  EffectsReader reader(bytes);
  while (reader.Next()) commands.push_back({reader.db(), {reader.words().begin(), reader.words().end()}});
  *whole = !reader.damaged();
  EXPECT_EQ(*whole, reader.offset() == bytes.size());
  EXPECT_FALSE(reader.Next());
  return commands;
}

TEST(Effects, GoldenBytes) {
  EffectsBuffer buffer;
  buffer.Begin(0, 3);
  buffer.Word("SET");
  buffer.Word("key");
  buffer.Word(std::string(200, 'v'));
  buffer.Command(300, std::vector<std::string>{"DEL", ""});
  EXPECT_EQ(buffer.bytes(), std::string("\x00\x03\x03SET\x03key\xC8\x01", 12) + std::string(200, 'v') +
                                std::string("\xAC\x02\x02\x03"
                                            "DEL\x00",
                                            8));
  EXPECT_EQ(buffer.commands(), 2u);
  buffer.Clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.bytes(), "");
}

TEST(Effects, ComeBack) {
  Random random(testing::UnitTest::GetInstance()->random_seed() + 1);
  EffectsBuffer buffer;
  for (int round = 0; round < 50; ++round) {
    Commands commands(random.Below(20));
    for (auto& [db, words] : commands) {
      db = static_cast<int>(random.Below(random.Below(2) == 0 ? 16 : 0x7FFFFFFF));
      words.resize(1 + random.Below(random.Below(10) == 0 ? 500 : 5));
      for (auto& word : words) word.assign(random.Below(300), static_cast<char>(random.Next()));
      buffer.Command(db, words);
    }
    bool whole;
    EXPECT_EQ(Read(buffer.bytes(), &whole), commands);
    EXPECT_TRUE(whole);
    buffer.Clear();
  }
}

TEST(Effects, CutAnywhereGivesTheCommandsBefore) {
  EffectsBuffer buffer;
  std::vector<size_t> ends = {0};
  for (int i = 0; i < 4; ++i) {
    buffer.Command(i * 100, std::vector<std::string>{"SET", "k", std::string(static_cast<size_t>(i) * 60, 'x')});
    ends.push_back(buffer.size());
  }
  for (size_t cut = 0; cut <= buffer.size(); ++cut) {
    const std::string bytes(buffer.bytes().substr(0, cut));
    const auto past = std::upper_bound(ends.begin(), ends.end(), cut);
    bool whole;
    EXPECT_EQ(Read(bytes, &whole).size(), static_cast<size_t>(past - ends.begin()) - 1) << cut;
    EXPECT_EQ(whole, *(past - 1) == cut);
  }
}

TEST(Effects, RefusesWhatIsNoEffect) {
  bool whole;
  for (const std::string_view bytes : {
           std::string_view("\x00\x00", 2),                       // a command without words
           std::string_view("\x80\x80\x80\x80\x08\x01\x00", 7),   // a database above INT_MAX
           std::string_view("\x00\xFF\xFF\xFF\xFF\x0F\x01x", 8),  // four billion words
           std::string_view("\x00\x01\xFF\xFF\xFF\xFF\x0Fx", 8),  // a word of four gigabytes
           std::string_view("\x80\x00\x01\x00", 4),               // a number in more bytes than it needs
       }) {
    EXPECT_TRUE(Read(bytes, &whole).empty());
    EXPECT_FALSE(whole);
  }
}

TEST(Effects, GivesHugeMemoryBack) {
  EffectsBuffer buffer;
  buffer.Command(0, std::vector<std::string>{"SET", "k", std::string(10 << 20, 'x')});
  buffer.Clear();
  bool whole;
  buffer.Command(0, std::vector<std::string>{"DEL", "k"});
  EXPECT_EQ(Read(buffer.bytes(), &whole).size(), 1u);
}

}  // namespace
}  // namespace kvorum
