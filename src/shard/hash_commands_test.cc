#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/random.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

TEST(HashCommands, FieldsComeAndGo) {
  TestShard shard;
  EXPECT_EQ(shard.Run("HSET h a 1 b 2 a 3"), "2");
  EXPECT_EQ(shard.Run("HGETALL h"), "[a, 3, b, 2]");
  EXPECT_EQ(shard.Run("HMSET h c x"), "OK");
  EXPECT_EQ(shard.Run("HSETNX h c y"), "0");
  EXPECT_EQ(shard.Run("HSETNX h d 01"), "1");
  EXPECT_EQ(shard.Run("HMGET h a nope d"), "[3, nil, 01]");
  EXPECT_EQ(shard.Run("HGET h c"), "x");
  EXPECT_EQ(shard.Run("HKEYS h"), "[a, b, c, d]");
  EXPECT_EQ(shard.Run("HVALS h"), "[3, 2, x, 01]");
  EXPECT_EQ(shard.Run("HLEN h"), "4");
  EXPECT_EQ(shard.Run("HSTRLEN h d"), "2");
  EXPECT_EQ(shard.Run("HEXISTS h d"), "1");
  EXPECT_EQ(shard.Run("HDEL h a nope b a"), "2");
  EXPECT_EQ(shard.Run("HDEL h c d e"), "2");
  EXPECT_EQ(shard.Run("EXISTS h"), "0");
  EXPECT_EQ(shard.Run("HSET h a 1 b"), "-ERR wrong number of arguments for 'hset' command");
  EXPECT_EQ(shard.Run("HMSET h a 1 b"), "-ERR wrong number of arguments for 'hmset' command");
  shard.Run("SET t 1");
  for (const char* line : {"HSET t a 1", "HGET t a", "HMGET t a", "HINCRBY t a 1", "HDEL t a", "HRANDFIELD t"}) {
    EXPECT_EQ(shard.Run(line), kWrongType) << line;
  }
}

TEST(HashCommands, EncodingsFollowTheLimits) {
  TestShard shard;
  shard.keyspace_settings().hash_max_listpack_entries = 3;
  shard.Run("HSET h a 1 b 2 c 3");
  EXPECT_EQ(shard.Run("OBJECT ENCODING h"), "listpack");
  shard.Run("HSET h a 1 a 2 a 3 a 4");
  EXPECT_EQ(shard.Run("OBJECT ENCODING h"), "hashtable") << "four pairs, even if they repeat";
  shard.Run("HINCRBY long " + std::string(65, 'f') + " 1");
  EXPECT_EQ(shard.Run("OBJECT ENCODING long"), "hashtable");
}

TEST(HashCommands, Numbers) {
  TestShard shard;
  EXPECT_EQ(shard.Run("HINCRBY h n 5"), "5");
  EXPECT_EQ(shard.Run("HINCRBY h n -7"), "-2");
  shard.Run("HSET h text abc max 9223372036854775807");
  EXPECT_EQ(shard.Run("HINCRBY h text 1"), "-ERR hash value is not an integer");
  EXPECT_EQ(shard.Run("HINCRBY h max 1"), "-ERR increment or decrement would overflow");
  EXPECT_EQ(shard.Run("HINCRBY h n x"), "-ERR value is not an integer or out of range");
  shard.TakeEffects();
  EXPECT_EQ(shard.Run("HINCRBYFLOAT h n 0.25"), "-1.75");
  EXPECT_EQ(shard.TakeEffects(), Lines{"0 HSET h n -1.75"}) << "the sum, not the addition";
  EXPECT_EQ(shard.Run("HINCRBYFLOAT h text 1"), "-ERR hash value is not a float");
  EXPECT_EQ(shard.Run("HINCRBYFLOAT h n inf"), "-ERR value is NaN or Infinity");
  EXPECT_EQ(shard.Run("HINCRBYFLOAT h n x"), "-ERR value is not a valid float");
}

TEST(HashCommands, RandomFields) {
  TestShard shard;
  shard.Run("HSET h f v");
  EXPECT_EQ(shard.Run("HRANDFIELD h"), "f");
  EXPECT_EQ(shard.Run("HRANDFIELD h 5"), "[f]");
  EXPECT_EQ(shard.Run("HRANDFIELD h -2"), "[f, f]");
  EXPECT_EQ(shard.Run("HRANDFIELD h -2 WITHVALUES"), "[f, v, f, v]");
  EXPECT_EQ(shard.Run("HRANDFIELD h 1 FOO"), "-ERR syntax error");
  EXPECT_EQ(shard.Run("HRANDFIELD h 9223372036854775807 WITHVALUES"), "-ERR value is out of range");
  EXPECT_EQ(shard.Run("HRANDFIELD none 1"), "[]");
  EXPECT_EQ(shard.Run("HRANDFIELD none"), "nil");
  shard.Run("HELLO 3");
  EXPECT_EQ(shard.Raw("HRANDFIELD h 1 WITHVALUES"), "*1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
  EXPECT_EQ(shard.Raw("HGETALL h"), "%1\r\n$1\r\nf\r\n$1\r\nv\r\n");
  EXPECT_EQ(shard.Raw("HGETALL none"), "%0\r\n");
}

TEST(HashCommands, ScanGivesEveryField) {
  TestShard shard;
  for (int i = 0; i < 1000; ++i) shard.Run("HSET h f" + std::to_string(i) + " v" + std::to_string(i));
  std::map<std::string, std::string> seen;
  std::string cursor = "0";
  do {
    std::vector<std::string> parts;
    std::string reply = shard.Run("HSCAN h " + cursor + " COUNT 30");
    for (char& c : reply) c = c == '[' || c == ']' || c == ',' ? ' ' : c;
    ASSERT_TRUE(SplitArguments(reply, &parts));
    cursor = parts[0];
    for (size_t i = 1; i + 1 < parts.size(); i += 2) seen[parts[i]] = parts[i + 1];
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), 1000u);
  for (const auto& [field, value] : seen) EXPECT_EQ(field.substr(1), value.substr(1));
  shard.Run("HSET small a 1 b 2");
  EXPECT_EQ(shard.Run("HSCAN small 0 MATCH b COUNT 1"), "[0, [b, 2]]");
}

TEST(HashCommands, RandomCommandsHaveTheEffectsTheySay) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  printf("seed %lu\n", seed);
  Random random(seed);
  TestShard shard;
  shard.keyspace_settings().hash_max_listpack_entries = 10;
  auto key = [&random] { return "k" + std::to_string(random.Below(4)); };
  auto field = [&random] { return " f" + std::to_string(random.Below(30)); };
  for (int i = 0; i < 5000; ++i) {
    switch (random.Below(6)) {
      case 0:
      case 1:
        shard.Run("HSET " + key() + field() + " " + std::to_string(random.Below(1000)) + field() + " 1.5");
        break;
      case 2:
        shard.Run("HDEL " + key() + field() + field());
        break;
      case 3:
        shard.Run("HINCRBY " + key() + field() + " " + std::to_string(random.Below(100)));
        break;
      case 4:
        shard.Run("HINCRBYFLOAT " + key() + field() + " 0." + std::to_string(random.Below(100)));
        break;
      case 5:
        shard.Run("HSETNX " + key() + field() + " text");
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
