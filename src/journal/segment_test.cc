// Segments that are cut, flipped and mixed up, byte by byte: what recovery makes of them.
#include "journal/segment.h"

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "journal/names.h"
#include "journal/reader.h"
#include "journal/test_journal.h"

namespace kvorum {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kPayloads = {"one", "", std::string(40, '\0'), "four with more bytes", "5"};

// Five entries, each synced before the next was appended.
void WriteFive(JournalRig& rig) {
  rig.Open();
  for (const std::string& payload : kPayloads) {
    rig.Write(payload);
    rig.Sync();
  }
}

// Where each entry begins, and the end.
std::vector<size_t> Offsets() {
  std::vector<size_t> offsets = {kSegmentHeaderBytes};
  for (const std::string& payload : kPayloads) offsets.push_back(offsets.back() + kFrameHeaderBytes + payload.size());
  return offsets;
}

std::vector<std::string> FirstPayloads(size_t count) {
  return {kPayloads.begin(), kPayloads.begin() + static_cast<ptrdiff_t>(count)};
}

TEST(Segment, CutAnywhereItEndsWithTheLastWholeEntry) {
  JournalRig rig;
  WriteFive(rig);
  const std::string path = rig.SegmentPath();
  const std::string whole = rig.disk.Contents(path);
  const std::vector<size_t> offsets = Offsets();
  ASSERT_EQ(whole.size(), offsets.back());
  for (size_t size = 0; size <= whole.size(); ++size) {
    rig.disk.SetContents(path, whole.substr(0, size));
    rig.Open();
    size_t entries = 0;
    while (entries < kPayloads.size() && offsets[entries + 1] <= size) ++entries;
    EXPECT_EQ(rig.replayed, FirstPayloads(entries)) << size;
    const bool at_an_end = size >= kSegmentHeaderBytes && size == offsets[entries];
    EXPECT_EQ(rig.tail.found, !at_an_end) << size;
    if (rig.tail.found && size >= kSegmentHeaderBytes) {
      EXPECT_EQ(rig.tail.offset, offsets[entries]) << size;
      EXPECT_EQ(rig.tail.bytes, size - offsets[entries]);
      EXPECT_EQ(rig.tail.first_lost, entries + 1);
      EXPECT_THAT(rig.tail.text(),
                  HasSubstr("journal-00000000000000000001.kvj at offset " + std::to_string(offsets[entries])));
    }
    rig.Write("again");
    rig.Open();
    EXPECT_EQ(rig.replayed.size(), entries + 1);
    EXPECT_EQ(rig.replayed.back(), "again");
    EXPECT_FALSE(rig.tail.found);
  }
}

// A bit that flips in what had been synced, and is known to have been, is found, and stops the start.
TEST(Segment, EveryFlippedBitIsFound) {
  JournalRig rig;
  WriteFive(rig);
  ASSERT_TRUE(rig.journal->Close());
  const std::string path = rig.SegmentPath();
  const std::string whole = rig.disk.Contents(path);
  const size_t mark = Offsets().back();
  ASSERT_EQ(whole.size(), mark + kFrameHeaderBytes);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    rig.disk.SetContents(path, flipped);
    const StorageError error = rig.TryOpen();
    if (bit / 8 >= mark) {  // the mark itself: nobody's data
      ASSERT_FALSE(error);
      EXPECT_EQ(rig.replayed, kPayloads);
      continue;
    }
    ASSERT_EQ(error.kind(), StorageError::Kind::kDamage) << bit;
    EXPECT_EQ(error.file(), path);
    EXPECT_LE(error.offset(), bit / 8);
    EXPECT_GT(error.offset() + kFrameHeaderBytes + 60, bit / 8);
    EXPECT_THAT(error.text(), HasSubstr("kvorum check"));
    EXPECT_EQ(rig.disk.Contents(path), flipped) << "damage was changed";
  }
}

// What is behind a hole counts for nothing by itself: after a power cut pages are there or not in any mixture.
TEST(Segment, WholeEntriesBehindAHoleAreATailIfNothingHadBeenSynced) {
  JournalRig rig;
  rig.Open();
  for (const std::string& payload : kPayloads) rig.Write(payload);
  const std::string path = rig.SegmentPath();
  std::string bytes = rig.disk.Contents(path);
  bytes[Offsets()[2] + kFrameHeaderBytes] = 'x';
  rig.disk.SetContents(path, bytes);
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("one", ""));
  EXPECT_EQ(rig.tail.whole_entries, 2u);
  EXPECT_THAT(rig.tail.text(), HasSubstr("entry 3 has a wrong checksum"));
  EXPECT_THAT(rig.tail.text(), HasSubstr("and 2 whole entries behind it were dropped; the journal ends with entry 2"));
}

