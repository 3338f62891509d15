#include "journal/copy.h"

#include <gmock/gmock.h>

#include "journal/data_folder.h"
#include "journal/names.h"
#include "journal/snapshot_reader.h"
#include "journal/snapshot_writer.h"
#include "journal/test_journal.h"

namespace kvorum {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Entry i happens i seconds after the beginning.
uint64_t MicrosOf(uint64_t index) { return kTestMicros + index * 1'000'000; }

class CopyTest : public testing::Test {
 protected:
  // Entries 1 to 20, two a segment, and a snapshot up to 10.
  void SetUp() override {
    rig_.options.segment_bytes = 150;
    rig_.Open();
    for (uint64_t i = 1; i <= 20; ++i) {
      if (i == 15) rig_.journal->SetConfigVersion(4);
      EXPECT_EQ(rig_.journal->Append("entry " + std::to_string(i), MicrosOf(i)), i);
      rig_.journal->Flush();
    }
    rig_.Sync();
    WriteSnapshot(10);
  }
  void WriteSnapshot(uint64_t index) {
    std::unique_ptr<SnapshotWriter> writer;
    ASSERT_FALSE(
        SnapshotWriter::Begin(rig_.disk, rig_.folder, rig_.worker, {index, 1, MicrosOf(index), 16}, {}, &writer));
    Buffer block;
    block.Append("up to " + std::to_string(index));
    ASSERT_TRUE(writer->Add(&block, 1));
    writer->Finish();
    rig_.worker.RunAll();
  }
  StorageError Try(const CopyOptions& options = {}) {
    return CopyFolder(rig_.disk, rig_.folder, "copy", rig_.clock, options, &result_);
  }
  // What a server that starts on the copy finds: the snapshot's name, and the entries after it.
  std::vector<std::string> Start() {
    rig_.Crash(FakeDisk::Keep::kSynced);  // all of it is on the disk
    StartPlan plan;
    StorageError error = PlanStart(rig_.disk, "copy", &plan);
    EXPECT_FALSE(error) << error.text();
    std::vector<std::string> found = {plan.snapshot};
    JournalOptions options;
    options.covered_index = plan.covered_index;
    options.config_version = 4;
    options.replay = [&](const JournalEntry& entry) {
      EXPECT_EQ(entry.unix_micros, MicrosOf(entry.index));
      EXPECT_EQ(entry.config_version, entry.index < 15 ? 1 : 4);
      found.emplace_back(entry.payload);
      return true;
    };
    std::unique_ptr<Journal> journal;
    TornTail tail;
    error = Journal::Open(rig_.disk, "copy", rig_.worker, rig_.clock, options, &journal, &tail);
    EXPECT_FALSE(error) << error.text();
    EXPECT_EQ(journal->last_index(), result_.last_index);
    EXPECT_FALSE(tail.found);
    return found;
  }

