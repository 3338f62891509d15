#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include <atomic>
#include <cerrno>
#include <filesystem>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/random.h"
#include "journal/names.h"
#include "journal/snapshot_reader.h"
#include "journal/snapshot_writer.h"
#include "journal/test_journal.h"

namespace kvorum {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Blocks = std::vector<std::string>;

class SnapshotTest : public testing::Test {
 protected:
  SnapshotTest() { EXPECT_FALSE(disk_.CreateFolder("d")); }

  std::unique_ptr<SnapshotWriter> Begin(uint64_t index, SnapshotWriterOptions options = {}) {
    std::unique_ptr<SnapshotWriter> writer;
    const FileError error =
        SnapshotWriter::Begin(disk_, "d", worker_, {index, 3, kTestMicros, 16}, std::move(options), &writer);
    EXPECT_FALSE(error) << error.text();
    return writer;
  }
  static bool Add(SnapshotWriter& writer, std::string_view bytes, uint32_t records = 1) {
    Buffer block;
    block.Append(bytes);
    const bool added = writer.Add(&block, records);
    EXPECT_EQ(block.size(), added ? 0 : bytes.size());
    return added;
  }
  // A whole snapshot up to `index`.
  void Write(uint64_t index, const Blocks& blocks) {
    const auto writer = Begin(index);
    for (const std::string& block : blocks) EXPECT_TRUE(Add(*writer, block));
    writer->Finish();
    worker_.RunAll();
    EXPECT_EQ(writer->state(), SnapshotWriter::State::kDone) << writer->error();
  }
  StorageError Read(const std::string& path, Blocks* blocks) {
    blocks->clear();
    std::unique_ptr<SnapshotReader> reader;
    if (StorageError error = SnapshotReader::Open(disk_, path, nullptr, &reader)) return error;
    while (true) {
      std::string_view payload;
      uint32_t records;
      bool found;
      if (StorageError error = reader->Next(&payload, &records, &found); error || !found) return error;
      blocks->emplace_back(payload);
    }
  }
  std::vector<std::string> Names() {
    std::vector<FolderEntry> entries;
    EXPECT_FALSE(disk_.List("d", &entries));
    std::vector<std::string> names;
    names.reserve(entries.size());
    for (const FolderEntry& entry : entries) names.push_back(entry.name);
    return names;
  }