// The hole is filled by a new entry of the same size, and the power goes off: what stood behind the hole stays away.
TEST(Segment, WhatWasCutDoesNotComeBackBehindNewEntries) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    JournalRig rig(seed);
    rig.Open();
    for (const char* payload : {"old 1", "old 2", "old 3"}) rig.Write(payload + std::string(600, ' '));
    const std::string path = rig.SegmentPath();
    std::string bytes = rig.disk.Contents(path);
    bytes[kSegmentHeaderBytes + kFrameHeaderBytes + 605 + 100] ^= 1;
    rig.disk.SetContents(path, bytes);
    rig.Open();
    EXPECT_EQ(rig.replayed.size(), 1u);
    rig.Write("new 2" + std::string(600, ' '));
    rig.Crash(FakeDisk::Keep::kSome);
    rig.Open();
    ASSERT_LE(rig.replayed.size(), 2u) << "seed " << seed;
    if (rig.replayed.size() == 2) {
      EXPECT_EQ(rig.replayed[1].substr(0, 5), "new 2");
    }
  }
}

TEST(Segment, AHoleInWhatALaterSegmentStatesAsSyncedIsDamage) {
  JournalRig rig;
  rig.options.segment_bytes = Offsets().back();
  rig.Open();
  for (const std::string& payload : kPayloads) rig.Write(payload);
  rig.Sync();
  const std::string path = rig.SegmentPath();
  std::string bytes = rig.disk.Contents(path);
  bytes[Offsets()[4]] ^= 1;
  rig.disk.SetContents(path, bytes);
  EXPECT_FALSE(rig.TryOpen());  // nothing states that entry 5 had been synced, so it is a tail...
  EXPECT_EQ(rig.tail.first_lost, 5u);

  JournalRig other;
  other.options.segment_bytes = Offsets().back();
  other.Open();
  for (const std::string& payload : kPayloads) other.Write(payload);
  other.Sync();
  other.Write("6");  // ...but the header of the next segment does
  ASSERT_EQ(other.Names().size(), 2u);
  bytes = other.disk.Contents(path);
  bytes[Offsets()[4]] ^= 1;
  other.disk.SetContents(path, bytes);
  const std::string next = other.Path(SegmentName(6));
  other.disk.SetContents(next, other.disk.Contents(next).substr(0, kSegmentHeaderBytes));
  const StorageError error = other.TryOpen();
  EXPECT_EQ(error.kind(), StorageError::Kind::kDamage);
  EXPECT_THAT(error.what(), HasSubstr("It had been synced, up to entry 5 at least"));
}

TEST(Segment, SegmentsBehindATailGoAltogether) {
  JournalRig rig;
  rig.options.segment_bytes = 1;
  rig.Open();
  for (const std::string& payload : kPayloads) rig.Write(payload);
  const std::string second = rig.Path(SegmentName(2));
  rig.disk.SetContents(second, rig.disk.Contents(second).substr(0, 100));
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("one"));
  EXPECT_THAT(rig.tail.later_files, ElementsAre(SegmentName(3), SegmentName(4), SegmentName(5)));
  EXPECT_EQ(rig.tail.whole_entries, 3u);
  EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(1), SegmentName(2)));
  rig.Write("new");
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("one", "new"));
}

TEST(Segment, OneThatIsMissingBeforeAnyWereSyncedIsATailToo) {
  JournalRig rig;
  rig.options.segment_bytes = 1;
  rig.Open();
  for (const std::string& payload : kPayloads) rig.Write(payload);
  EXPECT_FALSE(rig.disk.Remove(rig.Path(SegmentName(3))));
  rig.Open();
  EXPECT_THAT(rig.replayed, ElementsAre("one", ""));
  EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(1), SegmentName(2)));
}

TEST(Segment, AHeaderThatNeverArrivedIsATail) {
  for (const size_t size : {0u, 10u, 63u}) {
    JournalRig rig;
    rig.options.segment_bytes = 1;
    rig.Open();
    rig.Write("1");
    rig.Sync();
    rig.Write("2");
    const std::string path = rig.Path(SegmentName(2));
    rig.disk.SetContents(path, rig.disk.Contents(path).substr(0, size));
    rig.Open();
    EXPECT_THAT(rig.replayed, ElementsAre("1"));
    EXPECT_TRUE(rig.tail.found);
    EXPECT_THAT(rig.Names(), ElementsAre(SegmentName(1)));
    rig.Write("2 again");
    rig.Open();
    EXPECT_THAT(rig.replayed, ElementsAre("1", "2 again"));
  }
}

