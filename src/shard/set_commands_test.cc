#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/numbers.h"
#include "base/random.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

// The elements of "[b, a]", in order.
Lines Sorted(std::string reply) {
  Lines elements;
  reply = reply.substr(1, reply.size() - 2);
  while (!reply.empty()) {
    const size_t comma = std::min(reply.find(", "), reply.size());
    elements.push_back(reply.substr(0, comma));
    reply.erase(0, comma + 2);
  }
  std::sort(elements.begin(), elements.end());
  return elements;
}

TEST(SetCommands, MembersComeAndGo) {
  TestShard shard;
  EXPECT_EQ(shard.Run("SADD s b a b"), "2");
  EXPECT_EQ(shard.Run("SADD s a"), "0");
  EXPECT_EQ(shard.Run("SMEMBERS s"), "[b, a]");
  EXPECT_EQ(shard.Run("SCARD s"), "2");
  EXPECT_EQ(shard.Run("SISMEMBER s a"), "1");
  EXPECT_EQ(shard.Run("SMISMEMBER s a c"), "[1, 0]");
  EXPECT_EQ(shard.Run("SREM s c a"), "1");
  EXPECT_EQ(shard.TakeEffects(), (Lines{"0 SADD s b a b", "0 SREM s c a"})) << "what changed nothing has no effect";
  EXPECT_EQ(shard.Run("SREM s b x y"), "1");
  EXPECT_EQ(shard.Run("EXISTS s"), "0");
  shard.Run("SET t 1");
  for (const char* line : {"SADD t a", "SREM t a", "SMEMBERS t", "SPOP t", "SMOVE t s a", "SINTER s t", "SSCAN t 0"}) {
    EXPECT_EQ(shard.Run(line), kWrongType) << line;
  }
}

TEST(SetCommands, EncodingsFollowTheLimits) {
  TestShard shard;
  shard.Run("SADD s 1 2 3");
  EXPECT_EQ(shard.Run("OBJECT ENCODING s"), "intset");
  shard.Run("SADD s four");
  EXPECT_EQ(shard.Run("OBJECT ENCODING s"), "listpack");
  shard.keyspace_settings().set_max_listpack_entries = 4;
  shard.Run("SADD s five");
  EXPECT_EQ(shard.Run("OBJECT ENCODING s"), "hashtable");
  EXPECT_EQ(shard.Run("SINTERSTORE i s s"), "5");
  EXPECT_EQ(shard.Run("OBJECT ENCODING i"), "hashtable");
  shard.Run("SREM s four five");
  EXPECT_EQ(shard.Run("SINTERSTORE i s s"), "3");
  EXPECT_EQ(shard.Run("OBJECT ENCODING i"), "intset") << "the integers of a hashtable are an intset when stored anew";
}

TEST(SetCommands, Algebra) {
  TestShard shard;
  shard.Run("SADD a 1 2 3 x");
  shard.Run("SADD b 2 3 4 x y");
  shard.Run("SADD c 3 x");
  EXPECT_EQ(Sorted(shard.Run("SINTER a b c")), (Lines{"3", "x"}));
  EXPECT_EQ(Sorted(shard.Run("SUNION a b none")), (Lines{"1", "2", "3", "4", "x", "y"}));
  EXPECT_EQ(Sorted(shard.Run("SDIFF a c none")), (Lines{"1", "2"}));
  EXPECT_EQ(shard.Run("SDIFF a b a"), "[]");
  EXPECT_EQ(shard.Run("SINTER a none"), "[]");
  EXPECT_EQ(shard.Run("SINTERCARD 2 a b LIMIT 2"), "2");
  EXPECT_EQ(shard.Run("SINTERCARD 2 a b LIMIT 0"), "3");
  EXPECT_EQ(shard.Run("SINTERCARD 3 a b"), "-ERR Number of keys can't be greater than number of args");
  EXPECT_EQ(shard.Run("SUNIONSTORE a a b"), "6");
  EXPECT_EQ(shard.Run("SDIFFSTORE a a a"), "0");
  EXPECT_EQ(shard.Run("EXISTS a"), "0");
  shard.Run("SET str 1 EX 100");
  EXPECT_EQ(shard.Run("SINTERSTORE str b c"), "2");
  EXPECT_EQ(shard.Run("TTL str"), "-1");
}

// Many small sets to subtract: the second way of SDIFF.
TEST(SetCommands, DifferenceFromManySets) {
  TestShard shard;
  shard.Run("SADD a 1 2 3 4 5 6 7 8 9 10");
  for (const char* key : {"b", "c", "d", "e", "f"}) shard.Run(std::string("SADD ") + key + " 1 2 z" + key);
  EXPECT_EQ(Sorted(shard.Run("SDIFF a b c d e f")), Sorted("[3, 4, 5, 6, 7, 8, 9, 10]"));
  EXPECT_EQ(shard.Run("SDIFF b c d a e f"), "[zb]");
}

TEST(SetCommands, MoveChangesBothKeys) {
  TestShard shard;
  shard.Run("SADD a 1 x");
  EXPECT_EQ(shard.Run("SMOVE a b nope"), "0");
  EXPECT_EQ(shard.Run("SMOVE a b x"), "1");
  EXPECT_EQ(shard.Run("SMOVE a b 1"), "1");
  EXPECT_EQ(shard.Run("EXISTS a"), "0");
  EXPECT_EQ(shard.Run("SMEMBERS b"), "[x, 1]");
  EXPECT_EQ(shard.Run("SMOVE b b x"), "1");
  shard.Run("SADD a x");
  EXPECT_EQ(shard.Run("SMOVE a b x"), "1") << "where it was already";
  EXPECT_EQ(shard.Run("EXISTS a"), "0");
}

