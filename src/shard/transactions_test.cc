#include <gtest/gtest.h>

#include "base/hash.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

TEST(Transactions, RunWhatWasQueued) {
  TestShard shard;
  EXPECT_EQ(shard.Run("MULTI"), "OK");
  EXPECT_EQ(shard.Run("SET a 1"), "QUEUED");
  EXPECT_EQ(shard.Run("GET a"), "QUEUED");
  EXPECT_EQ(shard.Run("EXEC"), "[OK, 1]");
  EXPECT_EQ(shard.TakeEffects(), std::vector<std::string>{"0 SET a 1"});
}

TEST(Transactions, AbortWhenSomethingCouldNotBeQueued) {
  TestShard shard;
  shard.Run("MULTI");
  EXPECT_EQ(shard.Run("NOSUCH"), "-ERR unknown command 'NOSUCH', with args beginning with: ");
  EXPECT_EQ(shard.Run("SET a 1"), "QUEUED");
  EXPECT_EQ(shard.Run("EXEC"), "-EXECABORT Transaction discarded because of previous errors.");
  EXPECT_EQ(shard.Run("GET a"), "nil");
}

TEST(Transactions, AreBrokenByAChangeOfAWatchedKey) {
  TestShard shard;
  TestSession& other = shard.NewSession();
  EXPECT_EQ(shard.Run("WATCH a"), "OK");
  shard.Run(other, "SET a 1");
  shard.Run("MULTI");
  shard.Run("SET a 2");
  EXPECT_EQ(shard.Run("EXEC"), "nil");
  EXPECT_EQ(shard.Run("GET a"), "1");
}

TEST(Transactions, AreNotBrokenByTheEndOfAKeyThatHadExpired) {
  TestShard shard;
  TestSession& other = shard.NewSession();
  shard.keyspace_settings().active_expire = false;
  shard.Run("SET a 1 PX 10");
  shard.Advance(20);
  shard.Run("WATCH a");
  shard.Run(other, "GET a");
  shard.Run("MULTI");
  EXPECT_EQ(shard.Run("EXEC"), "[]");
  // Gone before; what comes now is a change.
  shard.Run("WATCH a");
  shard.Run(other, "SET a 2");
  shard.Run("MULTI");
  EXPECT_EQ(shard.Run("EXEC"), "nil");
}

TEST(Transactions, AreBrokenByAWatchedKeyThatExpires) {
  TestShard shard;
  shard.keyspace_settings().active_expire = false;
  shard.Run("SET a 1 PX 10");
  shard.Run("WATCH a");
  shard.Advance(20);
  shard.Run("MULTI");
  EXPECT_EQ(shard.Run("EXEC"), "nil");
}

TEST(Transactions, AreBrokenByFlushAndSwapOfWhatExists) {
  for (std::string_view change : {"FLUSHALL", "FLUSHDB ASYNC", "SWAPDB 0 1", "DEL a"}) {
    TestShard shard;
    TestSession& other = shard.NewSession();
    shard.Run("SET a 1");
    shard.Run("WATCH a");
    shard.Run(other, change);
    shard.Run("MULTI");
    EXPECT_EQ(shard.Run("EXEC"), "nil") << change;
    // The same with a key that does not exist before or after.
    shard.Run("WATCH nothing");
    shard.Run(other, change);
    shard.Run("MULTI");
    EXPECT_EQ(shard.Run("EXEC"), "[]") << change;
  }
}

