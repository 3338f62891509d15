#include "journal/test_journal.h"

#include <fmt/format.h>

namespace kvorum {

JournalRig::JournalRig(uint64_t seed) : disk(seed) { EXPECT_FALSE(disk.CreateFolder(folder)); }

StorageError JournalRig::TryOpen() {
  journal.reset();
  replayed.clear();
  uint64_t next = options.covered_index + 1;
  JournalOptions with = options;
  with.replay = [&](const JournalEntry& entry) {
    EXPECT_EQ(entry.index, next++);
    replayed.emplace_back(entry.payload);
    return true;
  };
  return Journal::Open(disk, folder, worker, clock, std::move(with), &journal, &tail);
}

void JournalRig::Open() {
  const StorageError error = TryOpen();
  ASSERT_FALSE(error) << error.text();
}

void JournalRig::Write(std::string_view payload) {
  EXPECT_NE(Append(payload), 0u);
  journal->Flush();
}

void JournalRig::Sync() {
  journal->RequestSync();
  worker.RunAll();
}

void JournalRig::Crash(FakeDisk::Keep keep) {
  journal.reset();
  worker.DropAll();
  disk.Crash(keep);
}

std::vector<std::string> JournalRig::Names() {
  std::vector<FolderEntry> entries;
  EXPECT_FALSE(disk.List(folder, &entries));
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const FolderEntry& entry : entries) names.push_back(entry.name);
  return names;
}

std::string JournalRig::SegmentPath() {
  const std::vector<std::string> names = Names();
  EXPECT_EQ(names.size(), 1u);
  return Path(names.front());
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    text += fmt::format("{:02x}", static_cast<uint8_t>(bytes[i]));
    if (i % 32 == 31 || i + 1 == bytes.size()) text += '\n';
  }
  return text;
}

}  // namespace kvorum
