// Takes the fuzzer's bytes for a folder of up to three segments: opens a journal on it, appends, and opens it again.
// Whatever the bytes are, that fails with an error that names a file, or works and keeps what was appended.
//
// Checksums hide most of what a mutation changes, so the bytes are also taken as instructions that write good frames,
// with wrong indexes, versions and lengths among them.
#include <memory>

#include "base/crc32c.h"
#include "journal/data_folder.h"
#include "journal/journal.h"
#include "journal/names.h"
#include "os/fake_disk.h"
#include "os/worker.h"

namespace {

using namespace kvorum;

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), end_(data + size) {}
  bool done() const { return data_ == end_; }
  uint8_t Byte() { return done() ? 0 : *data_++; }
  std::string Bytes(size_t size) {
    size = std::min(size, static_cast<size_t>(end_ - data_));
    std::string bytes(reinterpret_cast<const char*>(data_), size);
    data_ += size;
    return bytes;
  }

 private:
  const uint8_t* data_;
  const uint8_t* end_;
};

void AddFrame(Input& input, uint32_t seed, uint64_t* next, std::string* segment) {
  const uint8_t how = input.Byte();
  const std::string payload = input.Bytes(input.Byte() % 40);
  FrameHeader header;
  header.kind = how % 8 == 1 ? FrameKind::kMark : FrameKind::kEntry;
  header.index = header.kind == FrameKind::kMark ? *next - 1 : *next;
  if (how % 16 == 2) header.index += input.Byte() - 3u;
  header.config_version = how % 16 == 3 ? input.Byte() : 1;
  header.synced_index = how & 0x40 ? *next - 1 : 0;
  header.payload_bytes = how % 16 == 4 ? payload.size() + input.Byte() : payload.size();
  header.payload_checksum = Crc32c(0, payload) + (how % 16 == 5);
  char bytes[kFrameHeaderBytes];
  EncodeFrameHeader(seed, header, bytes);
  segment->append(bytes, sizeof(bytes)).append(payload);
  if (header.kind == FrameKind::kEntry) ++*next;
  if (how % 16 == 6) segment->append(input.Bytes(input.Byte()));
  if (how % 16 == 7) segment->append(input.Byte(), '\0');
  if (how % 16 == 8) segment->resize(segment->size() - input.Byte() % segment->size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  FakeDisk disk(1);
  CHECK(!disk.CreateFolder("d"));
  uint64_t next = 1;
  for (int segments = input.Byte() % 4; segments > 0; --segments) {
    if (input.Byte() % 16 == 0) next += input.Byte() % 3;
    const uint64_t first = next;
    char bytes[kSegmentHeaderBytes];
    EncodeSegmentHeader({first, 1, input.Byte() % 2 == 0 ? 0 : next - 1, 0}, bytes);
    std::string segment(bytes, sizeof(bytes));
    for (int frames = input.Byte() % 8; frames > 0; --frames) AddFrame(input, FrameSeed(first), &next, &segment);
    disk.SetContents(JoinPath("d", SegmentName(first)), segment);
  }
  if (!input.done()) disk.SetContents(JoinPath("d", SegmentName(next)), input.Bytes(1 << 20));

  FolderReport report;
  CHECK(!Inspect(disk, "d", &report));
  ManualWorker worker;
  ManualClock clock(0);
  std::unique_ptr<Journal> journal;
  TornTail tail;
  uint64_t entries = 0;
  JournalOptions options;
  options.config_version = UINT64_MAX;
  options.replay = [&](const JournalEntry& entry) { return entry.index == ++entries; };
  if (StorageError error = Journal::Open(disk, "d", worker, clock, options, &journal, &tail)) {
    CHECK(error.kind() != StorageError::Kind::kStopped && error.kind() != StorageError::Kind::kSystem);
    CHECK(!error.file().empty() && !report.can_start());
    return 0;
  }
  CHECK(report.can_start() && report.last_index == entries && journal->last_index() == entries);
  CHECK(journal->Append("appended", 0) == entries + 1);
  CHECK(journal->Close());
  journal.reset();
  disk.Crash(FakeDisk::Keep::kSynced);
  const uint64_t before = entries;
  entries = 0;
  CHECK(!Journal::Open(disk, "d", worker, clock, options, &journal, &tail));
  CHECK(entries == before + 1 && !tail.found);
  return 0;
}
