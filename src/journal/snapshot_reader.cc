#include "journal/snapshot_reader.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "journal/names.h"

namespace kvorum {

struct SnapshotReader::Shared {
  // One block, or why there is none.
  struct Block {
    Buffer payload;
    uint32_t records = 0;
    bool found = false;
    StorageError error;
  };

  StorageError Begin(FileSystem& files, const std::string& path);
  StorageError CheckName(const std::string& path) const;
  StorageError ReadAt(uint64_t offset, char* to, size_t size);
  StorageError Damage(uint64_t offset, std::string what) const {
    return StorageError::Damage(file->path(), offset, std::move(what));
  }
  StorageError ReadBlock(Block* block);
  StorageError CheckEnd();
  void ReadAhead();

  std::unique_ptr<File> file;
  SnapshotHeader header;
  SnapshotFooter footer;
  uint32_t seed = 0;

  // Whoever reads: the caller, or the job that is posted.
  uint64_t offset = kSnapshotHeaderBytes;
  uint64_t blocks = 0;
  uint64_t records = 0;
  uint32_t blocks_checksum = 0;

  Block current;
  uint64_t taken_bytes = kSnapshotHeaderBytes;  // the caller's
  Worker* worker = nullptr;
  std::mutex mutex;
  std::condition_variable changed;
  Block ahead;  // guarded by mutex
  bool ahead_is_ready = false;
};

StorageError SnapshotReader::Shared::ReadAt(uint64_t at, char* to, size_t size) {
  size_t read;
  if (FileError error = file->Read(at, to, size, &read)) return StorageError::System(error);
  if (read < size) return Damage(at, "the file ends too early");
  return {};
}

StorageError SnapshotReader::Shared::CheckName(const std::string& path) const {
  const size_t slash = path.rfind('/');
  const FileName name = ParseFileName(slash == std::string::npos ? path : path.substr(slash + 1));
  if (name.kind != FileKind::kSnapshot || name.index == header.index) return {};
  return Damage(16,
                fmt::format("the snapshot covers entries up to {}, and its name says {}", header.index, name.index));
}

StorageError SnapshotReader::Shared::Begin(FileSystem& files, const std::string& path) {
  if (FileError error = files.Open(path, OpenMode::kRead, &file)) return StorageError::System(error);
  file->WillReadAll();
  uint64_t size;
  if (FileError error = file->Size(&size)) return StorageError::System(error);
  if (size < kSnapshotHeaderBytes + kSnapshotFooterBytes) {
    return Damage(size, fmt::format("the file has {} bytes, which is too short for a snapshot", size));
  }
  char bytes[kSnapshotHeaderBytes];
  if (StorageError error = ReadAt(0, bytes, sizeof(bytes))) return error;
  uint32_t format = 0;
  switch (DecodeSnapshotHeader(bytes, &header, &seed, &format)) {
    case SnapshotHeaderState::kGood:
      break;
    case SnapshotHeaderState::kForeign:
      return Damage(0, "this is no snapshot of Kvorum");
    case SnapshotHeaderState::kDamaged:
      return Damage(0, "the header has a wrong checksum");
    case SnapshotHeaderState::kNewer:
      return StorageError::Version(
          path, fmt::format("the snapshot has format version {}; this Kvorum knows {}", format, kSnapshotFormat));
  }
  if (StorageError error = CheckName(path)) return error;
  const uint64_t footer_at = size - kSnapshotFooterBytes;
  char end[kSnapshotFooterBytes];
  if (StorageError error = ReadAt(footer_at, end, sizeof(end))) return error;
  if (!DecodeSnapshotFooter(seed, end, &footer))
    return Damage(footer_at, "there is no whole footer: the end is damaged or missing");
  if (footer.file_bytes != size) {
    return Damage(footer_at,
                  fmt::format("the file has {} bytes and had {} when it was written", size, footer.file_bytes));
  }
  return {};
}

StorageError SnapshotReader::Shared::CheckEnd() {
  if (blocks != footer.blocks || records != footer.records || blocks_checksum != footer.blocks_checksum) {
    return Damage(offset, fmt::format("the footer counts {} blocks with {} records, and there are {} with {}",
                                      footer.blocks, footer.records, blocks, records));
  }
  return {};
}

StorageError SnapshotReader::Shared::ReadBlock(Block* block) {
  block->found = false;
  block->payload.Clear();
  const uint64_t end = footer.file_bytes - kSnapshotFooterBytes;
  if (offset == end) return CheckEnd();
  if (end - offset < kBlockHeaderBytes) return Damage(offset, fmt::format("block {} is cut off", blocks));
  char bytes[kBlockHeaderBytes];
  if (StorageError error = ReadAt(offset, bytes, sizeof(bytes))) return error;
  BlockHeader read;
  if (!DecodeBlockHeader(seed, bytes, &read))
    return Damage(offset, fmt::format("the header of block {} has a wrong checksum", blocks));
  if (read.number != blocks) return Damage(offset, fmt::format("block {} stands where {} must", read.number, blocks));
  if (read.encoding != 0) {
    return StorageError::Version(
        file->path(), fmt::format("block {} has encoding {}, which this Kvorum does not know", blocks, read.encoding));
  }
  if (read.payload_bytes > end - offset - kBlockHeaderBytes)
    return Damage(offset, fmt::format("block {} is cut off", blocks));
  const auto size = static_cast<size_t>(read.payload_bytes);
  block->payload.Reserve(size);
  if (StorageError error = ReadAt(offset + kBlockHeaderBytes, block->payload.Prepare(size), size)) return error;
  block->payload.Commit(size);
  if (Crc32c(0, block->payload.view()) != read.payload_checksum) {
    return Damage(offset, fmt::format("block {} has a wrong checksum", blocks));
  }
  block->records = read.records;
  block->found = true;
  blocks_checksum = Crc32c(blocks_checksum, bytes, sizeof(uint32_t));
  offset += kBlockHeaderBytes + size;
  ++blocks;
  records += read.records;
  return {};
}

// On the worker's thread. The caller touches nothing of this until it is ready.
void SnapshotReader::Shared::ReadAhead() {
  Block block;
  {
    const std::lock_guard lock(mutex);
    block = std::move(ahead);
  }
  block.error = ReadBlock(&block);
  {
    const std::lock_guard lock(mutex);
    ahead = std::move(block);
    ahead_is_ready = true;
  }
  changed.notify_one();
}

StorageError SnapshotReader::Open(FileSystem& files, const std::string& path, Worker* worker,
                                  std::unique_ptr<SnapshotReader>* reader) {
  auto shared = std::make_shared<Shared>();
  if (StorageError error = shared->Begin(files, path)) return error;
  shared->worker = worker;
  if (worker != nullptr) worker->Post([shared] { shared->ReadAhead(); });
  reader->reset(new SnapshotReader(std::move(shared)));
  return {};
}

SnapshotReader::SnapshotReader(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
SnapshotReader::~SnapshotReader() = default;

const SnapshotHeader& SnapshotReader::header() const { return shared_->header; }
const SnapshotFooter& SnapshotReader::footer() const { return shared_->footer; }
uint64_t SnapshotReader::read_bytes() const { return shared_->taken_bytes; }

StorageError SnapshotReader::Next(std::string_view* payload, uint32_t* records, bool* found) {
  Shared& shared = *shared_;
  *found = false;
  if (shared.worker == nullptr) {
    if (StorageError error = shared.ReadBlock(&shared.current)) return error;
  } else {
    std::unique_lock lock(shared.mutex);
    shared.changed.wait(lock, [&] { return shared.ahead_is_ready; });
    if (shared.ahead.error || !shared.ahead.found) return shared.ahead.error;
    std::swap(shared.current, shared.ahead);
    shared.ahead_is_ready = false;
    lock.unlock();
    shared.worker->Post([held = shared_] { held->ReadAhead(); });
  }
  if (!shared.current.found) return {};
  *payload = shared.current.payload.view();
  *records = shared.current.records;
  *found = true;
  shared.taken_bytes += kBlockHeaderBytes + payload->size();
  return {};
}

}  // namespace kvorum
