#include "journal/journal.h"

#include <gmock/gmock.h>

#include <stdlib.h>

#include <atomic>
#include <cerrno>
#include <filesystem>

#include "journal/names.h"
#include "journal/test_journal.h"

namespace kvorum {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Format version 1, checked once by a program that knows only docs/formats.md. If this fails, the version must change.
TEST(Journal, GoldenBytes) {
  JournalRig rig;
  rig.Open();
  rig.Write("first");
  rig.Sync();
  rig.Write("");
  rig.Sync();
  rig.journal->WriteMark();
  EXPECT_THAT(rig.Names(), ElementsAre("journal-00000000000000000001.kvj"));
  EXPECT_EQ(Hex(rig.disk.Contents(rig.SegmentPath())),
            "4b564a524e4c0d0a010000000000000001000000000000000100000000000000\n"
            "000000000000000000401e18240a06000000000000000000000000003c19ff4a\n"
            "05c6d01050a13e8a010000000000000001000000000000000000000000000000\n"
            "00401e18240a060005000000000000016669727374b52ac6d700000000020000\n"
            "00000000000100000000000000010000000000000000401e18240a0600000000\n"
            "000000000122e8aa0f0000000002000000000000000100000000000000020000\n"
            "000000000000401e18240a06000000000000000002\n");
}

TEST(Journal, EntriesComeBackInOrder) {
  JournalRig rig;
  rig.Open();
  EXPECT_EQ(rig.journal->last_index(), 0u);
  EXPECT_EQ(rig.Append("one"), 1u);
  EXPECT_EQ(rig.Append("two"), 2u);
  rig.journal->Flush();
  EXPECT_EQ(rig.Append(std::string(3'000'000, 'x')), 3u);
  rig.journal->Flush();
  EXPECT_EQ(rig.Append("never written"), 4u);
  rig.Crash(FakeDisk::Keep::kEverything);
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("one", "two", std::string(3'000'000, 'x')));
  EXPECT_FALSE(rig.tail.found);
  EXPECT_EQ(rig.Append("four"), 4u);
}

TEST(Journal, OneSyncCoversAllThatWasWrittenBefore) {
  JournalRig rig;
  int told = 0;
  rig.options.on_synced = [&] { ++told; };
  rig.Open();
  rig.Write("1");
  rig.Write("2");
  rig.journal->RequestSync();
  rig.journal->RequestSync();
  rig.Write("3");
  EXPECT_EQ(rig.worker.waiting(), 1u);
  EXPECT_EQ(rig.journal->synced_index(), 0u);
  EXPECT_TRUE(rig.journal->sync_running());
  EXPECT_EQ(rig.Append("4"), 4u);
  rig.worker.RunAll();
  EXPECT_EQ(rig.journal->synced_index(), 3u);
  EXPECT_EQ(rig.journal->written_index(), 3u);
  EXPECT_EQ(told, 1);
  rig.journal->RequestSync();  // nothing new is written
  EXPECT_EQ(rig.worker.waiting(), 0u);
  EXPECT_EQ(rig.journal->stats().syncs, 1u);
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("1", "2", "3"));
}

TEST(Journal, SegmentsFollowEachOther) {
  JournalRig rig;
  rig.options.segment_bytes = 300;
  rig.Open();
  std::vector<std::string> written;
  for (int i = 0; i < 20; ++i) {
    written.push_back(std::string(100, static_cast<char>('a' + i)));
    rig.Write(written.back());
  }
  EXPECT_EQ(rig.Names().size(), 10u);
  EXPECT_EQ(rig.Names().back(), SegmentName(19));
  EXPECT_EQ(rig.journal->stats().segments, 10u);
  rig.Sync();
  EXPECT_EQ(rig.journal->synced_index(), 20u);
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_EQ(rig.replayed, written);
  EXPECT_EQ(rig.journal->first_index(), 1u);
}

TEST(Journal, CoveredSegmentsAreRemoved) {
  JournalRig rig;
  rig.options.segment_bytes = 1;
  rig.Open();
  for (const char* payload : {"1", "2", "3", "4"}) rig.Write(payload);
  rig.Sync();
  rig.journal->RemoveUpTo(2);
  EXPECT_EQ(rig.journal->first_index(), 3u);
  EXPECT_EQ(rig.Names().size(), 4u);  // the worker's work
  rig.worker.RunAll();
  EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(3), SegmentName(4)));
  rig.journal->RemoveUpTo(1000);
  rig.worker.RunAll();
  EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(4)));  // the last one stays
  rig.options.covered_index = 3;
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("4"));
}