  const std::string path_ = "d/" + SnapshotName(7);
  FakeDisk disk_{1};
  ManualWorker worker_;
};

// Format version 1, checked once by a program that knows only docs/formats.md. If this fails, the version must change.
TEST_F(SnapshotTest, GoldenBytes) {
  Write(7, {"one block", ""});
  EXPECT_EQ(Hex(disk_.Contents(path_)),
            "4b56534e41500d0a010000000000000007000000000000000300000000000000\n"
            "00401e18240a06001000000000000000000000000000000000000000808ca93e\n"
            "80dc97b6636e0c9d000000000000000001000000000000000900000000000000\n"
            "6f6e6520626c6f636b1d585d6400000000010000000000000001000000000000\n"
            "00000000000000000092afcccddc7707e0ffffffffffffffff02000000000000\n"
            "000200000000000000b9000000000000004b56534e454e440a\n");
}

TEST_F(SnapshotTest, BlocksComeBack) {
  Blocks written;
  for (int i = 0; i < 20; ++i)
    written.push_back(std::string(static_cast<size_t>(i) * 5000, static_cast<char>('a' + i)));
  Write(7, written);
  disk_.Crash(FakeDisk::Keep::kSynced);
  EXPECT_THAT(Names(), ElementsAre(SnapshotName(7)));
  Blocks read;
  EXPECT_FALSE(Read(path_, &read));
  EXPECT_EQ(read, written);
  std::unique_ptr<SnapshotReader> reader;
  ASSERT_FALSE(SnapshotReader::Open(disk_, path_, nullptr, &reader));
  EXPECT_EQ(reader->header().index, 7u);
  EXPECT_EQ(reader->header().config_version, 3u);
  EXPECT_EQ(reader->header().unix_micros, kTestMicros);
  EXPECT_EQ(reader->header().databases, 16u);
  EXPECT_EQ(reader->footer().records, 20u);
  EXPECT_EQ(reader->footer().file_bytes, disk_.Contents(path_).size());
}

TEST_F(SnapshotTest, AFullQueueSaysLater) {
  int told = 0;
  SnapshotWriterOptions options;
  options.queue_bytes = 100;
  options.on_progress = [&] { ++told; };
  const auto writer = Begin(7, options);
  EXPECT_TRUE(Add(*writer, std::string(500, 'x')));  // one is always taken, or a huge one never would be
  EXPECT_FALSE(Add(*writer, "y"));
  EXPECT_EQ(writer->queued_bytes(), 500u);
  worker_.RunAll();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(writer->queued_bytes(), 0u);
  EXPECT_TRUE(Add(*writer, std::string(50, 'y')));
  EXPECT_TRUE(Add(*writer, std::string(50, 'z')));
  EXPECT_FALSE(Add(*writer, "!"));
  worker_.RunAll();
  writer->Finish();
  EXPECT_EQ(writer->state(), SnapshotWriter::State::kFinishing);
  worker_.RunAll();
  EXPECT_EQ(writer->state(), SnapshotWriter::State::kDone);
  Blocks read;
  EXPECT_FALSE(Read(path_, &read));
  EXPECT_THAT(read, ElementsAre(std::string(500, 'x'), std::string(50, 'y'), std::string(50, 'z')));
  EXPECT_EQ(writer->written_bytes(), disk_.Contents(path_).size());
}

TEST_F(SnapshotTest, MemoryOfBlocksIsUsedAgain) {
  const auto writer = Begin(7);
  Buffer block(kSnapshotBlockBytes);
  const char* first = block.data();
  block.Append("one");
  ASSERT_TRUE(writer->Add(&block, 1));
  worker_.RunAll();
  block.Append("two");
  ASSERT_TRUE(writer->Add(&block, 1));
  EXPECT_EQ(block.data(), first);
  EXPECT_TRUE(block.empty());
}

TEST_F(SnapshotTest, FailuresLeaveTheOldOneAndNoFile) {
  Write(7, {"old"});
  const FakeDisk::Fault faults[] = {{.call = FakeDisk::Call::kWrite, .code = ENOSPC, .short_bytes = 3},
                                    {.call = FakeDisk::Call::kWrite, .after = 1, .code = ENOSPC},
                                    {.call = FakeDisk::Call::kSync},
                                    {.call = FakeDisk::Call::kRename}};
  for (const FakeDisk::Fault& fault : faults) {
    const auto writer = Begin(9);
    disk_.Fail(fault);
    EXPECT_TRUE(Add(*writer, "new"));
    writer->Finish();
    worker_.RunAll();
    EXPECT_EQ(writer->state(), SnapshotWriter::State::kFailed);
    EXPECT_THAT(writer->error(), HasSubstr("snapshot-00000000000000000009.tmp: "));
    EXPECT_TRUE(Add(*writer, "more"));  // and dropped
    worker_.RunAll();
    EXPECT_THAT(Names(), ElementsAre(SnapshotName(7)));
  }
}

TEST_F(SnapshotTest, AbortedOnesGo) {
  {
    const auto writer = Begin(7);
    EXPECT_TRUE(Add(*writer, "x"));
    worker_.RunAll();
    writer->Abort();
    EXPECT_TRUE(Add(*writer, "y"));
    writer->Finish();
    worker_.RunAll();
    EXPECT_EQ(writer->state(), SnapshotWriter::State::kFailed);
    EXPECT_EQ(writer->error(), "aborted");
    EXPECT_THAT(Names(), IsEmpty());
  }
  Begin(8);  // and gone at once
  worker_.RunAll();
  EXPECT_THAT(Names(), IsEmpty());
  // One that a killed process left is replaced.
  disk_.SetContents("d/" + UnfinishedSnapshotName(7), std::string(10000, 'x'));
  Write(7, {"new"});
  EXPECT_LT(disk_.Contents(path_).size(), 1000u);
}

TEST_F(SnapshotTest, EveryFlippedBitIsFound) {
  Write(7, {"one block", std::string(30, '\0'), ""});
  const std::string whole = disk_.Contents(path_);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    disk_.SetContents(path_, flipped);
    Blocks blocks;
    const StorageError error = Read(path_, &blocks);
    ASSERT_EQ(error.kind(), StorageError::Kind::kDamage) << bit;
    EXPECT_EQ(error.file(), path_);
    EXPECT_LE(error.offset(), bit / 8);
  }
}

TEST_F(SnapshotTest, CutAnywhereOrLongerItIsDamaged) {
  Write(7, {"one block", "another"});
  const std::string whole = disk_.Contents(path_);
  Blocks blocks;
  for (size_t size = 0; size < whole.size(); ++size) {
    disk_.SetContents(path_, whole.substr(0, size));
    EXPECT_EQ(Read(path_, &blocks).kind(), StorageError::Kind::kDamage) << size;
  }
  disk_.SetContents(path_, whole + "x");
  EXPECT_EQ(Read(path_, &blocks).kind(), StorageError::Kind::kDamage);
  // Without a block, or with one twice, and a file size that fits.
  const size_t first = kSnapshotHeaderBytes;
  const size_t block = kBlockHeaderBytes + 9;
  disk_.SetContents(path_, whole.substr(0, first) + whole.substr(first + block));
  EXPECT_EQ(Read(path_, &blocks).kind(), StorageError::Kind::kDamage);
  disk_.SetContents(path_, whole.substr(0, first + block) + whole.substr(first));
  EXPECT_EQ(Read(path_, &blocks).kind(), StorageError::Kind::kDamage);
}

