// A shard with its journal on a disk in memory, that dies and is recovered: what the simulation (sim/) has found, in small.
#include "shard/recovery.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "os/fake_disk.h"
#include "shard/journal_log.h"
#include "shard/search_service.h"
#include "shard/snapshot.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

class RecoveryTest : public testing::Test {
 protected:
  RecoveryTest() {
    RegisterShardCommands(table_);
    EXPECT_FALSE(disk_.CreateFolder("d"));
  }
  ~RecoveryTest() override { End(); }

  void Start(bool has_journal) {
    End();
    shard_ = std::make_unique<Shard>(Shard::Parts{.commands = &table_,
                                                  .keyspace_settings = &keyspace_settings_,
                                                  .settings = &settings_,
                                                  .clock = &clock_,
                                                  .random_seed = 1});
    std::unique_ptr<Journal> journal;
    progress_ = {};
    const RecoveryParts parts{
        .files = &disk_, .folder = "d", .journal_worker = &worker_, .snapshot_worker = nullptr, .clock = &clock_};
    const StorageError error = Recover(parts, *shard_, has_journal ? &journal : nullptr, &progress_);
    ASSERT_FALSE(error) << error.text();
    if (has_journal) {
      log_ = std::make_unique<JournalLog>(std::move(journal));
      shard_->SetLog(log_.get());
    }
    session_ = std::make_unique<TestSession>();
    shard_->Add(*session_);
  }
  void End() {
    if (session_ != nullptr) shard_->Remove(*session_);
    session_.reset();
    shard_.reset();
    log_.reset();
    worker_.DropAll();
  }

  std::string Run(std::string_view line) {
    std::vector<std::string> words;
    CHECK(SplitArguments(line, &words));
    const std::vector<std::string_view> args(words.begin(), words.end());
    shard_->BeginTurn();
    shard_->Execute(*session_, table_.Find(args), args, 0);
    shard_->RunTimers();
    shard_->EndTurn();
    return ReadableReply(session_->TakeRaw(shard_->committed(*session_)));
  }

  void Save(uint64_t index) {
    Snapshot snapshot(
        {.keyspace = &shard_->keyspace(), .clock = &clock_, .files = &disk_, .worker = &worker_, .run_worker = [this] {
           CHECK(worker_.RunOne());
         }});
    ASSERT_FALSE(snapshot.Begin("d", {.index = index, .databases = 16}, shard_->search().DefinitionEffects()));
    snapshot.RunToEnd();
    ASSERT_TRUE(snapshot.TakeOutcome()->good);
  }

  KeyspaceSettings keyspace_settings_;
  ShardSettings settings_;
  CommandTable table_;
  FakeDisk disk_{1};
  ManualWorker worker_;
  ManualClock clock_{TestShard::kStartMs * 1000};
  std::unique_ptr<JournalLog> log_;
  std::unique_ptr<Shard> shard_;
  std::unique_ptr<TestSession> session_;
  RecoveryProgress progress_;
};

TEST_F(RecoveryTest, WhatWasWrittenIsThere) {
  Start(true);
  EXPECT_EQ(Run("SET a 1"), "OK");
  EXPECT_EQ(Run("RPUSH l x y"), "2");
  disk_.Crash(FakeDisk::Keep::kEverything);
  Start(true);
  EXPECT_EQ(progress_.last_index, 2u);
  EXPECT_EQ(Run("GET a"), "1");
  EXPECT_EQ(Run("LRANGE l 0 -1"), "[x, y]");
}