// A snapshot is done while nothing more is written: what it covers goes with the next write, not with the next snapshot.
TEST(Journal, ACoveredSegmentThatWasTheLastGoesWithTheNextWrite) {
  JournalRig rig;
  rig.Open();
  for (const char* payload : {"1", "2"}) rig.Write(payload);
  rig.journal->EndSegment();
  rig.journal->RemoveUpTo(2);
  rig.worker.RunAll();
  EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(1)));
  rig.Write("3");
  rig.worker.RunAll();
  EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(3)));
  rig.Write("4");
  rig.journal->EndSegment();
  rig.Write("5");
  rig.worker.RunAll();
  EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(3), SegmentName(5))) << "what is not covered stays";
  // As if the process had ended in between: the covered one is there when the next begins.
  rig.options.covered_index = 4;
  rig.Sync();
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(3), SegmentName(5)));
  rig.journal->EndSegment();
  rig.Write("6");
  rig.worker.RunAll();
  EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(5), SegmentName(6)));
}

// `sim` found it: a power cut kept the removal of what was covered and the name of the newest segment, and took that of the one between.
TEST(Journal, TheNextSegmentHasItsNameBeforeCoveredOnesGo) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    JournalRig rig(seed);
    rig.Open();
    for (const char* payload : {"1", "2"}) rig.Write(payload);
    rig.Sync();
    rig.journal->EndSegment();
    rig.journal->RemoveUpTo(2);
    rig.Write("3");
    rig.journal->EndSegment();
    rig.Write("4");
    rig.disk.StopAfter(seed % 8);
    rig.worker.RunAll();
    rig.options.covered_index = 2;
    rig.Crash(FakeDisk::Keep::kSome);
    rig.Open();
    EXPECT_EQ(rig.Append("next"), rig.replayed.size() + 3);
  }
}

TEST(Journal, StartsAfterWhatASnapshotCovers) {
  JournalRig rig;
  rig.options.covered_index = 500;
  rig.Open();
  EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(501)));
  rig.Write("501");
  rig.Sync();
  // A snapshot that is ahead of all that is in the journal: its entries were never synced.
  rig.options.covered_index = 600;
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(601)));
  EXPECT_TRUE(rig.replayed.empty());
  EXPECT_EQ(rig.Append("601"), 601u);
  EXPECT_EQ(rig.journal->synced_index(), 600u);
}

TEST(Journal, MissingSegmentsStopTheStart) {
  JournalRig rig;
  rig.options.segment_bytes = 1;
  rig.Open();
  for (const char* payload : {"1", "2", "3", "4"}) rig.Write(payload);
  rig.Sync();
  EXPECT_TRUE(rig.journal->Close());
  EXPECT_FALSE(rig.disk.Remove(rig.Path(SegmentName(2))));
  StorageError error = rig.TryOpen();
  EXPECT_EQ(error.kind(), StorageError::Kind::kDamage);
  EXPECT_EQ(error.file(), rig.Path(SegmentName(1)));
  EXPECT_THAT(error.what(), HasSubstr("the segment ends with entry 1, and the next one begins with 3"));
  EXPECT_FALSE(rig.disk.Remove(rig.Path(SegmentName(1))));
  error = rig.TryOpen();
  EXPECT_THAT(
      error.text(),
      HasSubstr("begins with entry 3, but entries from 1 on are needed: segments are missing. Nothing was changed"));
  rig.options.covered_index = 2;
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("3", "4"));
}

TEST(Journal, AFullDiskRefusesAndRecovers) {
  JournalRig rig;
  rig.options.zero_ahead_bytes = 1000;  // which gives way first
  rig.Open();
  rig.Write("1");
  rig.Sync();
  const std::string before = rig.disk.Contents(rig.SegmentPath()).substr(0, 113);
  rig.disk.SetCapacity(1100);
  rig.Write(std::string(700, 'x'));
  EXPECT_EQ(rig.journal->state(), Journal::State::kOpen);
  EXPECT_NE(rig.Append(std::string(500, 'y')), 0u);
  rig.journal->Flush();
  EXPECT_EQ(rig.journal->state(), Journal::State::kRefusing);
  EXPECT_EQ(rig.journal->refusal(),
            "the journal cannot be written: write d/journal-00000000000000000001.kvj: No space left on device");
  EXPECT_EQ(rig.disk.Contents(rig.SegmentPath()).size(), 113u + 748);  // cut back to the last whole entry
  EXPECT_EQ(rig.Append("refused"), 0u);
  rig.journal->Flush();
  rig.journal->Retry();
  EXPECT_EQ(rig.journal->state(), Journal::State::kRefusing);
  EXPECT_EQ(rig.journal->written_index(), 2u);
  rig.Sync();  // what was written can still be synced
  EXPECT_EQ(rig.journal->synced_index(), 2u);
  rig.disk.SetCapacity(1 << 20);
  rig.journal->Retry();
  EXPECT_EQ(rig.journal->state(), Journal::State::kOpen);
  EXPECT_EQ(rig.journal->refusal(), "");
  EXPECT_EQ(rig.journal->written_index(), 3u);
  EXPECT_EQ(rig.Append("4"), 4u);
  EXPECT_TRUE(rig.journal->Close());
  EXPECT_EQ(rig.journal->stats().failed_writes, 2u);
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("1", std::string(700, 'x'), std::string(500, 'y'), "4"));
}

