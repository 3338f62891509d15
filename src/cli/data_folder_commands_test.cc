// kvorum check, backup and restore, on real files.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "cli/backup_command.h"
#include "cli/check_command.h"
#include "cli/test_output.h"
#include "cli/time_text.h"
#include "journal/journal.h"
#include "journal/names.h"
#include "journal/snapshot_writer.h"

namespace kvorum {
namespace {

using testing::HasSubstr;

constexpr uint64_t kBegin = 1'800'000'000'000'000;  // 2027-01-15 08:00:00 UTC; entry i comes i minutes later

// A folder with entries 1 to 10, two a segment, and a snapshot up to 4.
class DataFolderCommandsTest : public testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/kvorum-check-test-XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    root_ = path;
    folder_ = root_ + "/data";
    ASSERT_FALSE(files_.CreateFolder(folder_));
    ASSERT_FALSE(files_.Lock(folder_, &lock_));
    lock_.reset();
    JournalOptions options;
    options.segment_bytes = 150;
    std::unique_ptr<Journal> journal;
    TornTail tail;
    ASSERT_FALSE(Journal::Open(files_, folder_, worker_, clock_, options, &journal, &tail));
    for (uint64_t i = 1; i <= 10; ++i) {
      ASSERT_EQ(journal->Append("entry " + std::to_string(i), kBegin + i * 60'000'000), i);
      journal->Flush();
    }
    ASSERT_TRUE(journal->Close());
    std::unique_ptr<SnapshotWriter> writer;
    ASSERT_FALSE(SnapshotWriter::Begin(files_, folder_, worker_, {4, 1, kBegin + 240'000'000, 16}, {}, &writer));
    Buffer block;
    block.Append("state");
    ASSERT_TRUE(writer->Add(&block, 12));
    writer->Finish();
    worker_.RunAll();
    ASSERT_EQ(writer->state(), SnapshotWriter::State::kDone);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void Flip(const std::string& name, int at) {
    std::fstream file(folder_ + "/" + name, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const auto byte = static_cast<char>(file.get() ^ 4);
    file.seekp(at);
    file.put(byte);
  }
  Output Check(std::vector<std::string> words) {
    words.insert(words.begin(), {"check", folder_});
    return RunMain(CheckMain, words);
  }

  FileSystem& files_ = PosixFileSystem();
  ManualWorker worker_;
  ManualClock clock_{static_cast<int64_t>(kBegin)};
  std::unique_ptr<FolderLock> lock_;
  std::string root_;
  std::string folder_;
};

TEST_F(DataFolderCommandsTest, CheckDescribesAGoodFolder) {
  const Output output = Check({});
  EXPECT_EQ(output.status, 0);
  EXPECT_EQ(output.error, "");
  EXPECT_THAT(output.out, HasSubstr("  good        journal-00000000000000000009.kvj"));
  EXPECT_THAT(output.out, HasSubstr("entries 9 to 10\n"));
  EXPECT_THAT(
      output.out,
      HasSubstr("A server starts from snapshot-00000000000000000004.kvs (12 records, of 2027-01-15 08:04:00 UTC) "
                "and the journal after it, up to entry 10, of 2027-01-15 08:10:00 UTC.\n"));
}

TEST_F(DataFolderCommandsTest, CheckRepairsWhatItIsTold) {
  Flip(SegmentName(7), 130);
  Flip(SegmentName(1), 80);
  Output output = Check({});
  EXPECT_EQ(output.status, 1);
  EXPECT_THAT(output.out, HasSubstr("A server does not start from this folder as it is."));
  EXPECT_THAT(
      output.out,
      HasSubstr("/data/journal-00000000000000000007.kvj at offset 119: the header of entry 8 has a wrong checksum"));
  EXPECT_THAT(
      output.out,
      HasSubstr(
          "  repair 1: keep the journal up to entry 7, and move journal-00000000000000000007.kvj from offset 119 on"));
  EXPECT_THAT(output.out, HasSubstr("Not needed, but damaged: "));
  EXPECT_THAT(output.out, HasSubstr("  repair 2: move journal-00000000000000000001.kvj aside"));
  EXPECT_THAT(Check({"--repair", "3"}).error, HasSubstr("there is no repair 3 here"));

  ASSERT_FALSE(files_.Lock(folder_, &lock_));
  EXPECT_THAT(Check({}).out, HasSubstr("A server uses this folder now"));
  EXPECT_THAT(Check({"--repair", "1"}).error, HasSubstr("A server uses the folder; end it before a repair"));
  lock_.reset();

  output = Check({"--repair", "1"});
  EXPECT_EQ(output.status, 1);
  EXPECT_THAT(output.out,
              HasSubstr("  renamed journal-00000000000000000009.kvj to damaged-journal-00000000000000000009.kvj\n"));
  EXPECT_THAT(output.out, HasSubstr("up to entry 7, of 2027-01-15 08:07:00 UTC"));
  output = Check({"--repair", "1"});
  EXPECT_EQ(output.status, 0);
  EXPECT_EQ(Check({}).status, 0);
}

TEST_F(DataFolderCommandsTest, CheckTellsATornEndAndChangesNothing) {
  const std::string last = folder_ + "/" + SegmentName(9);
  std::filesystem::resize_file(last, 150);
  const Output output = Check({});
  EXPECT_EQ(output.status, 0);
  EXPECT_THAT(output.out, HasSubstr("The journal has a torn end, as a crash leaves it"));
  EXPECT_THAT(output.out, HasSubstr("up to entry 9"));
  EXPECT_EQ(std::filesystem::file_size(last), 150u);
}

TEST_F(DataFolderCommandsTest, CheckTellsWhatHasRightChecksumsAndCannotBeLoaded) {
  // The snapshot's block is no record, the entries are no commands.
  Output output = Check({"--load"});
  EXPECT_EQ(output.status, 1);
  EXPECT_THAT(output.out, HasSubstr("up to entry 10"));
  EXPECT_THAT(output.out, HasSubstr("Its checksums are right, but it cannot be loaded: "));
  EXPECT_THAT(output.out, HasSubstr("snapshot-00000000000000000004.kvs"));
  std::filesystem::remove(folder_ + "/snapshot-00000000000000000004.kvs");
  output = Check({"--load"});
  EXPECT_EQ(output.status, 1);
  EXPECT_THAT(output.out, HasSubstr("Entry 1 of the journal in "));

  ASSERT_FALSE(files_.Lock(folder_, &lock_));
  EXPECT_THAT(Check({"--load"}).error, HasSubstr("end it first"));
  lock_.reset();
  EXPECT_NE(Check({"--databases", "3"}).status, 0) << "without --load";
  ASSERT_FALSE(files_.CreateFolder(root_ + "/empty"));
  EXPECT_EQ(RunMain(CheckMain, {"check", root_ + "/empty", "--load"}).out,
            "There is nothing in this folder yet; a server starts empty.\n");
}

TEST_F(DataFolderCommandsTest, CheckOfAFolderThatIsNotThere) {
  const Output output = RunMain(CheckMain, {"check", root_ + "/none"});
  EXPECT_EQ(output.status, 1);
  EXPECT_THAT(output.error, HasSubstr("/none: No such file or directory"));
  ASSERT_FALSE(files_.CreateFolder(root_ + "/empty"));
  EXPECT_EQ(RunMain(CheckMain, {"check", root_ + "/empty"}).out,
            "There is nothing in this folder yet; a server starts empty.\n");
  EXPECT_TRUE(std::filesystem::is_empty(root_ + "/empty"));
}

TEST_F(DataFolderCommandsTest, BackupAndRestoreUpToATime) {
  ASSERT_FALSE(files_.Lock(folder_, &lock_));  // a server works
  Output output = RunMain(BackupMain, {"backup", folder_, root_ + "/backup"});
  EXPECT_EQ(output.status, 0) << output.error;
  EXPECT_THAT(
      output.out,
      HasSubstr("/backup holds the state of 2027-01-15 08:10:00 UTC (entry 10): snapshot-00000000000000000004.kvs and "
                "6 journal entries, in "));
  EXPECT_THAT(RunMain(BackupMain, {"backup", folder_, root_ + "/backup"}).error, HasSubstr("/backup is not empty"));
  output = RunMain(RestoreMain, {"restore", root_ + "/backup", root_ + "/new", "--until", "2027-01-15 08:06:59"});
  EXPECT_EQ(output.status, 0) << output.error;
  EXPECT_THAT(output.out, HasSubstr("/new holds the state of 2027-01-15 08:06:00 UTC (entry 6)"));
  output = RunMain(CheckMain, {"check", root_ + "/new"});
  EXPECT_EQ(output.status, 0);
  EXPECT_THAT(output.out, HasSubstr("up to entry 6"));
  output = RunMain(RestoreMain, {"restore", root_ + "/backup", root_ + "/newer", "--until", "yesterday"});
  EXPECT_EQ(output.status, 1);
  EXPECT_THAT(output.error, HasSubstr("'yesterday' is no time"));
  EXPECT_THAT(
      RunMain(RestoreMain, {"restore", root_ + "/backup", root_ + "/newer", "--until", "2027-01-15 08:01"}).error,
      HasSubstr("entries from 1 on are needed"));
}

TEST(TimeText, ThereAndBack) {
  uint64_t micros = 0;
  EXPECT_TRUE(ParseTime(TimeText(kBegin), &micros));
  EXPECT_EQ(micros, kBegin);
  EXPECT_TRUE(ParseTime("2027-01-15T08:00:00.25Z", &micros));
  EXPECT_EQ(micros, kBegin + 250'000);
  EXPECT_TRUE(ParseTime("2027-01-15", &micros));
  EXPECT_EQ(micros, kBegin - 8 * 3600 * 1'000'000ull);
  for (const char* text : {"", "now", "2027-1-15", "2027-02-30 08:00:00", "2027-01-15 08", "2027-01-15 25:00:00",
                           "2027-01-15 08:00:00.", "2027-01-15 08:00:00 CET"}) {
    EXPECT_FALSE(ParseTime(text, &micros)) << text;
  }
}

}  // namespace
}  // namespace kvorum