TEST(Segment, RenamedAndCopiedSegmentsAreDamage) {
  JournalRig rig;
  WriteFive(rig);
  const std::string bytes = rig.disk.Contents(rig.SegmentPath());
  rig.disk.SetContents(rig.Path(SegmentName(6)), bytes);
  StorageError error = rig.TryOpen();
  EXPECT_EQ(error.kind(), StorageError::Kind::kDamage);
  EXPECT_THAT(error.what(), HasSubstr("begins with entry 1, which its name does not say"));
  EXPECT_FALSE(rig.disk.Rename(rig.Path(SegmentName(6)), rig.Path(SegmentName(4))));
  error = rig.TryOpen();
  EXPECT_THAT(error.what(), HasSubstr("the segment begins with entry 4, and the one before it ends with 5"));
}

TEST(Segment, AnotherFormatIsNotTouched) {
  JournalRig rig;
  WriteFive(rig);
  const std::string path = rig.SegmentPath();
  std::string bytes = rig.disk.Contents(path);
  PutU32(bytes.data() + 8, 2);
  rig.disk.SetContents(path, bytes);
  EXPECT_THAT(rig.TryOpen().what(), HasSubstr("the segment's header has a wrong checksum"));
  PutU32(bytes.data() + 60, Crc32c(0, bytes.data(), 60));
  rig.disk.SetContents(path, bytes);
  const StorageError error = rig.TryOpen();
  EXPECT_EQ(error.kind(), StorageError::Kind::kVersion);
  EXPECT_EQ(error.text(), path + ": the segment has format version 2; this Kvorum knows 1");
}

TEST(Reader, GivesEntriesFromAnyIndexOn) {
  JournalRig rig;
  rig.options.segment_bytes = 300;
  rig.Open();
  for (int i = 1; i <= 20; ++i) rig.Write(std::to_string(i) + std::string(100, ' '));
  for (uint64_t from = 1; from <= 21; ++from) {
    JournalReader reader(rig.disk, rig.folder, from);
    JournalEntry entry;
    bool found;
    for (uint64_t index = from; index <= 20; ++index) {
      ASSERT_FALSE(reader.Next(20, &entry, &found));
      ASSERT_TRUE(found);
      EXPECT_EQ(entry.index, index);
      EXPECT_EQ(entry.unix_micros, kTestMicros);
      EXPECT_EQ(entry.payload.substr(0, 3), (std::to_string(index) + "   ").substr(0, 3));
    }
    ASSERT_FALSE(reader.Next(20, &entry, &found));
    EXPECT_FALSE(found);
  }
}

TEST(Reader, FollowsAJournalThatGrows) {
  for (const uint64_t zero_ahead : {0u, 2000u}) {
    JournalRig rig;
    rig.options.segment_bytes = 500;
    rig.options.zero_ahead_bytes = zero_ahead;
    rig.Open();
    JournalReader reader(rig.disk, rig.folder, 1);
    JournalEntry entry;
    bool found;
    uint64_t next = 1;
    for (int i = 1; i <= 50; ++i) {
      rig.Write(std::to_string(i));
      if (i % 3 == 0) rig.Sync();
      if (i % 7 == 0) rig.journal->WriteMark();
      while (true) {
        ASSERT_FALSE(reader.Next(rig.journal->synced_index(), &entry, &found));
        if (!found) break;
        EXPECT_EQ(entry.index, next);
        EXPECT_EQ(entry.payload, std::to_string(next++));
      }
    }
    EXPECT_EQ(next, 49u);
  }
}

TEST(Reader, TellsWhatIsMissing) {
  JournalRig rig;
  rig.options.segment_bytes = 1;
  rig.Open();
  for (const std::string& payload : kPayloads) rig.Write(payload);
  EXPECT_FALSE(rig.disk.Remove(rig.Path(SegmentName(3))));
  JournalReader reader(rig.disk, rig.folder, 2);
  JournalEntry entry;
  bool found;
  EXPECT_FALSE(reader.Next(5, &entry, &found));
  EXPECT_TRUE(found);
  EXPECT_THAT(reader.Next(5, &entry, &found).text(), HasSubstr("the segment ends before entry 3, and no other has it"));
  EXPECT_FALSE(rig.disk.Remove(rig.Path(SegmentName(1))));
  JournalReader early(rig.disk, rig.folder, 1);
  EXPECT_THAT(early.Next(5, &entry, &found).text(), HasSubstr("entry 1 is in no segment"));
}

}  // namespace
}  // namespace kvorum
