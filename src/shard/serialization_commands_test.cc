#include <gtest/gtest.h>

#include "shard/test_harness.h"

namespace kvorum {
namespace {

using Lines = std::vector<std::string>;

// DUMP's bytes, as an argument for RESTORE.
std::string Dump(TestShard& shard, const std::string& key) {
  const std::string raw = shard.Raw("DUMP " + key);
  const size_t begin = raw.find("\r\n") + 2;
  return raw.substr(begin, raw.size() - begin - 2);
}

TEST(SerializationCommands, DumpOfNothingAndOfAString) {
  TestShard shard;
  EXPECT_EQ(shard.Run("DUMP nosuch"), "nil");
  shard.Run("SET a hello");
  EXPECT_EQ(Dump(shard, "a"), std::string("\0\5hello\x0b\0\x0a\xad\x62\5\x98\xab\xc9\x83", 17));
}

TEST(SerializationCommands, EveryTypeComesBack) {
  TestShard shard;
  shard.Run("SET s text");
  shard.Run("SET n 1234567890123");
  shard.Run("RPUSH l a 1 b");
  shard.Run("SADD i 1 2 3");
  shard.Run("SADD t a 2 c");
  shard.Run("HSET h f v g 2");
  shard.Run("ZADD z 1.5 a inf b");
  for (int i = 0; i < 1000; ++i) {
    const std::string number = std::to_string(i);
    shard.Run("RPUSH longl element" + number);
    shard.Run("SADD longt member" + number);
    shard.Run("HSET longh field" + number + " " + number);
    shard.Run("ZADD longz " + number + " member" + number);
  }
  for (const std::string key : {"s", "n", "l", "i", "t", "h", "z", "longl", "longt", "longh", "longz"}) {
    EXPECT_EQ(shard.Run({"RESTORE", "copy", "0", Dump(shard, key), "REPLACE"}), "OK") << key;
    EXPECT_EQ(shard.Run("TYPE copy"), shard.Run("TYPE " + key));
    EXPECT_EQ(shard.Run("OBJECT ENCODING copy"), shard.Run("OBJECT ENCODING " + key)) << key;
    const Database& db = shard.shard().keyspace().database(0);
    if (!db.Find(key)->is_string()) {
      EXPECT_EQ(db.Find("copy")->object()->CanonicalText(), db.Find(key)->object()->CanonicalText());
    }
  }
  EXPECT_EQ(shard.Run("GET n"), "1234567890123");
}

TEST(SerializationCommands, DeadlinesAndEffects) {
  TestShard shard;
  shard.Run("SET a text");
  const std::string payload = Dump(shard, "a");
  const std::string start = std::to_string(TestShard::kStartMs);
  EXPECT_EQ(shard.Run({"RESTORE", "b", "5000", payload}), "OK");
  EXPECT_EQ(shard.Run("PTTL b"), "5000");
  EXPECT_EQ(shard.Run({"RESTORE", "c", std::to_string(TestShard::kStartMs + 7000), payload, "ABSTTL"}), "OK");
  EXPECT_EQ(shard.Run("PTTL c"), "7000");
  EXPECT_EQ(shard.Run({"RESTORE", "d", "0", payload}), "OK");
  EXPECT_EQ(shard.Run("PTTL d"), "-1");
  const Lines effects = shard.TakeEffects();
  ASSERT_EQ(effects.size(), 4u);
  EXPECT_TRUE(effects[1].starts_with("0 RESTORE b " + std::to_string(TestShard::kStartMs + 5000)));
  EXPECT_TRUE(effects[1].ends_with(" ABSTTL REPLACE"));

  // A deadline in the past: nothing comes, and what was there goes.
  EXPECT_EQ(shard.Run({"RESTORE", "e", start, payload, "ABSTTL"}), "OK");
  EXPECT_EQ(shard.Run("EXISTS e"), "0");
  EXPECT_TRUE(shard.TakeEffects().empty());
  EXPECT_EQ(shard.Run({"RESTORE", "b", "1", payload, "ABSTTL", "REPLACE"}), "OK");
  EXPECT_EQ(shard.Run("EXISTS b"), "0");
  EXPECT_EQ(shard.TakeEffects(), Lines{"0 DEL b"});
  // Beyond the end of time is the past, too.
  EXPECT_EQ(shard.Run({"RESTORE", "c", "9223372036854775807", payload, "REPLACE"}), "OK");
  EXPECT_EQ(shard.Run("EXISTS c"), "0");
}

TEST(SerializationCommands, Errors) {
  TestShard shard;
  shard.Run("SET a text");
  const std::string payload = Dump(shard, "a");
  std::string damaged = payload;
  damaged[2] = 'T';
  EXPECT_EQ(shard.Run({"RESTORE", "a", "0", payload}), "-BUSYKEY Target key name already exists.");
  EXPECT_EQ(shard.Run({"RESTORE", "a", "x", payload}), "-BUSYKEY Target key name already exists.");
  EXPECT_EQ(shard.Run({"RESTORE", "b", "x", payload}), "-ERR value is not an integer or out of range");
  EXPECT_EQ(shard.Run({"RESTORE", "b", "-1", payload}), "-ERR Invalid TTL value, must be >= 0");
  EXPECT_EQ(shard.Run({"RESTORE", "b", "0", damaged}), "-ERR DUMP payload version or checksum are wrong");
  EXPECT_EQ(shard.Run({"RESTORE", "b", "0", ""}), "-ERR DUMP payload version or checksum are wrong");
  EXPECT_EQ(shard.Run({"RESTORE", "b", "0", payload, "WHAT"}), "-ERR syntax error");
  EXPECT_EQ(shard.Run({"RESTORE", "b", "0", payload, "IDLETIME"}), "-ERR syntax error");
  EXPECT_EQ(shard.Run({"RESTORE", "b", "0", payload, "IDLETIME", "-1"}), "-ERR Invalid IDLETIME value, must be >= 0");
  EXPECT_EQ(shard.Run({"RESTORE", "b", "0", payload, "FREQ", "256"}),
            "-ERR Invalid FREQ value, must be >= 0 and <= 255");
  EXPECT_EQ(shard.Run({"RESTORE", "b", "0", payload, "FREQ", "1", "IDLETIME", "1"}), "-ERR syntax error");
  // A set of no members, with a checksum that fits.
  EXPECT_EQ(shard.Run({"RESTORE", "b", "0", std::string("\x02\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00", 12)}),
            "-ERR DUMP payload version or checksum are wrong");
  EXPECT_EQ(shard.Run("EXISTS b"), "0");
}

TEST(SerializationCommands, IdleTimeAndFrequency) {
  TestShard shard;
  shard.Run("SET a text");
  const std::string payload = Dump(shard, "a");
  EXPECT_EQ(shard.Run({"RESTORE", "b", "0", payload, "IDLETIME", "1000"}), "OK");
  EXPECT_EQ(shard.Run("OBJECT IDLETIME b"), "1000");
  EXPECT_EQ(shard.Run({"RESTORE", "c", "0", payload, "FREQ", "100"}), "OK");
  EXPECT_EQ(shard.Run("OBJECT IDLETIME c"), "0");
  shard.keyspace_settings().maxmemory_policy = EvictionPolicy::kAllKeysLfu;
  EXPECT_EQ(shard.Run({"RESTORE", "d", "0", payload, "FREQ", "100"}), "OK");
  EXPECT_EQ(shard.Run("OBJECT FREQ d"), "100");
}

}  // namespace
}  // namespace kvorum
