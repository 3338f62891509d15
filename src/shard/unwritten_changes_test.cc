#include "shard/unwritten_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shard/test_harness.h"

namespace kvorum {
namespace {

using testing::StartsWith;

// A shard whose log could not write what the first session has just done.
class UnwrittenChangesTest : public testing::Test {
 protected:
  UnwrittenChangesTest() : reader_(shard_.NewSession()) {
    EXPECT_EQ(shard_.Run("MSET a old b old"), "OK");
    EXPECT_EQ(shard_.Run("SADD s 1 2"), "2");
  }
  // Each line is a turn of its own, the last one's entry is what fails.
  void Fail(std::string_view line) {
    shard_.log().HoldCommits();
    before_ = shard_.log().committed();
    shard_.log().FailNextWrite("bad disk");
    shard_.Start(shard_.session(), line);
    EXPECT_EQ(shard_.session().TakeRaw(before_), "") << "it may be lost";
  }
  // What a new session is told at once.
  std::string Ask(std::string_view line) {
    TestSession& session = shard_.NewSession();
    shard_.Start(session, line);
    return session.TakeRaw(before_);
  }
  void Repair() {
    shard_.log().Commit();
    shard_.log().Refuse("");
  }

  TestShard shard_;
  TestSession& reader_;
  uint64_t before_ = 0;
};

TEST_F(UnwrittenChangesTest, WhatReadsOtherKeysIsAnswered) {
  Fail("SET a new");
  EXPECT_EQ(Ask("GET b"), "$3\r\nold\r\n");
  EXPECT_EQ(Ask("SCARD s"), ":2\r\n");
  EXPECT_EQ(Ask("MGET b nothing"), "*2\r\n$3\r\nold\r\n$-1\r\n");
  EXPECT_EQ(Ask("PING"), "+PONG\r\n");
  EXPECT_THAT(Ask("SET b new"), StartsWith("-MISCONF Errors writing to the journal: bad disk"))
      << "an error shows nothing";
}

TEST_F(UnwrittenChangesTest, WhatMayShowThemWaits) {
  Fail("SET a new");
  for (const std::string_view line :
       {"GET a", "MGET b a", "DBSIZE", "KEYS *", "SCAN 0", "RANDOMKEY", "SORT_RO s BY weight_* GET #", "TTL a"}) {
    EXPECT_EQ(Ask(line), "") << line;
  }
}

TEST_F(UnwrittenChangesTest, WhatWaitedIsSentOnceTheyAreWritten) {
  Fail("SET a new");
  shard_.Start(reader_, "GET a");
  shard_.Start(reader_, "GET b");
  EXPECT_EQ(reader_.TakeRaw(before_), "") << "replies keep their order";
  Repair();
  EXPECT_EQ(shard_.session().TakeRaw(shard_.log().committed()), "+OK\r\n");
  EXPECT_EQ(reader_.TakeRaw(shard_.log().committed()), "$3\r\nnew\r\n$3\r\nold\r\n");
  before_ = shard_.log().committed();
  EXPECT_EQ(Ask("GET a"), "$3\r\nnew\r\n");
  // And it may fail anew.
  Fail("SET b newer");
  EXPECT_EQ(Ask("GET b"), "");
  EXPECT_EQ(Ask("GET a"), "$3\r\nnew\r\n");
  Repair();
}

TEST_F(UnwrittenChangesTest, TransactionsWait) {
  TestSession& watcher = shard_.NewSession();
  EXPECT_EQ(shard_.Run(watcher, "WATCH a"), "OK");
  EXPECT_EQ(shard_.Run(watcher, "MULTI"), "OK");
  EXPECT_EQ(shard_.Run(watcher, "GET b"), "QUEUED");
  Fail("SET a new");
  shard_.Start(watcher, "EXEC");
  EXPECT_EQ(watcher.TakeRaw(before_), "") << "that it is aborted tells of the change";
  Repair();
  EXPECT_EQ(watcher.TakeRaw(shard_.log().committed()), "*-1\r\n");
}

TEST_F(UnwrittenChangesTest, WhatIsSaidInTheTurnItselfWaits) {
  shard_.shard().SetNotifications(event::kKeyspace | event::kAll);
  EXPECT_THAT(shard_.Run(reader_, "SUBSCRIBE __keyspace@0__:a"), StartsWith("[subscribe"));
  Fail("SET a new");
  EXPECT_EQ(reader_.TakeRaw(before_), "");
  Repair();
  EXPECT_NE(reader_.TakeRaw(shard_.log().committed()), "");
}

TEST_F(UnwrittenChangesTest, AfterWhatHasNoKeysAnyReadWaits) {
  Fail("FLUSHALL");
  EXPECT_EQ(Ask("GET b"), "");
  EXPECT_EQ(Ask("PING"), "+PONG\r\n");
  Repair();
}

TEST_F(UnwrittenChangesTest, BothKeysOfARenameWait) {
  Fail("RENAME a c");
  EXPECT_EQ(Ask("EXISTS a"), "");
  EXPECT_EQ(Ask("EXISTS c"), "");
  EXPECT_EQ(Ask("EXISTS b"), ":1\r\n");
  Repair();
}

TEST_F(UnwrittenChangesTest, MoreKeysThanAreToldApart) {
  std::string line = "MSET";
  for (size_t i = 0; i <= UnwrittenChanges::kMostKeys; ++i) line += " k" + std::to_string(i) + " v";
  Fail(line);
  EXPECT_EQ(Ask("GET b"), "");
  Repair();
}

}  // namespace
}  // namespace kvorum