TEST(Transactions, EndWhenExecIsTurnedAway) {
  TestShard shard;
  shard.Run("MULTI");
  EXPECT_EQ(shard.Run("EXEC now"),
            "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command");
  EXPECT_EQ(shard.Run("EXEC"), "-ERR EXEC without MULTI");
  shard.Run("MULTI");
  shard.Run("SET a 1");
  shard.keyspace_settings().maxmemory = 1;
  EXPECT_EQ(shard.Run("EXEC"),
            "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_EQ(shard.Run("MULTI"), "OK");
  EXPECT_EQ(shard.Run("PING"), "-OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_EQ(shard.Run("DISCARD"), "OK");
}

TEST(Transactions, SeeOneTimeAndStateTheirEffectsTogether) {
  TestShard shard;
  const size_t entries = shard.log().entries();
  shard.Run("MULTI");
  shard.Run("SET a 1 PX 100");
  shard.Run("INCR b");
  shard.Run("PTTL a");
  EXPECT_EQ(shard.session().queued.size(), 3u);
  EXPECT_GT(shard.session().multi_bytes, 0u);
  EXPECT_EQ(shard.Run("EXEC"), "[OK, 1, 100]");
  EXPECT_EQ(shard.session().multi_bytes, 0u);
  EXPECT_EQ(shard.log().entries(), entries + 1) << "all of a transaction is in one entry of the log";
}

TEST(Shard, ForgetsTheHashOfAKeyWhenItsMemoryIsUsedAgain) {
  TestShard shard;
  // The same memory holds first one key, whose hash is known, then another, whose hash is not.
  char key[] = "a";
  const std::vector<std::string_view> set = {"SET", key, "1"};
  const std::vector<std::string_view> get = {"GET", key};
  const CommandTable& commands = shard.shard().commands();
  shard.shard().Execute(shard.session(), commands.Find(set), set, HashBytes(std::string_view(key)));
  key[0] = 'b';
  shard.shard().Execute(shard.session(), commands.Find(set), set, 0);
  shard.shard().Execute(shard.session(), commands.Find(get), get, 0);
  EXPECT_EQ(shard.session().Take(), "OK OK 1");
  EXPECT_EQ(shard.Run("GET b"), "1") << "b must be found under its own hash";
}

TEST(Shard, HoldsRepliesUntilTheLogHasCommitted) {
  TestShard shard;
  shard.log().HoldCommits();
  TestSession& reader = shard.NewSession();
  const std::vector<std::string_view> set = {"SET", "a", "1"};
  const std::vector<std::string_view> get = {"GET", "a"};
  shard.shard().BeginTurn();
  shard.shard().Execute(shard.session(), shard.shard().commands().Find(set), set, 0);
  shard.shard().Execute(reader, shard.shard().commands().Find(get), get, 0);
  shard.shard().EndTurn();
  EXPECT_EQ(shard.session().TakeRaw(shard.log().committed()), "");
  EXPECT_EQ(reader.TakeRaw(shard.log().committed()), "") << "a read must not show what could still be lost";
  shard.log().Commit();
  EXPECT_EQ(shard.session().TakeRaw(shard.log().committed()), "+OK\r\n");
  EXPECT_EQ(reader.TakeRaw(shard.log().committed()), "$1\r\n1\r\n");
}

// In time that does not grow with the square of the keys.
TEST(Transactions, VeryManyWatchedKeys) {
  constexpr int kKeys = 30000;
  TestShard shard;
  TestSession& other = shard.NewSession();
  std::vector<std::string> watch = {"WATCH"};
  std::vector<std::string> set = {"MSET"};
  for (int i = 0; i < kKeys; ++i) {
    watch.push_back("k" + std::to_string(i));
    set.insert(set.end(), {watch.back(), "v"});
  }
  EXPECT_EQ(shard.Run(watch), "OK");
  EXPECT_EQ(shard.Run(watch), "OK") << "once more is nothing new";
  EXPECT_EQ(shard.session().watched.size(), static_cast<size_t>(kKeys));
  EXPECT_EQ(shard.Run("MULTI"), "OK");
  EXPECT_EQ(shard.Run("EXEC"), "[]");
  EXPECT_EQ(shard.Run(set), "OK");
  EXPECT_EQ(shard.Run(watch), "OK");
  EXPECT_EQ(shard.Run(other, "FLUSHALL"), "OK");
  EXPECT_EQ(shard.Run("MULTI"), "OK");
  EXPECT_EQ(shard.Run("EXEC"), "nil");
}

}  // namespace
}  // namespace kvorum