TEST(Journal, AnEndedSegmentGoesWithItsSnapshot) {
  JournalRig rig;
  rig.Open();
  rig.Write("1");
  rig.journal->EndSegment();
  rig.journal->RemoveUpTo(1);
  rig.Sync();
  EXPECT_EQ(rig.journal->first_index(), 1u) << "there is no other one yet";
  rig.Write("2");
  rig.Write("3");
  EXPECT_EQ(rig.journal->stats().segments, 1u);
  EXPECT_EQ(rig.journal->first_index(), 2u);
  rig.Sync();
  EXPECT_EQ(rig.journal->synced_index(), 3u);
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.options.covered_index = 1;
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("2", "3"));
}

TEST(Journal, WhatWasReservedIsWrittenThoughTheDiskIsFull) {
  for (const uint64_t zero_ahead_bytes : {uint64_t{0}, uint64_t{1 << 20}}) {
    JournalRig rig;
    rig.options.zero_ahead_bytes = zero_ahead_bytes;
    rig.options.segment_bytes = 100'000;
    rig.Open();
    rig.Write("1");
    rig.disk.SetCapacity(Journal::kReserveBytes + (64 << 10));
    ASSERT_FALSE(rig.journal->Reserve(1000));
    // Somebody else takes the rest.
    uint64_t free_bytes = 0;
    ASSERT_FALSE(rig.disk.FreeBytes("d", &free_bytes));
    rig.disk.SetCapacity(Journal::kReserveBytes + (64 << 10) - free_bytes);
    ASSERT_FALSE(rig.disk.FreeBytes("d", &free_bytes));
    EXPECT_EQ(free_bytes, 0u);
    // As long as room is reserved in this segment; the next one has none.
    uint64_t written = 1;
    while (!rig.journal->Reserve(50'000)) {
      rig.Write(std::string(50'000, 'x'));
      ASSERT_EQ(rig.journal->state(), Journal::State::kOpen);
      ++written;
    }
    EXPECT_EQ(rig.journal->written_index(), written);
    EXPECT_EQ(rig.journal->state(), Journal::State::kOpen);
    rig.Sync();
    EXPECT_EQ(rig.journal->synced_index(), written);
    rig.disk.SetCapacity(UINT64_MAX);
    ASSERT_FALSE(rig.journal->Reserve(1000));
    rig.Write("last");
    EXPECT_TRUE(rig.journal->Close());
    rig.Crash(FakeDisk::Keep::kSynced);
    rig.Open();
    EXPECT_EQ(rig.replayed.size(), written + 1);
    EXPECT_EQ(rig.replayed.back(), "last");
  }
}

TEST(Journal, ASegmentThatCannotBeBegunRefuses) {
  for (const FakeDisk::Call call : {FakeDisk::Call::kOpen, FakeDisk::Call::kWrite}) {
    JournalRig rig;
    rig.options.segment_bytes = 1;
    rig.Open();
    rig.Write("1");
    rig.disk.Fail({.call = call, .times = 3, .code = EMFILE, .short_bytes = 70});
    rig.Write("2");
    EXPECT_EQ(rig.journal->state(), Journal::State::kRefusing);
    rig.journal->Retry();
    rig.journal->Retry();
    EXPECT_EQ(rig.journal->state(), Journal::State::kRefusing);
    rig.journal->Retry();
    EXPECT_EQ(rig.journal->state(), Journal::State::kOpen);
    rig.Write("3");
    rig.Sync();
    rig.Crash(FakeDisk::Keep::kSynced);
    rig.Open();
    EXPECT_THAT(rig.replayed, ElementsAre("1", "2", "3"));
  }
}

TEST(Journal, AFailedSyncIsForEver) {
  JournalRig rig;
  int told = 0;
  rig.options.on_synced = [&] { ++told; };
  rig.Open();
  rig.Write("1");
  rig.Sync();
  rig.Write("2");
  rig.disk.Fail({FakeDisk::Call::kSync});
  rig.Sync();
  EXPECT_EQ(told, 2);
  EXPECT_EQ(rig.journal->state(), Journal::State::kFailed);
  EXPECT_THAT(rig.journal->refusal(), HasSubstr("fdatasync d/journal-00000000000000000001.kvj: Input/output error"));
  EXPECT_EQ(rig.Append("3"), 0u);
  rig.journal->Retry();
  EXPECT_FALSE(rig.journal->SyncNow());
  EXPECT_FALSE(rig.journal->Close());
  EXPECT_EQ(rig.journal->synced_index(), 1u);
}

// After a failed fsync the system shows bytes that it will never write. A restart reads them, and must not believe that
// they are there.
TEST(Journal, ARestartWritesAgainWhatAFailedSyncLost) {
  JournalRig rig;
  rig.options.segment_bytes = 2000;
  rig.Open();
  for (int i = 0; i < 10; ++i) rig.Write(std::string(700, 'x'));
  rig.disk.Fail({.call = FakeDisk::Call::kSync, .times = 2});
  rig.Sync();
  rig.Crash(FakeDisk::Keep::kEverything);  // the process only
  rig.disk.FailNothing();
  rig.Open();
  EXPECT_EQ(rig.journal->synced_index(), 10u);
  EXPECT_EQ(rig.replayed.size(), 10u);
  rig.Write("11");
  rig.Sync();
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_EQ(rig.replayed.size(), 11u);
}

// A mark states that what stands before it was synced, and nothing states it of the mark.
TEST(Journal, ARestartWritesAgainAMarkThatAFailedSyncLost) {
  JournalRig rig;
  rig.Open();
  rig.Write("1");
  rig.Sync();
  rig.disk.Fail({FakeDisk::Call::kSync});
  EXPECT_FALSE(rig.journal->Close());
  EXPECT_EQ(rig.journal->state(), Journal::State::kFailed);
  rig.Crash(FakeDisk::Keep::kEverything);
  rig.Open();
  rig.Write(std::string(1000, '2'));
  rig.Sync();
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_EQ(rig.replayed.size(), 2u);
}

TEST(Journal, ARestartSyncsTheNameOfASegmentThatHasNoEntries) {
  JournalRig rig;
  rig.disk.Fail({FakeDisk::Call::kSyncFolder});
  EXPECT_EQ(rig.TryOpen().kind(), StorageError::Kind::kSystem);
  rig.Crash(FakeDisk::Keep::kEverything);
  rig.Open();
  rig.Write("1");
  rig.Sync();
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("1"));
}

// Between two segments, so that the next entry's sync does not reach it.
TEST(Journal, ARestartSyncsAMarkAtTheEndOfASegment) {
  JournalRig rig;
  rig.options.segment_bytes = 1000;
  rig.Open();
  rig.Write(std::string(900, '1'));
  rig.Sync();
  rig.journal->WriteMark();
  rig.Write("2");  // in the next segment
  rig.Crash(FakeDisk::Keep::kEverything);
  rig.Open();
  EXPECT_EQ(rig.journal->synced_index(), 2u);
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_FALSE(rig.tail.found);
  EXPECT_EQ(rig.replayed.size(), 2u);
}

TEST(Journal, WritesAndSyncsAtOnceOnTwoThreads) {
  char path[] = "/tmp/kvorum-journal-test-XXXXXX";
  ASSERT_NE(mkdtemp(path), nullptr);
  SystemClock clock;
  std::atomic<uint64_t> told{0};
  TornTail tail;
  auto worker = std::make_unique<ThreadWorker>("test");
  std::unique_ptr<Journal> journal;
  JournalOptions options;
  options.segment_bytes = 20000;
  options.on_synced = [&] { ++told; };
  ASSERT_FALSE(Journal::Open(PosixFileSystem(), path, *worker, clock, options, &journal, &tail));
  for (uint64_t i = 1; i <= 300; ++i) {
    EXPECT_EQ(journal->Append(std::string(500, 'x'), i), i);
    journal->Flush();
    journal->RequestSync();
    EXPECT_LE(journal->synced_index(), journal->written_index());
    if (i == 200) journal->RemoveUpTo(100);
  }
  worker.reset();  // does all that was asked for
  EXPECT_EQ(journal->synced_index(), 300u);
  EXPECT_GT(told, 0u);
  EXPECT_GT(journal->first_index(), 50u);
  const JournalStats stats = journal->stats();
  EXPECT_EQ(stats.remove_error, "");
  EXPECT_EQ(stats.entries, 300u);
  EXPECT_GE(stats.longest_sync_micros, stats.last_sync_micros);
  std::filesystem::remove_all(path);
}

TEST(Journal, ZerosAheadAreNoDamage) {
  JournalRig rig;
  rig.options.zero_ahead_bytes = 4096;
  rig.options.segment_bytes = 10000;
  rig.Open();
  for (int i = 0; i < 30; ++i) rig.Write(std::string(1000, static_cast<char>('a' + i)));
  rig.Sync();
  EXPECT_EQ(rig.disk.Contents(rig.Path(rig.Names().back())).size() % 4096, 0u);
  EXPECT_NE(rig.disk.Contents(rig.Path(rig.Names().front())).back(), '\0');  // cut when the segment was left
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_EQ(rig.replayed.size(), 30u);
  EXPECT_FALSE(rig.tail.found);
  rig.journal->SetZeroAhead(0);
  rig.Write("31");
  EXPECT_TRUE(rig.journal->Close());
  EXPECT_NE(rig.disk.Contents(rig.Path(rig.Names().back())).size() % 4096, 0u);
  rig.Open();
  EXPECT_EQ(rig.replayed.size(), 31u);
}

TEST(Journal, ConfigurationsDoNotGoBack) {
  JournalRig rig;
  rig.options.config_version = 3;
  rig.Open();
  rig.Write("of 3");
  rig.journal->SetConfigVersion(7);
  rig.Write("of 7");
  EXPECT_TRUE(rig.journal->Close());
  EXPECT_THAT(rig.TryOpen().what(),
              HasSubstr("the journal has entries of configuration 7, and this is configuration 3"));
  rig.options.config_version = 8;
  rig.Open();
}

TEST(Journal, AMarkIsWrittenOnceWhenNothingElseStatesTheSync) {
  JournalRig rig;
  rig.Open();
  const auto size = [&] { return rig.disk.Contents(rig.SegmentPath()).size(); };
  rig.Write("1");
  rig.journal->WriteMark();
  EXPECT_EQ(size(), 113u);
  rig.Sync();
  rig.journal->WriteMark();
  EXPECT_EQ(size(), 113u + 48);
  rig.journal->WriteMark();
  EXPECT_EQ(size(), 113u + 48);
  rig.Write("2");
  rig.Sync();
  rig.Write("3");  // states it
  rig.journal->WriteMark();
  EXPECT_EQ(size(), 113u + 48 + 49 + 49);
}

// It can be done without; what was there before it must not be taken for its half.
TEST(Journal, AMarkThatCannotBeWrittenRefusesNothing) {
  JournalRig rig;
  rig.Open();
  rig.Write("1");
  rig.Sync();
  rig.disk.Fail({.call = FakeDisk::Call::kWrite, .code = ENOSPC, .short_bytes = 20});
  rig.journal->WriteMark();
  EXPECT_EQ(rig.journal->state(), Journal::State::kOpen);
  EXPECT_EQ(rig.journal->pending_bytes(), 0u);
  rig.Write("2");
  rig.Sync();
  rig.journal->WriteMark();
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_THAT(rig.replayed, testing::ElementsAre("1", "2"));
}

TEST(Journal, AnEndedJournalLeavesItsJobsHarmless) {
  JournalRig rig;
  int told = 0;
  rig.options.on_synced = [&] { ++told; };
  rig.Open();
  rig.Write("1");
  rig.journal->RequestSync();
  rig.journal.reset();
  rig.worker.RunAll();
  EXPECT_EQ(told, 0);
  rig.Crash(FakeDisk::Keep::kSynced);
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("1"));
}

TEST(Journal, TheVisitorCanStop) {
  JournalRig rig;
  rig.Open();
  rig.Write("1");
  JournalOptions options;
  options.replay = [](const JournalEntry&) { return false; };
  EXPECT_EQ(
      Journal::Open(rig.disk, rig.folder, rig.worker, rig.clock, std::move(options), &rig.journal, &rig.tail).kind(),
      StorageError::Kind::kStopped);
}

}  // namespace
}  // namespace kvorum
