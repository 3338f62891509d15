#include <gtest/gtest.h>

#include "shard/test_harness.h"

namespace kvorum {
namespace {

using Lines = std::vector<std::string>;

TEST(StringCommands, SetAndGet) {
  TestShard shard;
  EXPECT_EQ(shard.Run("SET a 1"), "OK");
  EXPECT_EQ(shard.Run("GET a"), "1");
  EXPECT_EQ(shard.Run("SET a x NX"), "nil");
  EXPECT_EQ(shard.Run("SET b x XX"), "nil");
  EXPECT_EQ(shard.Run("SET a y XX GET"), "1");
  EXPECT_EQ(shard.Run("SET a y NX XX"), "-ERR syntax error");
  EXPECT_EQ(shard.Run("SET a y EX 0"), "-ERR invalid expire time in 'set' command");
  EXPECT_EQ(shard.Run("SET a y EX 10 PX 10"), "-ERR syntax error");
  EXPECT_EQ(shard.Run("SET a y EX"), "-ERR syntax error");
  EXPECT_EQ(shard.Run("GETDEL a"), "y");
  EXPECT_EQ(shard.Run("GET a"), "nil");
}

TEST(StringCommands, RelativeDeadlinesBecomeAbsoluteEffects) {
  TestShard shard;
  const std::string deadline = std::to_string(TestShard::kStartMs + 10000);
  shard.Run("SET a 1 EX 10");
  EXPECT_EQ(shard.TakeEffects(), Lines{"0 SET a 1 PXAT " + deadline});
  shard.Run("SET a 2 KEEPTTL");
  EXPECT_EQ(shard.TakeEffects(), Lines{"0 SET a 2 KEEPTTL"});
  shard.Run("GETEX a PX 20000");
  EXPECT_EQ(shard.TakeEffects(), Lines{"0 PEXPIREAT a " + std::to_string(TestShard::kStartMs + 20000)});
  shard.Advance(20000);
  EXPECT_EQ(shard.Run("GET a"), "nil");
  EXPECT_EQ(shard.TakeEffects(), Lines{"0 DEL a"}) << "that a key expired is stated when it is deleted";
}

TEST(StringCommands, CountersKeepTheirDeadline) {
  TestShard shard;
  EXPECT_EQ(shard.Run("INCR a"), "1");
  EXPECT_EQ(shard.Run("INCRBY a 9223372036854775806"), "9223372036854775807");
  EXPECT_EQ(shard.Run("INCR a"), "-ERR increment or decrement would overflow");
  EXPECT_EQ(shard.Run("DECRBY a -9223372036854775808"), "-ERR decrement would overflow");
  shard.Run("SET b 10 EX 100");
  EXPECT_EQ(shard.Run("INCRBYFLOAT b 0.5"), "10.5");
  EXPECT_EQ(shard.Run("INCR b"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(shard.Run("INCRBYFLOAT b inf"), "-ERR increment would produce NaN or Infinity");
  EXPECT_GT(shard.shard().keyspace().database(0).Find("b")->deadline_ms(), 0);
}

TEST(StringCommands, PartsOfStrings) {
  TestShard shard;
  EXPECT_EQ(shard.Run("APPEND a Hello"), "5");
  EXPECT_EQ(shard.Run("APPEND a World"), "10");
  EXPECT_EQ(shard.Run("GETRANGE a -5 -1"), "World");
  EXPECT_EQ(shard.Run("SETRANGE a 12 !"), "13");
  EXPECT_EQ(shard.Raw("GETRANGE a 9 20"), std::string("$4\r\nd\0\0!\r\n", 10)) << "gaps are zeros";
}

TEST(StringCommands, AppendingByPiecesKeepsAllOfThem) {
  TestShard shard;
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece = std::to_string(i);
    expected += piece;
    ASSERT_EQ(shard.Run("APPEND a " + piece), std::to_string(expected.size()));
  }
  EXPECT_EQ(shard.Run("GET a"), expected);
}

TEST(StringCommands, Lcs) {
  TestShard shard;
  shard.Run("MSET a ohmytext b mynewtext");
  EXPECT_EQ(shard.Run("LCS a b"), "mytext");
  EXPECT_EQ(shard.Run("LCS a b LEN"), "6");
  EXPECT_EQ(shard.Run("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN"), "[matches, [[[4, 7], [5, 8], 4]], len, 6]");
}

// A new string has what it needs; one that grew has room to grow on.
TEST(StringCommands, RoomToGrowIsForWhatHasGrown) {
  TestShard shard;
  const auto bytes = [&shard](std::string_view key) {
    return shard.shard().keyspace().database(0).Find(key)->MemoryBytes(0);
  };
  constexpr size_t kBytes = 100000;
  for (const char* line : {"SETRANGE k 99999 x", "SETBIT k 799999 1", "BITFIELD k SET u8 799992 1"}) {
    shard.Run("DEL k");
    shard.Run(line);
    EXPECT_LT(bytes("k"), kBytes * 5 / 4) << line;
  }
  shard.Run("APPEND k " + std::string(kBytes / 4, 'x'));
  EXPECT_GT(bytes("k"), 2 * kBytes);
}

}  // namespace
}  // namespace kvorum