  JournalRig rig_;
  CopyResult result_;
};

TEST_F(CopyTest, TakesTheNewestSnapshotAndAllAfterIt) {
  rig_.Write("not whole");
  const std::string last = rig_.Path(rig_.Names()[rig_.Names().size() - 2]);
  ASSERT_EQ(ParseFileName(last.substr(2)).index, 21u);
  rig_.disk.SetContents(last, rig_.disk.Contents(last).substr(0, 115));  // being written
  uint64_t all = 0;
  CopyOptions options;
  options.progress = [&](uint64_t done, uint64_t of) {
    EXPECT_LE(done, of);
    all = of;
    return true;
  };
  const StorageError error = Try(options);
  ASSERT_FALSE(error) << error.text();
  EXPECT_GT(all, 100u);
  EXPECT_EQ(result_.snapshot, SnapshotName(10));
  EXPECT_EQ(result_.last_index, 20u);
  EXPECT_EQ(result_.last_micros, MicrosOf(20));
  EXPECT_EQ(result_.entries, 10u);
  EXPECT_EQ(rig_.disk.Contents("copy/" + SnapshotName(10)), rig_.disk.Contents("d/" + SnapshotName(10)));
  const std::vector<std::string> found = Start();
  ASSERT_EQ(found.size(), 11u);
  EXPECT_EQ(found.front(), "copy/" + SnapshotName(10));
  EXPECT_EQ(found.back(), "entry 20");
}

TEST_F(CopyTest, UpToATime) {
  CopyOptions options;
  options.last_micros = MicrosOf(13) + 5;
  ASSERT_FALSE(Try(options));
  EXPECT_EQ(result_.last_index, 13u);
  EXPECT_EQ(result_.last_micros, MicrosOf(13));
  EXPECT_THAT(Start(), ElementsAre("copy/" + SnapshotName(10), "entry 11", "entry 12", "entry 13"));
}

TEST_F(CopyTest, UpToATimeBeforeTheSnapshot) {
  CopyOptions options;
  options.last_micros = MicrosOf(3);
  ASSERT_FALSE(Try(options));
  EXPECT_EQ(result_.snapshot, "");
  EXPECT_THAT(Start(), ElementsAre("", "entry 1", "entry 2", "entry 3"));
}

TEST_F(CopyTest, UpToAnIndex) {
  CopyOptions options;
  options.last_index = 10;
  ASSERT_FALSE(Try(options));
  EXPECT_EQ(result_.last_index, 10u);
  EXPECT_THAT(Start(), ElementsAre("copy/" + SnapshotName(10)));
}

TEST_F(CopyTest, ATimeThatTheFolderCannotGoBackToIsAnError) {
  rig_.journal->RemoveUpTo(10);
  rig_.worker.RunAll();
  CopyOptions options;
  options.last_micros = MicrosOf(3);
  EXPECT_THAT(Try(options).text(), HasSubstr("entries from 1 on are needed: segments are missing"));
}

// The server makes a snapshot and removes what it covers while the copy is under way.
TEST_F(CopyTest, BeginsAgainWhenItIsOvertaken) {
  int calls = 0;
  CopyOptions options;
  options.progress = [&](uint64_t, uint64_t) {
    if (++calls == 1) {
      WriteSnapshot(20);
      EXPECT_FALSE(RemoveSnapshotsBefore(rig_.disk, rig_.folder, 20));
      rig_.journal->RemoveUpTo(20);
      rig_.worker.RunAll();
    }
    return true;
  };
  const StorageError error = Try(options);
  ASSERT_FALSE(error) << error.text();
  EXPECT_GE(calls, 2);
  EXPECT_THAT(Start(), ElementsAre("copy/" + SnapshotName(20)));
}

TEST_F(CopyTest, DamageIsNotCopied) {
  const std::string path = rig_.Path(SegmentName(13));
  std::string bytes = rig_.disk.Contents(path);
  bytes[120] ^= 1;
  rig_.disk.SetContents(path, bytes);
  rig_.Write("which states that all before was synced");
  EXPECT_EQ(Try().kind(), StorageError::Kind::kDamage);
}

TEST_F(CopyTest, NeedsAnEmptyFolderAndRoom) {
  ASSERT_FALSE(Try());
  EXPECT_THAT(Try().text(), HasSubstr("the folder copy is not empty: it has journal-"));
  uint64_t free;
  rig_.disk.SetCapacity(0);
  EXPECT_FALSE(rig_.disk.FreeBytes("d", &free));
  const StorageError error = CopyFolder(rig_.disk, rig_.folder, "other", rig_.clock, {}, &result_);
  EXPECT_EQ(error.kind(), StorageError::Kind::kSystem);
  EXPECT_THAT(error.text(), HasSubstr("No space left on device"));
}

TEST_F(CopyTest, NothingIsNoBackup) {
  ASSERT_FALSE(rig_.disk.CreateFolder("nothing"));
  EXPECT_THAT(CopyFolder(rig_.disk, "nothing", "copy", rig_.clock, {}, &result_).text(),
              HasSubstr("holds no journal and no snapshot"));
}

TEST_F(CopyTest, CanBeStopped) {
  CopyOptions options;
  options.progress = [](uint64_t, uint64_t) { return false; };
  EXPECT_EQ(Try(options).kind(), StorageError::Kind::kStopped);
}

}  // namespace
}  // namespace kvorum
