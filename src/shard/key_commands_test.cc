#include <gtest/gtest.h>

#include "shard/test_harness.h"

namespace kvorum {
namespace {

using Lines = std::vector<std::string>;

TEST(KeyCommands, DeleteCountAndType) {
  TestShard shard;
  shard.Run("MSET a 1 b 2 c 3");
  shard.Run("RPUSH l x");
  EXPECT_EQ(shard.Run("EXISTS a a nosuch"), "2");
  EXPECT_EQ(shard.Run("TYPE l"), "list");
  EXPECT_EQ(shard.Run("TYPE nosuch"), "none");
  EXPECT_EQ(shard.Run("DEL a b nosuch"), "2");
  EXPECT_EQ(shard.Run("UNLINK c l"), "2");
  EXPECT_EQ(shard.Run("DBSIZE"), "0");
}

TEST(KeyCommands, DeadlinesAreAbsoluteInEffects) {
  TestShard shard;
  shard.Run("SET a 1");
  EXPECT_EQ(shard.Run("EXPIRE a 100"), "1");
  EXPECT_EQ(shard.Run("TTL a"), "100");
  EXPECT_EQ(shard.Run("EXPIRE a 50 GT"), "0");
  EXPECT_EQ(shard.Run("EXPIRE a 50 LT"), "1");
  shard.TakeEffects();
  shard.Run("PEXPIRE a 1234");
  EXPECT_EQ(shard.TakeEffects(), Lines{"0 PEXPIREAT a " + std::to_string(TestShard::kStartMs + 1234)});
  EXPECT_EQ(shard.Run("PERSIST a"), "1");
  EXPECT_EQ(shard.Run("TTL a"), "-1");
  EXPECT_EQ(shard.Run("EXPIREAT a 1"), "1") << "a time that has passed deletes";
  EXPECT_EQ(shard.TakeEffects().back(), "0 DEL a");
  EXPECT_EQ(shard.Run("TTL a"), "-2");
}

TEST(KeyCommands, ExpiredKeysGoByThemselves) {
  TestShard shard;
  for (int i = 0; i < 1000; ++i) shard.Run("SET key:" + std::to_string(i) + " x PX " + std::to_string(1 + i));
  shard.Advance(500);
  EXPECT_EQ(shard.Run("DBSIZE"), "500");
  shard.Advance(501);
  EXPECT_EQ(shard.Run("DBSIZE"), "0");
}

TEST(KeyCommands, ScanDeletesExpiredKeysWhateverTheirType) {
  TestShard shard;
  shard.Run("SET a 1");
  shard.Run("SET b 1 PX 1");
  shard.keyspace_settings().active_expire = false;
  shard.Advance(2);
  EXPECT_EQ(shard.Run("SCAN 0 TYPE hash"), "[0, []]");
  EXPECT_EQ(shard.Run("DBSIZE"), "1");
}

TEST(KeyCommands, KeysLeavesWhatHasExpiredWhereItIs) {
  TestShard shard;
  shard.Run("SET a 1");
  shard.Run("SET b 1 PX 1");
  shard.keyspace_settings().active_expire = false;
  shard.Advance(2);
  EXPECT_EQ(shard.Run("KEYS *"), "[a]");
  EXPECT_EQ(shard.Run("DBSIZE"), "2");
}

// What has expired under the key that is written to goes first, with its event; nothing to store deletes the key without.
TEST(KeyCommands, StoringOverAnExpiredKey) {
  TestShard shard;
  TestSession& listener = shard.NewSession();
  shard.Run("RPUSH list 2 1");
  shard.Run("SADD set x y");
  shard.Run("ZADD scores 1 a");
  shard.Run("SET text t");
  shard.keyspace_settings().active_expire = false;
  shard.Run(listener, "PSUBSCRIBE *");
  shard.shard().SetNotifications(event::kKeyevent | event::kGeneric | event::kExpired | event::kNew);
  const auto events = [&](const std::string& line) {
    shard.Run("SET k old PX 1");
    shard.Advance(2);
    listener.Take();
    shard.Run(line);
    std::string all;
    const std::string taken = listener.Take();
    for (std::string_view name : {"expired", "new", "del"}) {
      if (taken.find(std::string("__:") + std::string(name)) != std::string::npos) all += std::string(name) + " ";
    }
    shard.Run("DEL k");
    return all;
  };
  for (const char* line :
       {"SORT list STORE k", "SUNIONSTORE k set", "SINTERSTORE k set", "SDIFFSTORE k set", "ZUNIONSTORE k 1 scores",
        "ZRANGESTORE k scores 0 -1", "BITOP NOT k text", "COPY text k", "SET k new", "SETRANGE k 1 x"}) {
    EXPECT_EQ(events(line), "expired new ") << line;
  }
  for (const char* line : {"SORT nothing STORE k", "SUNIONSTORE k nothing", "ZUNIONSTORE k 1 nothing",
                           "ZRANGESTORE k nothing 0 -1", "BITOP NOT k nothing"}) {
    EXPECT_EQ(events(line), "del ") << line;
  }
}

TEST(KeyCommands, StringsChangedInPlaceAreRaw) {
  TestShard shard;
  shard.Run("SET text t");
  shard.Run("BITOP NOT not text");
  shard.Run("SETBIT bits 0 1");
  shard.Run("COPY bits copy");
  shard.Run("COPY text text-copy");
  for (const char* key : {"not", "bits", "copy"})
    EXPECT_EQ(shard.Run(std::string("OBJECT ENCODING ") + key), "raw") << key;
  EXPECT_EQ(shard.Run("OBJECT ENCODING text-copy"), "embstr");
}

// Of a missing key, or one of another type, Redis does not look at the rest of the arguments.
TEST(KeyCommands, BitsOfMissingKeysIgnoreTheRest) {
  TestShard shard;
  shard.Run("RPUSH list 1");
  shard.Run("SET text t");
  const std::string wrong_type = "-WRONGTYPE Operation against a key holding the wrong kind of value";
  EXPECT_EQ(shard.Run("BITCOUNT none x y z"), "0");
  EXPECT_EQ(shard.Run("BITCOUNT list BIT"), wrong_type);
  EXPECT_EQ(shard.Run("BITCOUNT text BIT"), "-ERR syntax error");
  EXPECT_EQ(shard.Run("BITPOS none 0 x"), "0");
  EXPECT_EQ(shard.Run("BITPOS none 1 x"), "-1");
  EXPECT_EQ(shard.Run("BITPOS none 2 x"), "-ERR The bit argument must be 1 or 0.");
  EXPECT_EQ(shard.Run("BITPOS list 0 x"), wrong_type);
  EXPECT_EQ(shard.Run("BITPOS text 0 x"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(shard.Run("BITFIELD_RO text SET u8 0 x"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(shard.Run("BITFIELD_RO text SET u8 0 1 GET u8 0"), "-ERR BITFIELD_RO only supports the GET subcommand");
}

TEST(KeyCommands, NumbersOfDatabases) {
  TestShard shard;
  shard.Run("SET k v");
  const std::string range = "-ERR value is out of range, value must between -2147483648 and 2147483647";
  for (const char* line : {"SELECT 2147483648", "MOVE k -2147483649", "COPY k other DB 2147483648"}) {
    EXPECT_EQ(shard.Run(line), range) << line;
  }
  EXPECT_EQ(shard.Run("SELECT 2147483647"), "-ERR DB index is out of range");
  EXPECT_EQ(shard.Run("SWAPDB 2147483648 x"), "-ERR invalid first DB index");
  EXPECT_EQ(shard.Run("SWAPDB 0 2147483648"), "-ERR invalid second DB index");
}

TEST(KeyCommands, SmallIntegersAreSharedUnlessEachNeedsAClock) {
  TestShard shard;
  shard.Run("SET n 1");
  EXPECT_EQ(shard.Run("OBJECT REFCOUNT n"), "2147483647");
  shard.keyspace_settings().maxmemory = 1 << 30;
  EXPECT_EQ(shard.Run("OBJECT REFCOUNT n"), "2147483647");
  for (EvictionPolicy policy : {EvictionPolicy::kAllKeysLru, EvictionPolicy::kVolatileLru, EvictionPolicy::kAllKeysLfu,
                                EvictionPolicy::kVolatileLfu}) {
    shard.keyspace_settings().maxmemory_policy = policy;
    EXPECT_EQ(shard.Run("OBJECT REFCOUNT n"), "1");
  }
}

TEST(KeyCommands, ObjectHelp) {
  TestShard shard;
  EXPECT_TRUE(shard.Run("OBJECT HELP").starts_with("[OBJECT <subcommand> "));
}

TEST(KeyCommands, RenameMoveAndCopyTakeTheDeadlineAlong) {
  TestShard shard;
  shard.Run("SET a 1 EX 100");
  EXPECT_EQ(shard.Run("RENAME a b"), "OK");
  EXPECT_EQ(shard.Run("RENAME a b"), "-ERR no such key");
  EXPECT_EQ(shard.Run("COPY b c"), "1");
  EXPECT_EQ(shard.Run("COPY b c"), "0");
  EXPECT_EQ(shard.Run("MOVE b 1"), "1");
  EXPECT_EQ(shard.Run("TTL c"), "100");
  EXPECT_EQ(shard.Run("EXISTS b"), "0");
  shard.Run("SELECT 1");
  EXPECT_EQ(shard.Run("TTL b"), "100");
  EXPECT_EQ(shard.Run("SWAPDB 0 1"), "OK");
  EXPECT_EQ(shard.Run("GET c"), "1");
}

TEST(KeyCommands, SortByWeightsOfOtherKeys) {
  TestShard shard;
  shard.Run("RPUSH l 1 2 3");
  shard.Run("MSET w1 30 w2 10 w3 20 v1 one v2 two");
  shard.Run("HSET h2 name second");
  EXPECT_EQ(shard.Run("SORT l DESC"), "[3, 2, 1]");
  EXPECT_EQ(shard.Run("SORT l BY w* GET # GET v* GET h*->name"), "[2, two, second, 3, nil, nil, 1, one, nil]");
  EXPECT_EQ(shard.Run("SORT l BY nosort LIMIT 1 2"), "[2, 3]");
  EXPECT_EQ(shard.Run("SORT l BY w* STORE out"), "3");
  EXPECT_EQ(shard.Run("LRANGE out 0 -1"), "[2, 3, 1]");
  shard.Run("RPUSH words pear apple");
  EXPECT_EQ(shard.Run("SORT words"), "-ERR One or more scores can't be converted into double");
  EXPECT_EQ(shard.Run("SORT words ALPHA"), "[apple, pear]");
  EXPECT_EQ(shard.Run("SORT_RO words ALPHA STORE x"), "-ERR syntax error");
}

TEST(KeyCommands, BitsAndFields) {
  TestShard shard;
  EXPECT_EQ(shard.Run("SETBIT b 7 1"), "0");
  EXPECT_EQ(shard.Run("GETBIT b 7"), "1");
  EXPECT_EQ(shard.Run("SET s foobar"), "OK");
  EXPECT_EQ(shard.Run("BITCOUNT s"), "26");
  EXPECT_EQ(shard.Run("BITCOUNT s 1 1"), "6");
  EXPECT_EQ(shard.Run("BITCOUNT s 5 30 BIT"), "17");
  EXPECT_EQ(shard.Run({"SET", "z", "\xff\xf0"}), "OK");
  EXPECT_EQ(shard.Run("BITPOS z 0"), "12");
  EXPECT_EQ(shard.Run("BITOP NOT n z"), "2");
  EXPECT_EQ(shard.Run("BITPOS n 1"), "12");
  EXPECT_EQ(shard.Run("BITFIELD f INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 3 OVERFLOW FAIL INCRBY u2 102 1"),
            "[1, 3, nil]");
  EXPECT_EQ(shard.Run("BITFIELD f SET i8 0 -1 GET u8 0"), "[0, 255]");
  EXPECT_EQ(shard.Run("BITFIELD_RO f SET i8 0 1"), "-ERR BITFIELD_RO only supports the GET subcommand");
  // The string has grown all the same: nobody is told, but who copies the data is.
  TestSession& listener = shard.NewSession();
  shard.Run(listener, "PSUBSCRIBE *");
  shard.shard().SetNotifications(event::kKeyevent | event::kString | event::kNew);
  const uint64_t changes = shard.shard().stats().changes;
  EXPECT_EQ(shard.Run("BITFIELD new OVERFLOW FAIL INCRBY u2 8 9"), "[nil]");
  EXPECT_EQ(shard.Run("STRLEN new"), "2");
  EXPECT_EQ(listener.Take(), "[pmessage, *, __keyevent@0__:new, new]");
  EXPECT_EQ(shard.TakeEffects().back(), "0 BITFIELD new OVERFLOW FAIL INCRBY u2 8 9");
  EXPECT_EQ(shard.shard().stats().changes, changes);
}

}  // namespace
}  // namespace kvorum
