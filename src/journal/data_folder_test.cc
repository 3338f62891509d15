#include "journal/data_folder.h"

#include <gmock/gmock.h>

#include "journal/snapshot_reader.h"
#include "journal/snapshot_writer.h"
#include "journal/test_journal.h"

namespace kvorum {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using State = FolderFile::State;

// A folder with snapshots up to 4 and 8, and segments of two entries each up to entry 12, closed in order.
class DataFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.options.segment_bytes = 250;
    rig_.Open();
    for (int i = 1; i <= 12; ++i) rig_.Write("entry " + std::to_string(i + 100) + std::string(79, ' '));
    ASSERT_TRUE(rig_.journal->Close());
    rig_.journal.reset();
    WriteSnapshot(4);
    WriteSnapshot(8);
  }

  void WriteSnapshot(uint64_t index) {
    std::unique_ptr<SnapshotWriter> writer;
    ASSERT_FALSE(SnapshotWriter::Begin(rig_.disk, rig_.folder, rig_.worker, {index, 1, kTestMicros, 16}, {}, &writer));
    Buffer block;
    block.Append("all up to " + std::to_string(index));
    ASSERT_TRUE(writer->Add(&block, 3));
    writer->Finish();
    rig_.worker.RunAll();
  }
  void Flip(const std::string& name, size_t at) {
    std::string bytes = rig_.disk.Contents(rig_.Path(name));
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    rig_.disk.SetContents(rig_.Path(name), bytes);
  }
  FolderReport Look() {
    FolderReport report;
    const StorageError error = Inspect(rig_.disk, rig_.folder, &report);
    EXPECT_FALSE(error) << error.text();
    return report;
  }
  static const FolderFile& FileOf(const FolderReport& report, const std::string& name) {
    for (const FolderFile& file : report.files) {
      if (file.name == name) return file;
    }
    static const FolderFile kNone;
    ADD_FAILURE() << name << " is not reported";
    return kNone;
  }
  std::vector<std::string> Do(const RepairChoice& choice) {
    std::vector<std::string> done;
    const FileError error = Repair(rig_.disk, rig_.folder, choice, &done);
    EXPECT_FALSE(error) << error.text();
    rig_.disk.Crash(FakeDisk::Keep::kSynced);  // what was done is on the disk
    return done;
  }
  // As a server does: the error that stops it, or the last index.
  std::string Start() {
    StartPlan plan;
    if (const StorageError error = PlanStart(rig_.disk, rig_.folder, &plan)) return error.text();
    if (!plan.snapshot.empty()) {
      std::unique_ptr<SnapshotReader> reader;
      if (const StorageError error = SnapshotReader::Open(rig_.disk, plan.snapshot, nullptr, &reader))
        return error.text();
      std::string_view payload;
      uint32_t records;
      bool found = true;
      while (found) {
        if (const StorageError error = reader->Next(&payload, &records, &found)) return error.text();
      }
    }
    rig_.options.covered_index = plan.covered_index;
    if (const StorageError error = rig_.TryOpen()) return error.text();
    return std::to_string(rig_.journal->last_index());
  }

  JournalRig rig_;
};

TEST_F(DataFolderTest, AGoodFolderIsDescribed) {
  rig_.disk.SetContents("d/notes.txt", "x");
  rig_.disk.SetContents("d/" + UnfinishedSnapshotName(12), "x");
  const FolderReport report = Look();
  EXPECT_TRUE(report.can_start());
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.snapshot, SnapshotName(8));
  EXPECT_EQ(report.snapshot_index, 8u);
  EXPECT_EQ(report.snapshot_records, 3u);
  EXPECT_EQ(report.last_index, 12u);
  EXPECT_EQ(report.last_micros, kTestMicros);
  EXPECT_FALSE(report.tail.found);
  ASSERT_THAT(report.files, SizeIs(10));
  EXPECT_EQ(FileOf(report, SegmentName(1)).state, State::kNotNeeded);
  EXPECT_EQ(FileOf(report, SegmentName(9)).state, State::kGood);
  EXPECT_EQ(FileOf(report, SegmentName(9)).text, "entries 9 to 10");
  EXPECT_EQ(FileOf(report, SnapshotName(4)).state, State::kNotNeeded);
  EXPECT_EQ(FileOf(report, SnapshotName(8)).text, "covers entries up to 8: 3 records in 1 blocks");
  EXPECT_EQ(FileOf(report, "notes.txt").state, State::kIgnored);
  EXPECT_EQ(FileOf(report, UnfinishedSnapshotName(12)).text, "an unfinished snapshot, which the next start removes");
  EXPECT_EQ(Start(), "12");
  EXPECT_EQ(rig_.replayed.size(), 4u);
  EXPECT_THAT(rig_.Names(), SizeIs(9));
}

