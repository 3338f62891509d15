#include <gtest/gtest.h>

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

}  // namespace
}  // namespace kvorum