TEST_F(SnapshotTest, ForeignRenamedAndNewerFilesAreTold) {
  Write(7, {"x"});
  std::string whole = disk_.Contents(path_);
  Blocks blocks;
  EXPECT_FALSE(disk_.Rename(path_, "d/" + SnapshotName(8)));
  EXPECT_THAT(Read("d/" + SnapshotName(8), &blocks).text(), HasSubstr("covers entries up to 7, and its name says 8"));
  disk_.SetContents(path_, std::string(1000, 'R'));
  EXPECT_THAT(Read(path_, &blocks).text(), HasSubstr("this is no snapshot of Kvorum"));
  PutU32(whole.data() + 8, 2);
  PutU32(whole.data() + 60, Crc32c(0, whole.data(), 60));
  disk_.SetContents(path_, whole);
  EXPECT_EQ(Read(path_, &blocks).kind(), StorageError::Kind::kVersion);
  EXPECT_THAT(Read(path_, &blocks).text(), HasSubstr("the snapshot has format version 2; this Kvorum knows 1"));
}

TEST_F(SnapshotTest, ACrashAtAnyCallLeavesAWholeOneOrNone) {
  uint64_t changes;
  {
    Write(7, {"old"});
    changes = disk_.changes();
    Write(9, {std::string(2000, 'n'), "new"});
    changes = disk_.changes() - changes;
  }
  for (uint64_t call = 0; call < changes; ++call) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      FakeDisk disk(seed);
      ManualWorker worker;
      ASSERT_FALSE(disk.CreateFolder("d"));
      std::unique_ptr<SnapshotWriter> writer;
      disk.StopAfter(call);
      if (!SnapshotWriter::Begin(disk, "d", worker, {9, 3, kTestMicros, 16}, {}, &writer)) {
        Add(*writer, std::string(2000, 'n'));
        Add(*writer, "new");
        writer->Finish();
        worker.RunAll();
        EXPECT_NE(writer->state(), SnapshotWriter::State::kDone);
      }
      writer.reset();
      worker.RunAll();
      disk.Crash(FakeDisk::Keep::kSome);
      std::vector<FolderEntry> entries;
      ASSERT_FALSE(disk.List("d", &entries));
      for (const FolderEntry& entry : entries) {
        if (ParseFileName(entry.name).kind != FileKind::kSnapshot) continue;
        std::unique_ptr<SnapshotReader> reader;
        const StorageError error = SnapshotReader::Open(disk, JoinPath("d", entry.name), nullptr, &reader);
        ASSERT_FALSE(error) << error.text() << " call " << call << " seed " << seed;
        EXPECT_EQ(reader->footer().blocks, 2u);
      }
    }
  }
}

TEST_F(SnapshotTest, WritesAndReadsAheadOnThreads) {
  char folder[] = "/tmp/kvorum-snapshot-test-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const uint64_t seed = static_cast<uint64_t>(testing::UnitTest::GetInstance()->random_seed());
  ThreadWorker worker("test");
  Blocks written;
  {
    Random random(seed);
    std::atomic<bool> room{false};
    SnapshotWriterOptions options;
    options.queue_bytes = 200'000;
    options.sync_bytes = 300'000;
    options.on_progress = [&] {
      room = true;
      room.notify_one();
    };
    std::unique_ptr<SnapshotWriter> writer;
    ASSERT_FALSE(SnapshotWriter::Begin(PosixFileSystem(), folder, worker, {7, 1, 0, 1}, options, &writer));
    for (int i = 0; i < 100; ++i) {
      written.push_back(std::string(random.Below(50'000), static_cast<char>(random.Next())));
      room = false;
      while (!Add(*writer, written.back())) {
        room.wait(false);
        room = false;
      }
    }
    writer->Finish();
    while (writer->state() == SnapshotWriter::State::kFinishing) {
      room.wait(false);
      room = false;
    }
    EXPECT_EQ(writer->state(), SnapshotWriter::State::kDone) << writer->error();
  }
  std::unique_ptr<SnapshotReader> reader;
  ASSERT_FALSE(SnapshotReader::Open(PosixFileSystem(), JoinPath(folder, SnapshotName(7)), &worker, &reader));
  std::string_view payload;
  uint32_t records;
  bool found;
  for (const std::string& block : written) {
    ASSERT_FALSE(reader->Next(&payload, &records, &found));
    ASSERT_TRUE(found);
    EXPECT_EQ(payload, block);
  }
  ASSERT_FALSE(reader->Next(&payload, &records, &found));
  EXPECT_FALSE(found);
  ASSERT_FALSE(reader->Next(&payload, &records, &found));
  EXPECT_FALSE(found);
  reader.reset();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace kvorum