TEST_F(DataFolderTest, ADamagedSnapshotIsSetAsideAndTheOlderOneIsUsed) {
  Flip(SnapshotName(8), 100);
  EXPECT_THAT(Start(), HasSubstr("block 0 has a wrong checksum. Nothing was changed"));
  const FolderReport report = Look();
  EXPECT_FALSE(report.can_start());
  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_EQ(report.problems[0].error.offset(), 64u);
  EXPECT_EQ(FileOf(report, SnapshotName(8)).state, State::kDamaged);
  EXPECT_EQ(report.snapshot, SnapshotName(4));
  ASSERT_THAT(report.problems[0].choices, SizeIs(1));
  EXPECT_EQ(report.problems[0].choices[0].text,
            "move snapshot-00000000000000000008.kvs aside; the start then uses "
            "snapshot-00000000000000000004.kvs and the journal after it, and nothing is lost");
  EXPECT_THAT(Do(report.problems[0].choices[0]),
              ElementsAre("renamed snapshot-00000000000000000008.kvs to damaged-snapshot-00000000000000000008.kvs"));
  EXPECT_TRUE(Look().can_start());
  EXPECT_EQ(Start(), "12");
  EXPECT_EQ(rig_.replayed.size(), 8u);
}

TEST_F(DataFolderTest, WithoutEnoughJournalTheLossIsSaid) {
  Flip(SnapshotName(8), 100);
  for (const uint64_t first : {1u, 3u, 5u, 7u}) EXPECT_FALSE(rig_.disk.Remove(rig_.Path(SegmentName(first))));
  FolderReport report = Look();
  ASSERT_THAT(report.problems, SizeIs(2));
  EXPECT_THAT(report.problems[0].choices[0].text, HasSubstr("which has a gap: more repairs follow"));
  EXPECT_THAT(report.problems[1].error.what(),
              HasSubstr("the journal begins with entry 9, but entries from 5 on are needed: segments are missing"));
  Do(report.problems[0].choices[0]);
  report = Look();
  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_THAT(report.problems[0].choices[0].text, HasSubstr("keep the journal up to entry 4, and move"));
  EXPECT_THAT(Do(report.problems[0].choices[0]), SizeIs(2));
  EXPECT_EQ(Start(), "4");
}

TEST_F(DataFolderTest, ADamagedSegmentIsCutAndTheRestKept) {
  const std::string before = rig_.disk.Contents(rig_.Path(SegmentName(9)));
  const size_t second = kSegmentHeaderBytes + kFrameHeaderBytes + 88;
  Flip(SegmentName(9), second + 60);
  const std::string damaged = rig_.disk.Contents(rig_.Path(SegmentName(9)));
  EXPECT_THAT(Start(), HasSubstr("journal-00000000000000000009.kvj at offset " + std::to_string(second) +
                                 ": entry 10 has a wrong checksum. It had been synced"));
  FolderReport report = Look();
  ASSERT_THAT(report.problems, SizeIs(1));
  ASSERT_THAT(report.problems[0].choices, SizeIs(1));
  EXPECT_THAT(report.problems[0].choices[0].text,
              HasSubstr("keep the journal up to entry 9, and move journal-00000000000000000009.kvj from offset"));
  EXPECT_THAT(Do(report.problems[0].choices[0]),
              ElementsAre("renamed journal-00000000000000000011.kvj to damaged-journal-00000000000000000011.kvj",
                          HasSubstr("copied journal-00000000000000000009.kvj from offset"),
                          HasSubstr("cut journal-00000000000000000009.kvj to")));
  EXPECT_EQ(rig_.disk.Contents("d/damaged-journal-00000000000000000009.kvj-from-" + std::to_string(second)),
            damaged.substr(second));
  EXPECT_EQ(rig_.disk.Contents(rig_.Path(SegmentName(9))), before.substr(0, second));
  report = Look();
  EXPECT_TRUE(report.can_start());
  EXPECT_FALSE(report.tail.found);
  EXPECT_EQ(report.last_index, 9u);
  EXPECT_EQ(Start(), "9");
}

TEST_F(DataFolderTest, DamageInWhatIsNotNeededDoesNotStopTheStart) {
  Flip(SegmentName(3), 70);
  Flip(SnapshotName(4), 70);
  const FolderReport report = Look();
  EXPECT_TRUE(report.can_start());
  ASSERT_THAT(report.problems, SizeIs(2));
  for (const FolderProblem& problem : report.problems) {
    ASSERT_THAT(problem.choices, SizeIs(1));
    Do(problem.choices[0]);
  }
  EXPECT_THAT(Look().problems, IsEmpty());
  EXPECT_EQ(Start(), "12");
}

