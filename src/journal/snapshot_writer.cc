#include "journal/snapshot_writer.h"

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "journal/names.h"

namespace kvorum {

// What the worker's jobs see, and own with the writer.
struct SnapshotWriter::Shared {
  Shared(FileSystem& file_system, std::string in_folder, Worker& on_worker, SnapshotWriterOptions with)
      : files(file_system), folder(std::move(in_folder)), worker(on_worker), options(std::move(with)) {}

  // On the worker's thread, one after another.
  void Write(Buffer block, uint32_t records);
  void Complete();
  void Drop();
  FileError WriteBlock(const Buffer& block, uint32_t records);
  FileError WriteFooterAndRename();
  void Fail(const std::string& why);
  void Progress();

  FileSystem& files;
  const std::string folder;
  Worker& worker;
  SnapshotWriterOptions options;
  std::string unfinished_path;
  std::string path;

  // The worker's.
  std::unique_ptr<File> file;
  uint32_t seed = 0;
  SnapshotFooter footer;
  uint64_t unsynced_bytes = 0;

  std::atomic<State> state{State::kWriting};
  std::atomic<uint64_t> written_bytes{0};
  std::atomic<uint64_t> queued_bytes{0};
  std::mutex mutex;  // guards what follows
  std::string error;
  std::vector<Buffer> spare;  // written, to be filled again
  bool aborted = false;
};

FileError SnapshotWriter::Begin(FileSystem& files, const std::string& folder, Worker& worker,
                                const SnapshotHeader& header, SnapshotWriterOptions options,
                                std::unique_ptr<SnapshotWriter>* writer) {
  auto shared = std::make_shared<Shared>(files, folder, worker, std::move(options));
  shared->unfinished_path = JoinPath(folder, UnfinishedSnapshotName(header.index));
  shared->path = JoinPath(folder, SnapshotName(header.index));
  FileError error = files.Remove(shared->unfinished_path);
  if (error && !error.IsMissing()) return error;
  error = files.Open(shared->unfinished_path, OpenMode::kCreate, &shared->file);
  if (error) return error;
  char bytes[kSnapshotHeaderBytes];
  shared->seed = EncodeSnapshotHeader(header, bytes);
  shared->footer.file_bytes = sizeof(bytes);
  shared->written_bytes = sizeof(bytes);
  error = shared->file->Write(0, {bytes, sizeof(bytes)});
  if (error) {
    (void)files.Remove(shared->unfinished_path);
    return error;
  }
  writer->reset(new SnapshotWriter(std::move(shared)));
  return {};
}

SnapshotWriter::SnapshotWriter(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

SnapshotWriter::~SnapshotWriter() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->options.on_progress = nullptr;
  }
  Abort();
}

bool SnapshotWriter::Add(Buffer* block, uint32_t records) {
  const uint64_t queued = shared_->queued_bytes;
  if (queued > 0 && queued + block->size() > shared_->options.queue_bytes) return false;
  if (state() != State::kWriting) {
    block->Clear();
    return true;
  }
  shared_->queued_bytes += block->size();
  auto taken = std::make_shared<Buffer>(std::move(*block));
  {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->spare.empty()) {
      *block = std::move(shared_->spare.back());
      shared_->spare.pop_back();
    }
  }
  shared_->worker.Post([shared = shared_, taken, records] { shared->Write(std::move(*taken), records); });
  return true;
}

void SnapshotWriter::Finish() {
  State writing = State::kWriting;
  if (!shared_->state.compare_exchange_strong(writing, State::kFinishing)) return;
  shared_->worker.Post([shared = shared_] { shared->Complete(); });
}

void SnapshotWriter::Abort() {
  {
    const std::lock_guard lock(shared_->mutex);
    const State now = state();
    if (shared_->aborted || now == State::kDone) return;
    shared_->aborted = true;
  }
  shared_->worker.Post([shared = shared_] { shared->Drop(); });
}

SnapshotWriter::State SnapshotWriter::state() const { return shared_->state; }
uint64_t SnapshotWriter::written_bytes() const { return shared_->written_bytes; }
uint64_t SnapshotWriter::queued_bytes() const { return shared_->queued_bytes; }
const std::string& SnapshotWriter::path() const { return shared_->path; }

std::string SnapshotWriter::error() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->error;
}

void SnapshotWriter::Shared::Fail(const std::string& why) {
  {
    const std::lock_guard lock(mutex);
    error = why;
  }
  file.reset();
  (void)files.Remove(unfinished_path);  // or the next start does it
  state = State::kFailed;               // from now on another one may have a file of that name
}

void SnapshotWriter::Shared::Progress() {
  const std::lock_guard lock(mutex);
  if (options.on_progress) options.on_progress();
}

FileError SnapshotWriter::Shared::WriteBlock(const Buffer& block, uint32_t records) {
  BlockHeader header;
  header.number = footer.blocks;
  header.records = records;
  header.payload_bytes = block.size();
  header.payload_checksum = Crc32c(0, block.view());
  char bytes[kBlockHeaderBytes];
  EncodeBlockHeader(seed, header, bytes);
  const std::string_view head(bytes, sizeof(bytes));
  if (FileError failed = file->Write(footer.file_bytes, {head, block.view()})) return failed;
  footer.blocks_checksum = Crc32c(footer.blocks_checksum, bytes, sizeof(uint32_t));
  footer.file_bytes += sizeof(bytes) + block.size();
  ++footer.blocks;
  footer.records += records;
  written_bytes = footer.file_bytes;
  unsynced_bytes += sizeof(bytes) + block.size();
  if (unsynced_bytes < options.sync_bytes) return {};
  unsynced_bytes = 0;
  return file->Sync();
}

void SnapshotWriter::Shared::Write(Buffer block, uint32_t records) {
  const uint64_t bytes = block.size();
  bool give_up;
  {
    const std::lock_guard lock(mutex);
    give_up = aborted;
  }
  if (state != State::kFailed && !give_up) {
    if (FileError failed = WriteBlock(block, records)) Fail(failed.text());
  }
  block.Clear();
  {
    const std::lock_guard lock(mutex);
    if (block.capacity() <= 2 * kSnapshotBlockBytes && spare.size() < 2) spare.push_back(std::move(block));
  }
  queued_bytes -= bytes;
  Progress();
}

FileError SnapshotWriter::Shared::WriteFooterAndRename() {
  char bytes[kSnapshotFooterBytes];
  const uint64_t at = footer.file_bytes;
  footer.file_bytes += sizeof(bytes);
  EncodeSnapshotFooter(seed, footer, bytes);
  if (FileError failed = file->Write(at, {bytes, sizeof(bytes)})) return failed;
  if (FileError failed = file->Sync()) return failed;
  if (FileError failed = files.Rename(unfinished_path, path)) return failed;
  return files.SyncFolder(folder);
}

void SnapshotWriter::Shared::Complete() {
  bool give_up;
  {
    const std::lock_guard lock(mutex);
    give_up = aborted;
  }
  if (give_up || state == State::kFailed) return;
  if (FileError failed = WriteFooterAndRename()) {
    Fail(failed.text());
  } else {
    written_bytes = footer.file_bytes;
    file.reset();
    state = State::kDone;
  }
  Progress();
}

void SnapshotWriter::Shared::Drop() {
  if (state == State::kDone || state == State::kFailed) return;
  Fail("aborted");
  Progress();
}

}  // namespace kvorum
