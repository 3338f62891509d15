#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "shard/test_harness.h"
#include "structures/test_choices.h"

namespace kvorum {
namespace {

using Lines = std::vector<std::string>;

// Both encodings: small sets as they are, and with every set made large at once.
class SortedSetCommands : public testing::TestWithParam<bool> {
 protected:
  SortedSetCommands() {
    if (GetParam()) shard.keyspace_settings().zset_max_listpack_entries = 0;
  }
  std::string Run(std::string_view line) { return shard.Run(line); }
  std::string Run3(std::string_view line) {
    shard.session().resp = 3;
    std::string reply = shard.Raw(line);
    shard.session().resp = 2;
    return reply;
  }
  TestShard shard;
};

INSTANTIATE_TEST_SUITE_P(Encodings, SortedSetCommands, testing::Bool(),
                         [](const auto& info) { return info.param ? "Skiplist" : "Listpack"; });

TEST_P(SortedSetCommands, AddAndItsOptions) {
  EXPECT_EQ(Run("ZADD z 1 a 2 b"), "2");
  EXPECT_EQ(Run("OBJECT ENCODING z"), GetParam() ? "skiplist" : "listpack");
  EXPECT_EQ(Run("ZADD z 1 a 3 b 4 c"), "1");
  EXPECT_EQ(Run("ZADD z CH 1 a 5 b 6 d"), "2");
  EXPECT_EQ(Run("ZADD z NX 100 a 7 e"), "1");
  EXPECT_EQ(Run("ZADD z XX CH 100 nobody 8 e"), "1");
  EXPECT_EQ(Run("ZADD z GT CH 1 b 9 e"), "1");
  EXPECT_EQ(Run("ZADD z LT CH 1 b 10 e"), "1");
  EXPECT_EQ(Run("ZRANGE z 0 -1 WITHSCORES"), "[a, 1, b, 1, c, 4, d, 6, e, 9]");
  EXPECT_EQ(Run("ZADD z INCR 2.5 a"), "3.5");
  EXPECT_EQ(Run("ZADD z NX INCR 2.5 a"), "nil");
  EXPECT_EQ(Run("ZADD none XX 1 a"), "0");
  EXPECT_EQ(Run("ZADD none XX INCR 1 a"), "nil");
  EXPECT_EQ(Run("EXISTS none"), "0");
  EXPECT_EQ(Run("ZADD z NX XX 1 a"), "-ERR XX and NX options at the same time are not compatible");
  EXPECT_EQ(Run("ZADD z GT LT 1 a"), "-ERR GT, LT, and/or NX options at the same time are not compatible");
  EXPECT_EQ(Run("ZADD z INCR 1 a 2 b"), "-ERR INCR option supports a single increment-element pair");
  EXPECT_EQ(Run("ZADD z 1 a 2"), "-ERR syntax error");
  EXPECT_EQ(Run("ZADD z 1 x foo y"), "-ERR value is not a valid float");
  EXPECT_EQ(Run("ZSCORE z x"), "nil") << "nothing is added when one score is wrong";
  Run("ZADD z inf a");
  EXPECT_EQ(Run("ZINCRBY z -inf a"), "-ERR resulting score is not a number (NaN)");
}

TEST_P(SortedSetCommands, IncrementsAreStatedAsScores) {
  Run("ZADD z 1 a");
  EXPECT_EQ(shard.TakeEffects(), Lines{"0 ZADD z 1 a"});
  EXPECT_EQ(Run("ZINCRBY z 0.1 a"), "1.1");
  EXPECT_EQ(shard.TakeEffects(), Lines{"0 ZADD z 1.1 a"});
  EXPECT_EQ(Run("ZADD z GT INCR -5 a"), "nil");
  EXPECT_EQ(Run("ZINCRBY z 0 a"), "1.1");
  EXPECT_EQ(Run("ZADD z NX 7 a"), "0");
  EXPECT_EQ(shard.TakeEffects(), Lines{});
}

TEST_P(SortedSetCommands, LookingUp) {
  Run("ZADD z 1 a 2 b 3.25 c");
  EXPECT_EQ(Run("ZCARD z"), "3");
  EXPECT_EQ(Run("ZCARD none"), "0");
  EXPECT_EQ(Run("ZSCORE z c"), "3.25");
  EXPECT_EQ(Run("ZMSCORE z a x c"), "[1, nil, 3.25]");
  EXPECT_EQ(Run("ZMSCORE none a"), "[nil]");
  EXPECT_EQ(Run("ZRANK z c"), "2");
  EXPECT_EQ(Run("ZREVRANK z c WITHSCORE"), "[0, 3.25]");
  EXPECT_EQ(Run("ZRANK z x"), "nil");
  EXPECT_EQ(Run3("ZRANK z c WITHSCORE"), "*2\r\n:2\r\n,3.25\r\n");
  EXPECT_EQ(Run3("ZRANK z x WITHSCORE"), "_\r\n");
  EXPECT_EQ(Run3("ZMSCORE z a x"), "*2\r\n,1\r\n_\r\n");
  Run("SET s x");
  EXPECT_EQ(Run("ZSCORE s a"), "-WRONGTYPE Operation against a key holding the wrong kind of value");
}

TEST_P(SortedSetCommands, RemovingTheLastMemberRemovesTheKey) {
  Run("ZADD z 1 a 2 b");
  EXPECT_EQ(Run("ZREM z a x"), "1");
  EXPECT_EQ(Run("ZREM z b x b"), "1");
  EXPECT_EQ(Run("EXISTS z"), "0");
  Run("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f");
  EXPECT_EQ(Run("ZREMRANGEBYRANK z -2 -1"), "2");
  EXPECT_EQ(Run("ZREMRANGEBYSCORE z (1 2"), "1");
  EXPECT_EQ(Run("ZREMRANGEBYLEX z [c [c"), "1");
  EXPECT_EQ(Run("ZRANGE z 0 -1"), "[a, d]");
  EXPECT_EQ(Run("ZREMRANGEBYSCORE z -inf +inf"), "2");
  EXPECT_EQ(Run("EXISTS z"), "0");
}

TEST_P(SortedSetCommands, Ranges) {
  Run("ZADD z 1 a 2 b 3 c 4 d 5 e");
  EXPECT_EQ(Run("ZRANGE z 1 -2"), "[b, c, d]");
  EXPECT_EQ(Run("ZRANGE z 0 1 REV"), "[e, d]");
  EXPECT_EQ(Run("ZREVRANGE z 3 100"), "[b, a]");
  EXPECT_EQ(Run("ZRANGE z 3 1"), "[]");
  EXPECT_EQ(Run("ZRANGE z (1 4 BYSCORE WITHSCORES"), "[b, 2, c, 3, d, 4]");
  EXPECT_EQ(Run("ZRANGE z +inf (1 BYSCORE REV LIMIT 1 2"), "[d, c]");
  EXPECT_EQ(Run("ZRANGEBYSCORE z -inf inf LIMIT 3 -1"), "[d, e]");
  EXPECT_EQ(Run("ZRANGEBYSCORE z -inf inf LIMIT -1 2"), "[]");
  EXPECT_EQ(Run("ZREVRANGEBYSCORE z 3 2"), "[c, b]");
  EXPECT_EQ(Run("ZRANGE z [b (d BYLEX"), "[b, c]");
  EXPECT_EQ(Run("ZREVRANGEBYLEX z + [d"), "[e, d]");
  EXPECT_EQ(Run("ZCOUNT z (1 5"), "4");
  EXPECT_EQ(Run("ZLEXCOUNT z - (c"), "2");
  EXPECT_EQ(Run3("ZRANGE z 0 0 WITHSCORES"), "*1\r\n*2\r\n$1\r\na\r\n,1\r\n");
  EXPECT_EQ(Run("ZRANGE z 0 1 LIMIT 0 1"),
            "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  EXPECT_EQ(Run("ZRANGE z - + BYLEX WITHSCORES"),
            "-ERR syntax error, WITHSCORES not supported in combination with BYLEX");
  EXPECT_EQ(Run("ZRANGEBYSCORE z x 2"), "-ERR min or max is not a float");
  EXPECT_EQ(Run("ZRANGEBYLEX z a b"), "-ERR min or max not valid string range item");
}

TEST_P(SortedSetCommands, RangesAreStored) {
  Run("ZADD z 1 a 2 b 3 c");
  EXPECT_EQ(Run("ZRANGESTORE d z 0 1 REV"), "2");
  EXPECT_EQ(Run("ZRANGE d 0 -1 WITHSCORES"), "[b, 2, c, 3]");
  EXPECT_EQ(Run("ZRANGESTORE d z (1 +inf BYSCORE LIMIT 0 1"), "1");
  EXPECT_EQ(Run("ZRANGE d 0 -1"), "[b]");
  EXPECT_EQ(Run("ZRANGESTORE z z 0 0"), "1");
  EXPECT_EQ(Run("ZRANGE z 0 -1"), "[a]");
  EXPECT_EQ(Run("ZRANGESTORE d z 5 6"), "0");
  EXPECT_EQ(Run("EXISTS d"), "0");
}

TEST_P(SortedSetCommands, Pops) {
  Run("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f");
  EXPECT_EQ(Run("ZPOPMIN z"), "[a, 1]");
  EXPECT_EQ(Run("ZPOPMAX z 2"), "[f, 6, e, 5]");
  EXPECT_EQ(Run3("ZPOPMIN z 1"), "*1\r\n*2\r\n$1\r\nb\r\n,2\r\n");
  shard.TakeEffects();
  EXPECT_EQ(Run("ZMPOP 2 none z MAX COUNT 10"), "[z, [[d, 4], [c, 3]]]");
  EXPECT_EQ(shard.TakeEffects(), Lines{"0 ZPOPMAX z 2"});
  EXPECT_EQ(Run("EXISTS z"), "0");
  EXPECT_EQ(Run("ZPOPMIN z 0"), "[]");
  EXPECT_EQ(Run("ZPOPMIN z -1"), "-ERR value is out of range, must be positive");
  EXPECT_EQ(Run("ZMPOP 1 z MIN"), "nil");
  EXPECT_EQ(Run("ZMPOP 1 z MIN COUNT 1 COUNT 1"), "-ERR syntax error");
}

TEST_P(SortedSetCommands, BlockedOnesAreServedInTheirOrder) {
  TestSession& first = shard.NewSession();
  TestSession& second = shard.NewSession();
  TestSession& third = shard.NewSession();
  EXPECT_EQ(shard.Run(first, "BZPOPMIN x z 0"), "");
  EXPECT_EQ(shard.Run(second, "BZMPOP 0 2 z x MAX COUNT 2"), "");
  EXPECT_EQ(shard.Run(third, "BZPOPMAX z 1"), "");
  shard.TakeEffects();
  EXPECT_EQ(Run("ZADD z 1 a 2 b 3 c"), "3");
  EXPECT_EQ(first.Take(), "[z, a, 1]");
  EXPECT_EQ(second.Take(), "[z, [[c, 3], [b, 2]]]");
  EXPECT_EQ(third.Take(), "");
  EXPECT_EQ(shard.TakeEffects(), (Lines{"0 ZADD z 1 a 2 b 3 c", "0 ZPOPMIN z", "0 ZPOPMAX z 2"}));
  shard.Advance(1000);
  EXPECT_EQ(third.Take(), "nil");
  Run("ZADD z 1 a");
  EXPECT_EQ(shard.Run(third, "BZPOPMAX none z 0"), "[z, a, 1]");
  EXPECT_EQ(shard.Run(third, "BZPOPMAX z x"), "-ERR timeout is not a float or out of range");
}

TEST_P(SortedSetCommands, WakesWhoeverWaitsForAStoredResult) {
  TestSession& waiting = shard.NewSession();
  EXPECT_EQ(shard.Run(waiting, "BZPOPMIN d 0"), "");
  Run("ZADD z 1 a");
  EXPECT_EQ(waiting.Take(), "");
  EXPECT_EQ(Run("ZUNIONSTORE d 1 z"), "1");
  EXPECT_EQ(waiting.Take(), "[d, a, 1]");
  EXPECT_EQ(Run("EXISTS d"), "0");
}

TEST_P(SortedSetCommands, RandomMembers) {
  EXPECT_EQ(Run("ZRANDMEMBER none"), "nil");
  EXPECT_EQ(Run("ZRANDMEMBER none 3"), "[]");
  Run("ZADD z 1 a");
  EXPECT_EQ(Run("ZRANDMEMBER z"), "a");
  EXPECT_EQ(Run("ZRANDMEMBER z -3 WITHSCORES"), "[a, 1, a, 1, a, 1]");
  EXPECT_EQ(Run("ZRANDMEMBER z 3 WITHSCORES"), "[a, 1]");
  for (int i = 0; i < 200; ++i) Run("ZADD z " + std::to_string(i) + " m" + std::to_string(i));
  for (const int count : {1, 5, 40, 150, 201, 300}) {
    std::string members = Run("ZRANDMEMBER z " + std::to_string(count));
    members = members.substr(1, members.size() - 2);
    std::map<std::string, int> seen;
    for (size_t at = 0; at < members.size();) {
      const size_t end = std::min(members.find(", ", at), members.size());
      ++seen[members.substr(at, end - at)];
      at = end + 2;
    }
    EXPECT_EQ(seen.size(), static_cast<size_t>(std::min(count, 201))) << members;
  }
}

TEST_P(SortedSetCommands, ScansGiveAllMembers) {
  Run("ZADD z 0.1 a 2 b");
  EXPECT_EQ(Run("ZSCAN z 0 MATCH a*"), GetParam() ? "[0, [a, 0.10000000000000001]]" : "[0, [a, 0.1]]");
  EXPECT_EQ(Run("ZSCAN none 0"), "[0, []]");
  EXPECT_EQ(Run3("ZSCAN z 0 MATCH b"), "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n");
}

TEST_P(SortedSetCommands, Combinations) {
  Run("ZADD a 1 x 2 y 3 z");
  Run("ZADD b 10 x 20 y 40 w");
  Run("SADD s x q 7");
  EXPECT_EQ(Run("ZUNION 2 a b WITHSCORES"), "[z, 3, x, 11, y, 22, w, 40]");
  EXPECT_EQ(Run("ZUNION 3 a none s WEIGHTS 2 1 0.5 AGGREGATE MIN WITHSCORES"), "[7, 0.5, q, 0.5, x, 0.5, y, 4, z, 6]");
  EXPECT_EQ(Run("ZINTER 2 a b AGGREGATE MAX WITHSCORES"), "[x, 10, y, 20]");
  EXPECT_EQ(Run("ZINTER 2 a none"), "[]");
  EXPECT_EQ(Run("ZDIFF 2 a s WITHSCORES"), "[y, 2, z, 3]");
  EXPECT_EQ(Run("ZDIFF 3 a b s"), "[z]");
  EXPECT_EQ(Run("ZINTERCARD 2 a b"), "2");
  EXPECT_EQ(Run("ZINTERCARD 2 a b LIMIT 1"), "1");
  EXPECT_EQ(Run("ZUNIONSTORE d 2 a b WEIGHTS 1 2"), "4");
  EXPECT_EQ(Run("OBJECT ENCODING d"), GetParam() ? "skiplist" : "listpack");
  EXPECT_EQ(Run("ZRANGE d 0 -1 WITHSCORES"), "[z, 3, x, 21, y, 42, w, 80]");
  EXPECT_EQ(Run("ZINTERSTORE a 2 a b"), "2");
  EXPECT_EQ(Run("ZDIFFSTORE d 2 b b"), "0");
  EXPECT_EQ(Run("EXISTS d"), "0");
  EXPECT_EQ(Run3("ZDIFF 1 a WITHSCORES"), "*2\r\n*2\r\n$1\r\nx\r\n,11\r\n*2\r\n$1\r\ny\r\n,22\r\n");
  EXPECT_EQ(Run("ZUNION 0 a"), "-ERR at least 1 input key is needed for 'zunion' command");
  EXPECT_EQ(Run("ZUNION 3 a b"), "-ERR syntax error");
  EXPECT_EQ(Run("ZUNIONSTORE d 1 a WITHSCORES"), "-ERR syntax error");
  EXPECT_EQ(Run("ZINTERCARD 1 a LIMIT -1"), "-ERR LIMIT can't be negative");
}

TEST_P(SortedSetCommands, InfinitiesOfBothSignsAddUpToZero) {
  Run("ZADD a inf x -inf y");
  Run("ZADD b -inf x inf y");
  EXPECT_EQ(Run("ZUNION 2 a b WITHSCORES"), "[x, 0, y, 0]");
  EXPECT_EQ(Run("ZINTER 2 a b WEIGHTS 0 0 WITHSCORES"), "[x, 0, y, 0]");
}

// Many random commands: the harness compares what their effects make.
TEST_P(SortedSetCommands, EffectsOfRandomCommands) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomChoices choices(seed);
  if (!GetParam()) shard.keyspace_settings().zset_max_listpack_entries = 8;
  auto key = [&choices] { return "k" + std::to_string(choices.Below(4)); };
  auto member = [&choices] { return "m" + std::to_string(choices.Below(30)); };
  auto score = [&choices] { return std::to_string(static_cast<double>(choices.Below(100)) / 7); };
  for (int i = 0; i < 2000; ++i) {
    switch (choices.Below(8)) {
      case 0:
        Run("ZINCRBY " + key() + " " + score() + " " + member());
        break;
      case 1:
        Run("ZREM " + key() + " " + member() + " " + member());
        break;
      case 2:
        Run("ZMPOP 2 " + key() + " " + key() + (choices.Below(2) == 0 ? " MIN" : " MAX COUNT 2"));
        break;
      case 3:
        Run("ZUNIONSTORE " + key() + " 2 " + key() + " " + key() + " WEIGHTS 0.3 0.7");
        break;
      case 4:
        Run("ZREMRANGEBYSCORE " + key() + " " + score() + " (" + score());
        break;
      case 5:
        Run("ZRANGESTORE " + key() + " " + key() + " " + score() + " " + score() + " BYSCORE");
        break;
      default:
        Run("ZADD " + key() + " " + score() + " " + member() + " " + score() + " " + member());
    }
  }
}

TEST(SortedSetEncodings, ChangeAsRedisDoes) {
  TestShard shard;
  std::string pairs;
  for (int i = 0; i < 128; ++i) pairs += " " + std::to_string(i) + " m" + std::to_string(i);
  shard.Run("ZADD z" + pairs);
  EXPECT_EQ(shard.Run("OBJECT ENCODING z"), "listpack");
  shard.Run("ZADD z" + pairs);
  EXPECT_EQ(shard.Run("OBJECT ENCODING z"), "listpack");
  EXPECT_EQ(shard.Run("ZADD z" + pairs + " 1 m1"), "0");
  EXPECT_EQ(shard.Run("OBJECT ENCODING z"), "skiplist") << "so many pairs at once, whatever they are";
  shard.Run("ZUNIONSTORE d 1 z");
  EXPECT_EQ(shard.Run("OBJECT ENCODING d"), "listpack");
  shard.Run("ZRANGESTORE d z 0 10");
  EXPECT_EQ(shard.Run("OBJECT ENCODING d"), "listpack");
  shard.Run("ZRANGESTORE d z 0 10 BYSCORE");
  EXPECT_EQ(shard.Run("OBJECT ENCODING d"), "skiplist");
  shard.Run("ZADD long 1 " + std::string(65, 'x'));
  EXPECT_EQ(shard.Run("OBJECT ENCODING long"), "skiplist");
}

// `sim` found it: what lies between two names where scores differ depends on how the set is built, and a restart builds it anew.
TEST(SortedSets, RangesByNameAreStatedByRank) {
  TestShard shard;
  shard.Run("ZADD z 1 a 1 b 1 c 1 d");
  (void)shard.TakeEffects();
  EXPECT_EQ(shard.Run("ZREMRANGEBYLEX z [b [c"), "2");
  EXPECT_EQ(shard.Run("ZRANGESTORE y z [b + BYLEX"), "1");
  EXPECT_EQ(shard.Run("ZRANGESTORE y z [x + BYLEX"), "0");
  EXPECT_THAT(shard.TakeEffects(),
              testing::ElementsAre("0 ZREMRANGEBYRANK z 1 2", "0 ZRANGESTORE y z 1 1", "0 ZRANGESTORE y z 1 0"));
}

}  // namespace
}  // namespace kvorum
