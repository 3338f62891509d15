// Sessions that wait for keys: who is served, when, in which order, and what is stated of it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shard/test_harness.h"

namespace kvorum {
namespace {

using Lines = std::vector<std::string>;

class Blocking : public testing::Test {
 protected:
  // Begins to wait.
  void Wait(TestSession& session, std::string_view line) {
    EXPECT_EQ(shard_.Run(session, line), "");
    EXPECT_EQ(session.blocked, BlockReason::kKeys) << line;
  }
  std::string Run(std::string_view line) { return shard_.Run(line); }

  TestShard shard_;
  TestSession& a_ = shard_.NewSession();
  TestSession& b_ = shard_.NewSession();
  TestSession& c_ = shard_.NewSession();
};

TEST_F(Blocking, ServesInTheOrderOfWaiting) {
  Wait(a_, "BLPOP k 0");
  Wait(b_, "BRPOP k 0");
  Wait(c_, "BLPOP k 0");
  EXPECT_EQ(Run("RPUSH k 1 2 3 4"), "4");
  EXPECT_EQ(a_.Take(), "[k, 1]");
  EXPECT_EQ(b_.Take(), "[k, 4]");
  EXPECT_EQ(c_.Take(), "[k, 2]");
  EXPECT_EQ(Run("LRANGE k 0 -1"), "[3]");
  EXPECT_EQ(shard_.TakeEffects(), (Lines{"0 RPUSH k 1 2 3 4", "0 LPOP k", "0 RPOP k", "0 LPOP k"}));
  EXPECT_EQ(shard_.shard().blocked_count(), 0u);
}

TEST_F(Blocking, WhoGetsNothingKeepsItsPlace) {
  Wait(a_, "BLPOP k 0");
  Wait(b_, "BLPOP k 0");
  Run("RPUSH k 1");
  EXPECT_EQ(a_.Take(), "[k, 1]");
  Wait(a_, "BLPOP k 0");
  Run("RPUSH k 2");
  EXPECT_EQ(b_.Take(), "[k, 2]");
  EXPECT_EQ(a_.blocked, BlockReason::kKeys);
}

TEST_F(Blocking, ManyWaitForOneKeyTwice) {
  std::vector<TestSession*> sessions;
  for (int i = 0; i < 200; ++i) {
    sessions.push_back(&shard_.NewSession());
    Wait(*sessions.back(), "BLPOP k other k 0");
  }
  // Out of their order, from the middle.
  for (int i = 50; i < 100; ++i) {
    EXPECT_EQ(Run("CLIENT UNBLOCK " + std::to_string(sessions[static_cast<size_t>(i)]->id)), "1");
  }
  sessions.erase(sessions.begin() + 50, sessions.begin() + 100);
  std::string push = "RPUSH k";
  for (size_t i = 0; i < sessions.size(); ++i) push += " " + std::to_string(i);
  Run(push);
  for (size_t i = 0; i < sessions.size(); ++i) EXPECT_EQ(sessions[i]->Take(), "[k, " + std::to_string(i) + "]");
  EXPECT_EQ(Run("EXISTS k"), "0");
  EXPECT_EQ(shard_.shard().blocked_count(), 0u);
  EXPECT_EQ(shard_.shard().blocking_keys(), 0u);
}

TEST_F(Blocking, TakesFromTheFirstOfItsKeysThatHasSome) {
  Wait(a_, "BLPOP x y z 0");
  Run("MULTI");
  Run("RPUSH z 1");
  Run("RPUSH y 2");
  Run("EXEC");
  EXPECT_EQ(a_.Take(), "[y, 2]");
  EXPECT_EQ(Run("EXISTS x y z"), "1");
}

TEST_F(Blocking, SeesOnlyTheEndOfATransaction) {
  Wait(a_, "BLPOP k 0");
  for (const char* line : {"MULTI", "RPUSH k 1", "DEL k", "EXEC"}) Run(line);
  EXPECT_EQ(a_.blocked, BlockReason::kKeys);
  for (const char* line : {"MULTI", "RPUSH k 1", "DEL k", "SET k x", "DEL k", "RPUSH k 2", "EXEC"}) Run(line);
  EXPECT_EQ(a_.Take(), "[k, 2]");
}

TEST_F(Blocking, KeysAreServedInTheOrderInWhichTheyWereFilled) {
  Wait(a_, "BLMOVE x log LEFT RIGHT 0");
  Wait(b_, "BLMOVE y log LEFT RIGHT 0");
  for (const char* line : {"MULTI", "SET x no", "RPUSH y second", "DEL x", "RPUSH x first", "EXEC"}) Run(line);
  EXPECT_EQ(Run("LRANGE log 0 -1"), "[second, first]");
}

TEST_F(Blocking, AnotherTypeDoesNotWake) {
  Wait(a_, "BLPOP k 0");
  Run("SET k x");
  Run("DEL k");
  Run("SADD k x");
  EXPECT_EQ(a_.blocked, BlockReason::kKeys);
  Run("DEL k");
  Run("RPUSH k 1");
  EXPECT_EQ(a_.Take(), "[k, 1]");
}

TEST_F(Blocking, AnEarlierKeyOfAnotherTypeIsAnError) {
  Wait(a_, "BLPOP x y 0");
  Run("SET x text");
  Run("RPUSH y 1");
  EXPECT_EQ(a_.Take(), "-WRONGTYPE Operation against a key holding the wrong kind of value");
  EXPECT_EQ(Run("LLEN y"), "1");
}

TEST_F(Blocking, ChainsOfMovesRunThrough) {
  Wait(a_, "BLMOVE x y LEFT RIGHT 0");
  Wait(b_, "BRPOPLPUSH y z 0");
  Wait(c_, "BLMPOP 0 1 z LEFT COUNT 5");
  shard_.TakeEffects();
  EXPECT_EQ(Run("RPUSH x go stay"), "2");
  EXPECT_EQ(a_.Take(), "go");
  EXPECT_EQ(b_.Take(), "go");
  EXPECT_EQ(c_.Take(), "[z, [go]]");
  EXPECT_EQ(shard_.TakeEffects(),
            (Lines{"0 RPUSH x go stay", "0 LMOVE x y LEFT RIGHT", "0 RPOPLPUSH y z", "0 LPOP z 1"}));
  EXPECT_EQ(Run("EXISTS x y z"), "1");
}

TEST_F(Blocking, AMoveToAKeyOfAnotherTypeLeavesTheElementForTheNext) {
  Run("SET text x");
  Wait(a_, "BLMOVE k text LEFT RIGHT 0");
  Wait(b_, "BLPOP k 0");
  Run("RPUSH k 1");
  EXPECT_EQ(a_.Take(), "-WRONGTYPE Operation against a key holding the wrong kind of value");
  EXPECT_EQ(b_.Take(), "[k, 1]");
}

TEST_F(Blocking, MovingAListIntoPlaceWakes) {
  Run("RPUSH src 1 2");
  Wait(a_, "BLPOP k 0");
  Run("COPY src k");
  EXPECT_EQ(a_.Take(), "[k, 1]");
  Run("DEL k");
  Wait(a_, "BLPOP k 0");
  Run("RENAME src k");
  EXPECT_EQ(a_.Take(), "[k, 1]");
  shard_.Run(b_, "SELECT 3");
  Wait(b_, "BRPOP k 0");
  Run("MOVE k 3");
  EXPECT_EQ(b_.Take(), "[k, 2]");
}

TEST_F(Blocking, AValueInThePlaceOfAnotherTypeWakesNobody) {
  Run("RPUSH src 3 1 2");
  Run("ZADD scores 1 a 2 b");
  Wait(a_, "BLPOP k 0");
  Wait(b_, "BZPOPMIN k 0");
  Run("SET k x");
  EXPECT_EQ(Run("SORT src STORE k"), "3");
  EXPECT_EQ(a_.blocked, BlockReason::kKeys) << "as in Redis: the key was there before";
  EXPECT_EQ(Run("ZUNIONSTORE k 1 scores"), "2");
  EXPECT_EQ(Run("ZRANGESTORE k scores 0 0"), "1");
  EXPECT_EQ(b_.blocked, BlockReason::kKeys);
  EXPECT_EQ(Run("COPY src k REPLACE"), "1");
  EXPECT_EQ(a_.Take(), "[k, 3]") << "COPY deletes first";
  Run("DEL k");
  EXPECT_EQ(Run("ZUNIONSTORE k 1 scores"), "2");
  EXPECT_EQ(b_.Take(), "[k, a, 1]");
}

TEST_F(Blocking, StoringAListUnderANewKeyWakes) {
  Run("RPUSH src 3 1 2");
  Wait(a_, "BLPOP k 0");
  EXPECT_EQ(Run("SORT src STORE k"), "3");
  EXPECT_EQ(a_.Take(), "[k, 1]");
  EXPECT_EQ(shard_.TakeEffects(), (Lines{"0 RPUSH src 3 1 2", "0 SORT src STORE k", "0 LPOP k"}));
}

TEST_F(Blocking, SwapDbWakes) {
  shard_.Run(a_, "SELECT 3");
  Wait(a_, "BLPOP k 0");
  Run("RPUSH k 1 2");
  EXPECT_EQ(a_.blocked, BlockReason::kKeys);
  EXPECT_EQ(Run("SWAPDB 0 3"), "OK");
  EXPECT_EQ(a_.Take(), "[k, 1]");
  EXPECT_EQ(shard_.TakeEffects(), (Lines{"0 RPUSH k 1 2", "0 SWAPDB 0 3", "3 LPOP k"}));
}

TEST_F(Blocking, TimesOut) {
  Wait(a_, "BLPOP k 0.1");
  Wait(b_, "BLMOVE k x LEFT LEFT 0.2");
  shard_.Advance(99);
  EXPECT_EQ(a_.Take(), "");
  shard_.Advance(1);
  EXPECT_EQ(a_.TakeRaw(), "*-1\r\n");
  EXPECT_EQ(b_.Take(), "");
  shard_.Advance(100);
  EXPECT_EQ(b_.TakeRaw(), "*-1\r\n");
  EXPECT_EQ(shard_.shard().blocked_count(), 0u);
  EXPECT_EQ(Run("RPUSH k 1"), "1");
  EXPECT_EQ(Run("LLEN k"), "1");
}

TEST_F(Blocking, RefusesBadTimeouts) {
  EXPECT_EQ(Run("BLPOP k x"), "-ERR timeout is not a float or out of range");
  EXPECT_EQ(Run("BLPOP k -1"), "-ERR timeout is negative");
  EXPECT_EQ(Run("BLPOP k 1e100"), "-ERR timeout is out of range");
  Wait(a_, "BLPOP k -0.0001");
}

TEST_F(Blocking, WaitForReplicasThatAreNot) {
  EXPECT_EQ(Run("WAIT 0 0"), "0");
  EXPECT_EQ(Run("WAIT -1 0"), "0");
  EXPECT_EQ(Run("WAIT 1 -1"), "-ERR timeout is negative");
  EXPECT_EQ(Run("WAIT 1 x"), "-ERR timeout is not an integer or out of range");
  EXPECT_EQ(Run("WAIT x 0"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(Run("WAIT 1 9223372036854775807"), "-ERR timeout is out of range");
  Wait(a_, "WAIT 1 100");
  Wait(b_, "WAIT 1 0");
  shard_.Advance(100);
  EXPECT_EQ(a_.Take(), "0");
  EXPECT_EQ(b_.Take(), "") << "for ever";
  EXPECT_EQ(Run("CLIENT UNBLOCK " + std::to_string(b_.id)), "1");
  EXPECT_EQ(b_.Take(), "0");
  for (const char* line : {"MULTI", "WAIT 1 0"}) Run(line);
  EXPECT_EQ(Run("EXEC"), "[0]");
  EXPECT_EQ(shard_.TakeEffects(), Lines());
}

TEST_F(Blocking, DoesNotWaitInATransaction) {
  for (const char* line : {"MULTI", "BLPOP k 0", "BLMOVE k x LEFT LEFT 0", "BLMPOP 0 1 k LEFT"}) Run(line);
  EXPECT_EQ(shard_.Raw("EXEC"), "*3\r\n*-1\r\n$-1\r\n*-1\r\n");
}

TEST_F(Blocking, UnblockByAnother) {
  Wait(a_, "BLPOP k 0");
  Wait(b_, "BLPOP k 0");
  EXPECT_EQ(Run("CLIENT UNBLOCK " + std::to_string(a_.id)), "1");
  EXPECT_EQ(a_.Take(), "nil");
  EXPECT_EQ(Run("CLIENT UNBLOCK " + std::to_string(b_.id) + " ERROR"), "1");
  EXPECT_EQ(b_.Take(), "-UNBLOCKED client unblocked via CLIENT UNBLOCK");
  EXPECT_EQ(Run("CLIENT UNBLOCK " + std::to_string(b_.id)), "0");
  EXPECT_EQ(Run("RPUSH k 1"), "1");
}

TEST_F(Blocking, CountsACommandOnceWhenItEnds) {
  const Command& blpop = *shard_.shard().commands().Find("blpop");
  Wait(a_, "BLPOP k 0");
  EXPECT_EQ(blpop.stats.calls, 0u);
  Run("RPUSH k 1");
  EXPECT_EQ(blpop.stats.calls, 1u);
  EXPECT_EQ(a_.Take(), "[k, 1]");
  Wait(a_, "BLPOP k 0.1");
  shard_.Advance(100);
  EXPECT_EQ(blpop.stats.calls, 2u);
  EXPECT_EQ(a_.Take(), "nil");
  EXPECT_EQ(blpop.stats.failed, 0u);
  Wait(a_, "BLPOP k 0");
  Run("CLIENT UNBLOCK " + std::to_string(a_.id) + " ERROR");
  EXPECT_EQ(blpop.stats.calls, 3u);
  EXPECT_EQ(blpop.stats.failed, 1u);
}

TEST_F(Blocking, ASessionThatGoesIsForgotten) {
  {
    TestSession gone;
    shard_.shard().Add(gone);
    Wait(gone, "BLPOP k k2 5");
    Wait(a_, "BLPOP k 0");
    shard_.shard().Remove(gone);
  }
  shard_.Advance(10000);
  Run("RPUSH k 1");
  EXPECT_EQ(a_.Take(), "[k, 1]");
  EXPECT_EQ(shard_.shard().blocked_count(), 0u);
}

TEST_F(Blocking, AnExpiredListServesNobody) {
  Run("RPUSH k 1");
  Run("PEXPIRE k 10");
  shard_.keyspace_settings().active_expire = false;
  shard_.Advance(20);
  Wait(a_, "BLPOP k 0");
  Run("RPUSH k 2");
  EXPECT_EQ(a_.Take(), "[k, 2]");
}

TEST_F(Blocking, TheSameKeyTwice) {
  Wait(a_, "BLPOP k k 0");
  Run("RPUSH k 1 2");
  EXPECT_EQ(a_.Take(), "[k, 1]");
  EXPECT_EQ(Run("LLEN k"), "1");
}

}  // namespace
}  // namespace kvorum