TEST(SetCommands, PopsNameWhatTheyTookInTheirEffects) {
  TestShard shard;
  shard.Run("SADD s a b c d e f");
  shard.TakeEffects();
  const std::string popped = shard.Run("SPOP s");
  EXPECT_EQ(shard.TakeEffects(), Lines{"0 SREM s " + popped});
  const Lines two = Sorted(shard.Run("SPOP s 2"));
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(shard.Run("SCARD s"), "3");
  EXPECT_EQ(Sorted(shard.Run("SPOP s 10")).size(), 3u);
  EXPECT_EQ(shard.TakeEffects().back(), "0 DEL s");
  EXPECT_EQ(shard.Run("SPOP s"), "nil");
  EXPECT_EQ(shard.Run("SPOP s 1"), "[]");
  EXPECT_EQ(shard.Run("SPOP s -1"), "-ERR value is out of range, must be positive");
}

TEST(SetCommands, RandomMembers) {
  TestShard shard;
  shard.Run("SADD s a b c");
  EXPECT_EQ(Sorted(shard.Run("SRANDMEMBER s 5")), (Lines{"a", "b", "c"}));
  EXPECT_EQ(Sorted(shard.Run("SRANDMEMBER s -50")).size(), 50u);
  EXPECT_EQ(shard.Run("SRANDMEMBER s 0"), "[]");
  EXPECT_EQ(shard.Run("SRANDMEMBER s -9223372036854775808"),
            "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
  EXPECT_EQ(shard.Run("SRANDMEMBER none"), "nil");
}

TEST(SetCommands, ScanGivesEveryMemberThatStays) {
  TestShard shard;
  std::set<std::string> expected;
  for (int i = 0; i < 1000; ++i) {
    shard.Run("SADD s m" + std::to_string(i) + " t" + std::to_string(i));
    expected.insert("m" + std::to_string(i));
  }
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    std::string reply = shard.Run("SSCAN s " + cursor + " MATCH m* COUNT 20");
    const size_t comma = reply.find(", ");
    cursor = reply.substr(1, comma - 1);
    for (const std::string& member : Sorted(reply.substr(comma + 2, reply.size() - comma - 3))) {
      seen.insert(member);
      shard.Run("SREM s t" + member.substr(1));
    }
  } while (cursor != "0");
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(shard.Run("SSCAN s x"), "-ERR invalid cursor");
  EXPECT_EQ(shard.Run("SSCAN none 0 COUNT x"), "[0, []]");
  EXPECT_EQ(shard.Run("SSCAN s 0 COUNT 0"), "-ERR syntax error");
  EXPECT_EQ(shard.Run("SSCAN s 0 TYPE set"), "-ERR syntax error");
}

TEST(SetCommands, AnswersInResp3) {
  TestShard shard;
  shard.Run("HELLO 3");
  shard.Run("SADD s 1");
  EXPECT_EQ(shard.Raw("SMEMBERS s"), "~1\r\n$1\r\n1\r\n");
  EXPECT_EQ(shard.Raw("SMEMBERS none"), "~0\r\n");
  EXPECT_EQ(shard.Raw("SINTER s s"), "~1\r\n$1\r\n1\r\n");
  EXPECT_EQ(shard.Raw("SRANDMEMBER s 1"), "*1\r\n$1\r\n1\r\n");
  EXPECT_EQ(shard.Raw("SPOP s 1"), "~1\r\n$1\r\n1\r\n");
}

// All commands that write, on a few keys, under limits that make every encoding come up. The harness compares with the replayed
// effects.
TEST(SetCommands, RandomCommandsHaveTheEffectsTheySay) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  printf("seed %lu\n", seed);
  Random random(seed);
  TestShard shard;
  shard.keyspace_settings().set_max_intset_entries = 8;
  shard.keyspace_settings().set_max_listpack_entries = 16;
  auto key = [&random] { return "k" + std::to_string(random.Below(5)); };
  auto member = [&random] { return (random.Below(3) == 0 ? "m" : "") + std::to_string(random.Below(40)); };
  for (int i = 0; i < 5000; ++i) {
    switch (random.Below(8)) {
      case 0:
      case 1:
      case 2:
        shard.Run("SADD " + key() + " " + member() + " " + member() + " " + member());
        break;
      case 3:
        shard.Run("SREM " + key() + " " + member() + " " + member());
        break;
      case 4:
        shard.Run("SMOVE " + key() + " " + key() + " " + member());
        break;
      case 5:
        shard.Run("SPOP " + key() + (random.Below(2) == 0 ? "" : " " + std::to_string(random.Below(12))));
        break;
      case 6: {
        const char* const names[] = {"SINTERSTORE ", "SUNIONSTORE ", "SDIFFSTORE "};
        shard.Run(names[random.Below(3)] + key() + " " + key() + " " + key());
        break;
      }
      case 7:
        shard.Run("SRANDMEMBER " + key() + " " + std::to_string(static_cast<int64_t>(random.Below(20)) - 10));
        break;
    }
    if (i % 500 == 0) {
      shard.shard().keyspace().database(0).Validate();
      shard.CheckEffects();
    }
  }
}

}  // namespace
}  // namespace kvorum
