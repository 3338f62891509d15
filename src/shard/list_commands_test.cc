// The list family, and that its effects make the same lists elsewhere (the harness sees to that). What waits is in
// blocking_test.cc.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "shard/test_harness.h"

namespace kvorum {
namespace {

using Lines = std::vector<std::string>;

TEST(ListCommands, PushAtBothEnds) {
  TestShard shard;
  EXPECT_EQ(shard.Run("LPUSH l a b c"), "3");
  EXPECT_EQ(shard.Run("RPUSH l 1 02 3"), "6");
  EXPECT_EQ(shard.Run("LRANGE l 0 -1"), "[c, b, a, 1, 02, 3]");
  EXPECT_EQ(shard.Run("LPUSHX l d"), "7");
  EXPECT_EQ(shard.Run("RPUSHX none d"), "0");
  EXPECT_EQ(shard.Run("EXISTS none"), "0");
  EXPECT_EQ(shard.Run("LLEN l"), "7");
  shard.Run("SET s x");
  EXPECT_EQ(shard.Run("LPUSH s a"), "-WRONGTYPE Operation against a key holding the wrong kind of value");
}

TEST(ListCommands, PopOneOrMany) {
  TestShard shard;
  shard.Run("RPUSH l 1 2 3 4 5 6");
  EXPECT_EQ(shard.Run("LPOP l"), "1");
  EXPECT_EQ(shard.Run("RPOP l"), "6");
  EXPECT_EQ(shard.Run("RPOP l 2"), "[5, 4]");
  EXPECT_EQ(shard.Run("LPOP l 0"), "[]");
  EXPECT_EQ(shard.Run("LPOP l 100"), "[2, 3]");
  EXPECT_EQ(shard.Run("EXISTS l"), "0");
  EXPECT_EQ(shard.Raw("LPOP l"), "$-1\r\n");
  EXPECT_EQ(shard.Raw("LPOP l 1"), "*-1\r\n");
  EXPECT_EQ(shard.Run("LPOP l -1"), "-ERR value is out of range, must be positive");
  EXPECT_EQ(shard.Run("LPOP l 1 2"), "-ERR wrong number of arguments for 'lpop' command");
}

TEST(ListCommands, ReadByIndex) {
  TestShard shard;
  shard.Run("RPUSH l a b c d");
  EXPECT_EQ(shard.Run("LINDEX l 0"), "a");
  EXPECT_EQ(shard.Run("LINDEX l -1"), "d");
  EXPECT_EQ(shard.Run("LINDEX l 4"), "nil");
  EXPECT_EQ(shard.Run("LRANGE l 1 2"), "[b, c]");
  EXPECT_EQ(shard.Run("LRANGE l -100 100"), "[a, b, c, d]");
  EXPECT_EQ(shard.Run("LRANGE l 3 2"), "[]");
  EXPECT_EQ(shard.Run("LRANGE l 4 10"), "[]");
  EXPECT_EQ(shard.Run("LRANGE l -9223372036854775808 9223372036854775807"), "[a, b, c, d]");
  EXPECT_EQ(shard.Run("LRANGE none 0 x"), "-ERR value is not an integer or out of range");
}

TEST(ListCommands, ChangeInTheMiddle) {
  TestShard shard;
  shard.Run("RPUSH l a b c a b c");
  EXPECT_EQ(shard.Run("LSET l -1 z"), "OK");
  EXPECT_EQ(shard.Run("LSET l 6 z"), "-ERR index out of range");
  EXPECT_EQ(shard.Run("LSET none 0 z"), "-ERR no such key");
  EXPECT_EQ(shard.Run("LINSERT l BEFORE b x"), "7");
  EXPECT_EQ(shard.Run("LINSERT l after b y"), "8");
  EXPECT_EQ(shard.Run("LINSERT l after nowhere y"), "-1");
  EXPECT_EQ(shard.Run("LINSERT none after b y"), "0");
  EXPECT_EQ(shard.Run("LINSERT l near b y"), "-ERR syntax error");
  EXPECT_EQ(shard.Run("LRANGE l 0 -1"), "[a, x, b, y, c, a, b, z]");
  EXPECT_EQ(shard.Run("LREM l -1 b"), "1");
  EXPECT_EQ(shard.Run("LREM l 0 a"), "2");
  EXPECT_EQ(shard.Run("LREM l -9223372036854775808 y"), "1");
  EXPECT_EQ(shard.Run("LRANGE l 0 -1"), "[x, b, c, z]");
  EXPECT_EQ(shard.Run("LTRIM l 1 -2"), "OK");
  EXPECT_EQ(shard.Run("LRANGE l 0 -1"), "[b, c]");
  EXPECT_EQ(shard.Run("LTRIM l 5 1"), "OK");
  EXPECT_EQ(shard.Run("EXISTS l"), "0");
}

TEST(ListCommands, WhatChangesNothingHasNoEffect) {
  TestShard shard;
  shard.Run("RPUSH l a b");
  shard.TakeEffects();
  for (const char* line : {"LREM l 0 z", "LTRIM l 0 -1", "LPUSHX none a", "LINSERT l BEFORE z a", "LSET l 9 a"}) {
    shard.Run(line);
    EXPECT_EQ(shard.TakeEffects(), Lines{}) << line;
  }
}

TEST(ListCommands, FindPositions) {
  TestShard shard;
  shard.Run("RPUSH l a b c 1 2 3 c c");
  EXPECT_EQ(shard.Run("LPOS l c"), "2");
  EXPECT_EQ(shard.Run("LPOS l c RANK -1"), "7");
  EXPECT_EQ(shard.Run("LPOS l c RANK 2 COUNT 0"), "[6, 7]");
  EXPECT_EQ(shard.Run("LPOS l c RANK -2 COUNT 2"), "[6, 2]");
  EXPECT_EQ(shard.Run("LPOS l c COUNT 0 MAXLEN 7"), "[2, 6]");
  EXPECT_EQ(shard.Run("LPOS l 2"), "4");
  EXPECT_EQ(shard.Run("LPOS l z"), "nil");
  EXPECT_EQ(shard.Run("LPOS l z COUNT 1"), "[]");
  EXPECT_EQ(shard.Run("LPOS l z COUNT -1"), "-ERR COUNT can't be negative");
}

TEST(ListCommands, Move) {
  TestShard shard;
  shard.Run("RPUSH l a b c");
  EXPECT_EQ(shard.Run("LMOVE l m LEFT RIGHT"), "a");
  EXPECT_EQ(shard.Run("RPOPLPUSH l m"), "c");
  EXPECT_EQ(shard.Run("LRANGE m 0 -1"), "[c, a]");
  EXPECT_EQ(shard.Run("LMOVE m m LEFT RIGHT"), "c");
  EXPECT_EQ(shard.Run("LRANGE m 0 -1"), "[a, c]");
  EXPECT_EQ(shard.Run("RPOPLPUSH l l"), "b");
  EXPECT_EQ(shard.Run("LMOVE l m LEFT LEFT"), "b");
  EXPECT_EQ(shard.Run("EXISTS l"), "0");
  EXPECT_EQ(shard.Run("LMOVE l m LEFT LEFT"), "nil");
  EXPECT_EQ(shard.Run("LMOVE m l UP LEFT"), "-ERR syntax error");
}

// A list that is moved onto itself gives a copy, not a view into what changes.
TEST(ListCommands, RotateLongElements) {
  TestShard shard;
  shard.keyspace_settings().list_max_listpack_size = 2;
  for (char c : std::string("abcdef")) shard.Run("RPUSH l " + std::string(300, c));
  for (int i = 0; i < 13; ++i) EXPECT_EQ(shard.Run("LMOVE l l LEFT RIGHT"), std::string(300, "abcdef"[i % 6]));
  EXPECT_EQ(shard.Run("LINDEX l 0"), std::string(300, 'b'));
}

TEST(ListCommands, PopFromTheFirstList) {
  TestShard shard;
  shard.Run("RPUSH l 1 2 3");
  shard.TakeEffects();
  EXPECT_EQ(shard.Run("LMPOP 2 none l LEFT"), "[l, [1]]");
  EXPECT_EQ(shard.Run("LMPOP 2 none l RIGHT COUNT 10"), "[l, [3, 2]]");
  EXPECT_EQ(shard.TakeEffects(), (Lines{"0 LPOP l 1", "0 RPOP l 2"}));
  EXPECT_EQ(shard.Run("LMPOP 1 l LEFT"), "nil");
  EXPECT_EQ(shard.Run("LMPOP 0 l LEFT"), "-ERR numkeys should be greater than 0");
  EXPECT_EQ(shard.Run("LMPOP 1 l LEFT COUNT 0"), "-ERR count should be greater than 0");
  EXPECT_EQ(shard.Run("LMPOP 2 l LEFT"), "-ERR syntax error");
}

TEST(ListCommands, EncodingsFollowTheSetting) {
  TestShard shard;
  shard.keyspace_settings().list_max_listpack_size = 4;
  shard.Run("RPUSH l 1 2 3 4");
  EXPECT_EQ(shard.Run("OBJECT ENCODING l"), "listpack");
  shard.Run("RPUSH l 5");
  EXPECT_EQ(shard.Run("OBJECT ENCODING l"), "quicklist");
  shard.Run("RPOP l 2");
  EXPECT_EQ(shard.Run("OBJECT ENCODING l"), "quicklist");
  shard.Run("LREM l 1 1");
  EXPECT_EQ(shard.Run("OBJECT ENCODING l"), "listpack");
}

// Whatever is done: the mirror must end with the same lists.
TEST(ListCommands, RandomCommandsHaveRightEffects) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  printf("seed %lu\n", seed);
  Random random(seed);
  TestShard shard;
  shard.keyspace_settings().list_max_listpack_size = 8;
  auto key = [&random] { return std::string(1, static_cast<char>('k' + random.Below(3))); };
  auto number = [&random](uint64_t bound) { return std::to_string(static_cast<int64_t>(random.Below(bound)) - 3); };
  auto side = [&random] { return std::string(random.Below(2) == 0 ? "LEFT" : "RIGHT"); };
  for (int i = 0; i < 4000; ++i) {
    const std::string value = number(12);
    const std::string lines[] = {"RPUSH " + key() + " " + value + " x",
                                 "LPUSH " + key() + " y " + value + " z",
                                 "LPOP " + key(),
                                 "RPOP " + key() + " " + number(9),
                                 "LMOVE " + key() + " " + key() + " " + side() + " " + side(),
                                 "LMPOP 2 " + key() + " " + key() + " " + side() + " COUNT 3",
                                 "BLMPOP 0.001 2 " + key() + " " + key() + " " + side(),
                                 "BLMOVE " + key() + " " + key() + " " + side() + " " + side() + " 0.001",
                                 "BRPOP " + key() + " 0.001",
                                 "LSET " + key() + " " + number(9) + " " + std::string(random.Below(50), 'v'),
                                 "LINSERT " + key() + " AFTER " + value + " new",
                                 "LREM " + key() + " " + number(6) + " " + value,
                                 "LTRIM " + key() + " 0 " + number(30)};
    shard.Run(lines[random.Below(std::size(lines))]);
    if (shard.session().blocked != BlockReason::kNone) shard.Advance(1000);
    shard.session().Take();
  }
}

}  // namespace
}  // namespace kvorum