// `sim` found it: the read deleted the key, and its effect had no place to go.
TEST_F(RecoveryTest, AReadAfterAFailedWriteDeletesNothing) {
  Start(true);
  EXPECT_EQ(Run("SET short 1 PX 100"), "OK");
  disk_.Fail({.call = FakeDisk::Call::kWrite, .code = ENOSPC});
  EXPECT_EQ(Run("SET a 1"), "") << "held, as it is not written";
  clock_.Advance(200'000);
  EXPECT_EQ(Run("GET short"), "") << "held too";
  EXPECT_EQ(shard_->keyspace().database(0).size(), 2u);
  EXPECT_EQ(Run("SET b 1").substr(0, 8), "");
  log_->Tick(clock_.MonotonicMicros());
  EXPECT_EQ(Run("PING").substr(0, 18), "OK nil -MISCONF Er");
  EXPECT_EQ(Run("GET short"), "nil");
  EXPECT_EQ(shard_->keyspace().database(0).size(), 1u);
}

// `sim` found it: the mark took the reserved room with it, and what was executed after it could not be written.
TEST_F(RecoveryTest, AfterAFailedMarkWritesGoOn) {
  Start(true);
  EXPECT_EQ(Run("SET a 1"), "OK");
  worker_.RunAll();
  log_->RequestSync();
  log_->BeginRequestedSync();
  worker_.RunAll();
  disk_.Fail({.call = FakeDisk::Call::kWrite, .code = EIO});
  clock_.Advance(JournalLog::kSyncIntervalMicros);
  log_->Tick(clock_.MonotonicMicros());
  EXPECT_EQ(log_->refusal(), "");
  EXPECT_EQ(Run("SET a 2"), "OK");
  disk_.Crash(FakeDisk::Keep::kEverything);
  Start(true);
  EXPECT_EQ(Run("GET a"), "2");
}

// `sim` found it: the journal was begun anew behind a snapshot whose name a power cut took away.
TEST_F(RecoveryTest, ASnapshotThatIsReliedUponOutlivesAPowerCut) {
  Start(false);
  EXPECT_EQ(Run("SET a 1"), "OK");
  disk_.Fail({.call = FakeDisk::Call::kSyncFolder});
  Snapshot snapshot(
      {.keyspace = &shard_->keyspace(), .clock = &clock_, .files = &disk_, .worker = &worker_, .run_worker = [this] {
         CHECK(worker_.RunOne());
       }});
  ASSERT_FALSE(snapshot.Begin("d", {.index = 1, .databases = 16}));
  snapshot.RunToEnd();
  EXPECT_FALSE(snapshot.TakeOutcome()->good);
  StartPlan plan;
  EXPECT_FALSE(PlanStart(disk_, "d", &plan));
  EXPECT_EQ(plan.covered_index, 1u);
  disk_.Crash(FakeDisk::Keep::kSynced);
  EXPECT_FALSE(PlanStart(disk_, "d", &plan));
  EXPECT_EQ(plan.covered_index, 1u);
}

// `sim` found it: whole entries in the tail followed a snapshot that was written without a journal.
TEST_F(RecoveryTest, ATornTailIsCutThoughThereShallBeNoJournal) {
  Start(true);
  for (const char* line : {"SET a 1", "SET a 2", "SET a 3", "SET a 4"}) EXPECT_EQ(Run(line), "OK");
  const std::string path = JoinPath("d", SegmentName(1));
  End();
  std::string bytes = disk_.Contents(path);
  const size_t at = bytes.rfind("SET", bytes.size() - 1);
  ASSERT_NE(at, std::string::npos);
  // The entry before the last one did not get to the disk.
  const size_t third = bytes.rfind("SET", at - 1);
  bytes[third] ^= 1;
  disk_.SetContents(path, bytes);
  disk_.Crash(FakeDisk::Keep::kEverything);

  Start(false);
  EXPECT_EQ(progress_.last_index, 2u);
  EXPECT_TRUE(progress_.tail.found);
  EXPECT_EQ(Run("SET a other"), "OK");
  Save(3);
  Start(true);
  EXPECT_EQ(progress_.last_index, 3u);
  EXPECT_EQ(Run("GET a"), "other");
}

// `sim` found it: the clock was set back, and a key that had been expired when the index looked at it was there again, but not in the index.
TEST_F(RecoveryTest, AnIndexHasWhatTheKeyspaceHas) {
  keyspace_settings_.active_expire = false;
  Start(true);
  EXPECT_EQ(Run("HSET d n 1"), "1");
  EXPECT_EQ(Run("PEXPIRE d 100"), "1");
  clock_.Advance(200'000);
  EXPECT_EQ(Run("FT.CREATE i SCHEMA n NUMERIC"), "OK");
  Save(3);
  clock_.Advance(-150'000);
  EXPECT_EQ(Run("FT.SEARCH i * NOCONTENT"), "[1, d]");
  clock_.Advance(150'000);
  End();
  disk_.Crash(FakeDisk::Keep::kEverything);
  Start(true);
  clock_.Advance(-150'000);
  EXPECT_EQ(Run("FT.SEARCH i * NOCONTENT"), "[1, d]");
  EXPECT_EQ(Run("DEL d"), "1");
  EXPECT_EQ(Run("FT.SEARCH i * NOCONTENT"), "[0]");
}

// An index that was made with SKIPINITIALSCAN came out of a snapshot without what had been written since.
TEST_F(RecoveryTest, AnIndexThatSkippedItsScanKeepsItsDocuments) {
  Start(true);
  EXPECT_EQ(Run("HSET before n 1"), "1");
  EXPECT_EQ(Run("FT.CREATE i SKIPINITIALSCAN SCHEMA n NUMERIC"), "OK");
  EXPECT_EQ(Run("HSET after n 2"), "1");
  EXPECT_EQ(Run("FT.SEARCH i * NOCONTENT"), "[1, after]");
  disk_.Crash(FakeDisk::Keep::kEverything);
  Start(true);
  EXPECT_EQ(Run("FT.SEARCH i * NOCONTENT"), "[1, after]") << "the journal tells them apart";
  Save(3);
  disk_.Crash(FakeDisk::Keep::kEverything);
  Start(true);
  EXPECT_EQ(Run("FT.SEARCH i * NOCONTENT SORTBY n"), "[2, before, after]") << "a snapshot does not";
}

}  // namespace
}  // namespace kvorum