TEST_F(DataFolderTest, ATornTailIsToldAndLeftAlone) {
  const std::string path = rig_.Path(SegmentName(11));
  rig_.disk.SetContents(path, rig_.disk.Contents(path).substr(0, 150));
  const FolderReport report = Look();
  EXPECT_TRUE(report.can_start());
  EXPECT_TRUE(report.tail.found);
  EXPECT_EQ(report.last_index, 10u);
  EXPECT_EQ(FileOf(report, SegmentName(11)).state, State::kTorn);
  EXPECT_THAT(FileOf(report, SegmentName(11)).text,
              HasSubstr("entry 11 is cut off: 38 of its 88 bytes are there, which the next start cuts off"));
  EXPECT_EQ(rig_.disk.Contents(path).size(), 150u);
  EXPECT_EQ(Start(), "10");
}

// Any bit of any file: the start works with everything, or says what is wrong, and a repair or two lead to one that
// works.
TEST_F(DataFolderTest, AnyFlippedByteAnywhere) {
  std::vector<std::pair<std::string, std::string>> good;
  for (const std::string& name : rig_.Names()) good.emplace_back(name, rig_.disk.Contents(rig_.Path(name)));
  for (const auto& [victim, bytes] : good) {
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const std::string& name : rig_.Names()) ASSERT_FALSE(rig_.disk.Remove(rig_.Path(name)));
      for (const auto& [name, contents] : good) rig_.disk.SetContents(rig_.Path(name), contents);
      Flip(victim, at);
      const std::string started = Start();
      const FolderReport report = Look();
      if (started == "12") continue;
      ASSERT_THAT(started, HasSubstr(victim)) << at;
      EXPECT_FALSE(report.can_start());
      for (int repairs = 0; repairs < 3; ++repairs) {
        const FolderReport now = Look();
        if (now.can_start()) break;
        for (const FolderProblem& problem : now.problems) {
          if (!problem.stops_the_start || problem.choices.empty()) continue;
          Do(problem.choices[0]);
          break;
        }
      }
      EXPECT_THAT(Start(), testing::AnyOf("8", "9", "10", "11", "12")) << victim << " " << at;
      if (HasFailure()) return;
    }
  }
}

TEST_F(DataFolderTest, OldSnapshotsAreRemoved) {
  EXPECT_FALSE(RemoveSnapshotsBefore(rig_.disk, rig_.folder, 8));
  StartPlan plan;
  EXPECT_FALSE(PlanStart(rig_.disk, rig_.folder, &plan));
  EXPECT_EQ(plan.snapshot, rig_.Path(SnapshotName(8)));
  EXPECT_EQ(plan.covered_index, 8u);
  EXPECT_THAT(rig_.Names(), SizeIs(7));
}

TEST_F(DataFolderTest, AFolderThatIsMissingIsMade) {
  StartPlan plan;
  EXPECT_FALSE(PlanStart(rig_.disk, "new", &plan));
  EXPECT_EQ(plan.snapshot, "");
  EXPECT_EQ(plan.covered_index, 0u);
}

TEST(FileNames, ComeBack) {
  EXPECT_EQ(SegmentName(42), "journal-00000000000000000042.kvj");
  EXPECT_EQ(ParseFileName(SegmentName(UINT64_MAX)).index, UINT64_MAX);
  EXPECT_EQ(ParseFileName(SegmentName(42)).kind, FileKind::kSegment);
  EXPECT_EQ(ParseFileName(SnapshotName(0)).kind, FileKind::kSnapshot);
  EXPECT_EQ(ParseFileName(UnfinishedSnapshotName(7)).kind, FileKind::kUnfinishedSnapshot);
  EXPECT_EQ(ParseFileName(GraphName(0xfedcba9876543210)).kind, FileKind::kGraph);
  EXPECT_EQ(ParseFileName(GraphName(0xfedcba9876543210)).index, 0xfedcba9876543210);
  EXPECT_EQ(ParseFileName(UnfinishedGraphName(1)).kind, FileKind::kUnfinishedGraph);
  EXPECT_EQ(ParseFileName("damaged-" + SegmentName(42)).kind, FileKind::kDamaged);
  EXPECT_EQ(ParseFileName("lock").kind, FileKind::kLock);
  for (const char* name : {"", "journal-42.kvj", "journal-00000000000000000000.kvj", "journal-0000000000000000004x.kvj",
                           "journal-99999999999999999999.kvj", "snapshot-00000000000000000042.kvj", "dump.rdb"}) {
    EXPECT_EQ(ParseFileName(name).kind, FileKind::kForeign) << name;
  }
}

}  // namespace
}  // namespace kvorum
