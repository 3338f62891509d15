#include "shard/journal_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/clock.h"
#include "os/fake_disk.h"

namespace kvorum {
namespace {

using testing::HasSubstr;

class JournalLogTest : public testing::Test {
 protected:
  JournalLogTest() {
    EXPECT_FALSE(disk_.CreateFolder("d"));
    Open();
  }

  void Open() {
    log_.reset();
    entries_ = 0;
    std::unique_ptr<Journal> journal;
    TornTail tail;
    JournalOptions options;
    options.replay = [this](const JournalEntry&) { return ++entries_ > 0; };
    const StorageError error = Journal::Open(disk_, "d", worker_, clock_, std::move(options), &journal, &tail);
    ASSERT_FALSE(error) << error.text();
    log_ = std::make_unique<JournalLog>(std::move(journal));
  }
  uint64_t Append(size_t bytes = 10) {
    EffectsBuffer effects;
    effects.Command(0, std::vector<std::string>{"SET", "k", std::string(bytes, 'x')});
    return log_->Append(effects, clock_.UnixMicros());
  }
  void Tick() {
    clock_.Advance(JournalLog::kSyncIntervalMicros);
    log_->Tick(clock_.MonotonicMicros());
  }

  FakeDisk disk_{1};
  ManualWorker worker_;
  ManualClock clock_{1'000'000'000};
  std::unique_ptr<JournalLog> log_;
  int entries_ = 0;
};

TEST_F(JournalLogTest, IsAsDurableAsItSays) {
  EXPECT_EQ(Append(), 1u);
  EXPECT_EQ(log_->committed(Durability::kMemory), UINT64_MAX);
  EXPECT_EQ(log_->committed(Durability::kPeriodic), 1u);
  EXPECT_EQ(log_->committed(Durability::kSync), 0u);
  disk_.Crash(FakeDisk::Keep::kEverything);
  worker_.DropAll();
  Open();
  EXPECT_EQ(entries_, 1);
  EXPECT_EQ(Append(), 2u);
  log_->RequestSync();
  EXPECT_EQ(worker_.waiting(), 0u);
  log_->BeginRequestedSync();
  EXPECT_EQ(log_->committed(Durability::kSync), 1u) << "the worker has not come to it";
  worker_.RunAll();
  EXPECT_EQ(log_->committed(Durability::kSync), 2u);
  EXPECT_EQ(Append(), 3u);
  disk_.Crash(FakeDisk::Keep::kSynced);
  worker_.DropAll();
  Open();
  EXPECT_EQ(entries_, 2);
}

TEST_F(JournalLogTest, SyncsByTheClock) {
  Append();
  Tick();
  worker_.RunAll();
  EXPECT_EQ(log_->committed(Durability::kSync), 1u);
  Append();
  log_->Tick(clock_.MonotonicMicros());
  worker_.RunAll();
  EXPECT_EQ(log_->committed(Durability::kSync), 1u) << "it is not time yet";
  Tick();
  worker_.RunAll();
  EXPECT_EQ(log_->committed(Durability::kSync), 2u);
}

TEST_F(JournalLogTest, RefusesBeforeTheDiskIsFullAndTakesWritesAgain) {
  disk_.SetCapacity(Journal::kReserveBytes + (1 << 20));
  uint64_t written = 0;
  while (log_->Reserve(1) != 0) {
    ASSERT_EQ(Append(60'000), ++written);
    ASSERT_EQ(log_->committed(Durability::kPeriodic), written) << "what was admitted has room";
    ASSERT_LT(written, 1000u);
  }
  EXPECT_GT(written, 10u);
  EXPECT_THAT(log_->refusal(), HasSubstr("No space left on device"));
  EXPECT_EQ(log_->Reserve(1), 0u);
  Tick();
  EXPECT_EQ(log_->Reserve(1), 0u) << "there is no more room than before";
  disk_.SetCapacity(UINT64_MAX);
  EXPECT_EQ(log_->Reserve(1), 0u) << "nobody has tried";
  Tick();
  EXPECT_GT(log_->Reserve(1), 0u);
  EXPECT_EQ(log_->refusal(), "");
  EXPECT_EQ(Append(), written + 1);
}

TEST_F(JournalLogTest, WhatIsTooLargeForTheDiskIsRefusedAlone) {
  disk_.SetCapacity(Journal::kReserveBytes + (1 << 20));
  EXPECT_EQ(log_->Reserve(100 << 20), 0u);
  EXPECT_THAT(log_->refusal(), HasSubstr("No space left on device"));
  EXPECT_GT(log_->Reserve(1), 0u);
  EXPECT_EQ(log_->refusal(), "");
  EXPECT_EQ(Append(), 1u);
  EXPECT_EQ(log_->Reserve(100 << 20), 0u);
  Tick();
  EXPECT_EQ(log_->refusal(), "");
  EXPECT_GT(log_->Reserve(1), 0u);
}

TEST_F(JournalLogTest, WhatCouldNotBeWrittenIsNotCommittedUntilItIs) {
  Append();
  disk_.Fail({.call = FakeDisk::Call::kWrite, .times = 2});
  EXPECT_EQ(Append(), 2u);
  EXPECT_EQ(log_->committed(Durability::kPeriodic), 1u);
  EXPECT_EQ(log_->Reserve(1), 0u);
  EXPECT_THAT(log_->refusal(), HasSubstr("the journal cannot be written"));
  EXPECT_FALSE(log_->failed());
  Tick();
  EXPECT_EQ(log_->committed(Durability::kPeriodic), 1u);
  Tick();
  EXPECT_EQ(log_->committed(Durability::kPeriodic), 2u);
  EXPECT_GT(log_->Reserve(1), 0u);
}

TEST_F(JournalLogTest, AFailedSyncIsForEver) {
  Append();
  disk_.Fail({.call = FakeDisk::Call::kSync});
  log_->RequestSync();
  log_->BeginRequestedSync();
  worker_.RunAll();
  EXPECT_TRUE(log_->failed());
  EXPECT_THAT(log_->refusal(), HasSubstr("could not be synced"));
  EXPECT_EQ(log_->Reserve(1), 0u);
  EXPECT_EQ(Append(), UINT64_MAX);
  Tick();
  worker_.RunAll();
  EXPECT_EQ(log_->committed(Durability::kSync), 0u);
}

}  // namespace
}  // namespace kvorum
