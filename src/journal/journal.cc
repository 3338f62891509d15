#include "journal/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/crc32c.h"
#include "journal/names.h"

namespace kvorum {
namespace {

constexpr size_t kKeptPendingBytes = 4 << 20;
constexpr size_t kSmallPendingBytes = 16 << 10;
constexpr uint64_t kMaxZeroAheadBytes = 4 << 20;
// Of a segment's header and the headers of a turn's entries.
constexpr uint64_t kHeadersBytes = kSegmentHeaderBytes + 16 * kFrameHeaderBytes;
constexpr size_t kCopyBytes = 1 << 20;

}  // namespace

// What the worker's jobs see. They own it with the journal, so a journal may end before its jobs have run.
struct Journal::Shared {
  // A segment that is written to no more, and not synced.
  struct Closed {
    std::shared_ptr<File> file;
    uint64_t bytes;
    bool has_more;  // zeros or reserved room behind its last frame
  };

  Shared(FileSystem& file_system, std::string path, Clock& time)
      : files(file_system), folder(std::move(path)), clock(time) {}

  void Sync();
  FileError SyncFiles(const std::vector<Closed>& left, File* now, bool sync_folder);
  void Remove(const std::vector<std::string>& names);

  FileSystem& files;
  const std::string folder;
  Clock& clock;
  std::atomic<uint64_t> synced{0};
  std::atomic<bool> failed{false};
  std::mutex one_sync;  // held over a whole sync; taken before `mutex`

  std::mutex mutex;  // guards all below
  uint64_t written = 0;
  std::vector<Closed> closed;
  std::shared_ptr<File> current;
  bool folder_changed = false;
  bool posted = false;
  bool running = false;
  std::function<void()> on_synced;
  std::string failure;
  std::string remove_error;
  uint64_t syncs = 0;
  uint64_t delayed_syncs = 0;
  int64_t last_sync_micros = 0;
  int64_t longest_sync_micros = 0;
};

FileError Journal::Shared::SyncFiles(const std::vector<Closed>& left, File* now, bool sync_folder) {
  for (const Closed& segment : left) {
    if (segment.has_more) (void)segment.file->Truncate(segment.bytes);  // only for looks
    if (FileError error = segment.file->Sync()) return error;
  }
  if (FileError error = now->Sync()) return error;
  if (sync_folder) return files.SyncFolder(folder);
  return {};
}

void Journal::Shared::Sync() {
  const std::lock_guard alone(one_sync);
  std::unique_lock lock(mutex);
  posted = false;
  if (failed || (written == synced && closed.empty() && !folder_changed)) return;
  running = true;
  const uint64_t target = written;
  const std::vector<Closed> left = std::exchange(closed, {});
  const std::shared_ptr<File> now = current;
  const bool sync_folder = std::exchange(folder_changed, false);
  lock.unlock();

  const int64_t started = clock.MonotonicMicros();
  const FileError error = SyncFiles(left, now.get(), sync_folder);
  const int64_t took = clock.MonotonicMicros() - started;

  lock.lock();
  running = false;
  ++syncs;
  last_sync_micros = took;
  longest_sync_micros = std::max(longest_sync_micros, took);
  if (error) {
    failure = error.text();
    failed = true;
  } else {
    synced = target;
  }
  if (on_synced) on_synced();
}

void Journal::Shared::Remove(const std::vector<std::string>& names) {
  // The segment that follows gets its name to the disk before these go from it. Else a power cut could leave a later one alone, with a
  // hole before it that looks as if files had been lost.
  Sync();
  if (failed) return;
  FileError error;
  for (const std::string& name : names) {
    error = files.Remove(JoinPath(folder, name));
    if (error) break;  // the oldest go first, so that what stays has no hole
  }
  if (!error) error = files.SyncFolder(folder);
  const std::lock_guard lock(mutex);
  remove_error = error.text();
}

Journal::Journal(FileSystem& files, std::string folder, Worker& worker, Clock& clock, JournalOptions options)
    : files_(files),
      folder_(std::move(folder)),
      worker_(worker),
      options_(std::move(options)),
      shared_(std::make_shared<Shared>(files, folder_, clock)) {
  SetZeroAhead(options_.zero_ahead_bytes);
}

Journal::~Journal() {
  const std::lock_guard lock(shared_->mutex);
  shared_->on_synced = nullptr;
}

StorageError Journal::Open(FileSystem& files, const std::string& folder, Worker& worker, Clock& clock,
                           JournalOptions options, std::unique_ptr<Journal>* journal, TornTail* tail) {
  std::unique_ptr<Journal> opened(new Journal(files, folder, worker, clock, std::move(options)));
  if (StorageError error = opened->Begin(tail)) return error;
  *journal = std::move(opened);
  return {};
}

StorageError Journal::Begin(TornTail* tail) {
  JournalScan scan;
  if (StorageError error = ScanJournal(files_, folder_, options_.covered_index, options_.replay, &scan)) return error;
  options_.replay = nullptr;
  *tail = scan.tail;
  if (scan.config_version > options_.config_version) {
    return StorageError::Damage(JoinPath(folder_, scan.segments.back().name), 0,
                                fmt::format("the journal has entries of configuration {}, and this is configuration {}",
                                            scan.config_version, options_.config_version));
  }
  if (scan.tail.found) {
    if (StorageError error = CutTail(scan)) return error;
  }
  for (const SegmentSummary& segment : scan.segments) {
    segments_.push_back({segment.name, segment.first_index, segment.used_bytes});
  }
  last_index_ = std::max(scan.last_index, options_.covered_index);
  unneeded_index_ = options_.covered_index;
  if (scan.segments.empty() || scan.last_index < options_.covered_index) {
    if (StorageError error = StartOver()) return error;
  } else {
    if (StorageError error = MakeDurable(scan)) return error;
    if (StorageError error = OpenLast(scan)) return error;
  }
  written_index_ = last_index_;
  stated_index_ = scan.synced_index;
  const std::lock_guard lock(shared_->mutex);
  shared_->written = last_index_;
  shared_->synced = last_index_;
  shared_->current = file_;
  shared_->on_synced = std::move(options_.on_synced);
  return {};
}

StorageError Journal::CutTail(const JournalScan& scan) {
  const TornTail& tail = scan.tail;
  // What comes later goes first: whatever a crash leaves of this is again a torn tail.
  for (auto name = tail.later_files.rbegin(); name != tail.later_files.rend(); ++name) {
    if (FileError error = files_.Remove(JoinPath(folder_, *name))) return StorageError::System(error);
  }
  const std::string path = JoinPath(folder_, tail.file);
  const bool whole_file = tail.offset < kSegmentHeaderBytes;
  if (whole_file) {
    if (FileError error = files_.Remove(path)) return StorageError::System(error);
  }
  if (whole_file || !tail.later_files.empty()) {
    if (FileError error = files_.SyncFolder(folder_)) return StorageError::System(error);
  }
  if (whole_file) return {};
  // Synced before anything is appended: else whole entries of the tail could come back behind new ones that take the
  // place of the bad one.
  std::unique_ptr<File> file;
  if (FileError error = files_.Open(path, OpenMode::kUpdate, &file)) return StorageError::System(error);
  if (FileError error = file->Truncate(tail.offset)) return StorageError::System(error);
  if (FileError error = file->Sync()) return StorageError::System(error);
  return {};
}

// What was read may be in the system's memory only, and even marked as written there: a failed fsync does that, and the
// process that knew has ended. So what nothing states to have been synced is written again before it is synced and
// built upon: the last mark at least, which states it for what stands before it and not for itself.
StorageError Journal::MakeDurable(const JournalScan& scan) {
  for (size_t i = scan.unsynced_segment; i < scan.segments.size(); ++i) {
    if (!scan.segments[i].was_read) continue;
    const uint64_t offset = i == scan.unsynced_segment ? scan.unsynced_offset : 0;
    if (StorageError error = RewriteFrom(scan.segments[i], offset)) return error;
  }
  if (FileError error = files_.SyncFolder(folder_)) return StorageError::System(error);
  return {};
}

StorageError Journal::RewriteFrom(const SegmentSummary& segment, uint64_t offset) {
  std::unique_ptr<File> file;
  if (FileError error = files_.Open(JoinPath(folder_, segment.name), OpenMode::kUpdate, &file)) {
    return StorageError::System(error);
  }
  Buffer bytes(static_cast<size_t>(std::min<uint64_t>(kCopyBytes, segment.used_bytes)));
  while (offset < segment.used_bytes) {
    const auto size = static_cast<size_t>(std::min<uint64_t>(kCopyBytes, segment.used_bytes - offset));
    size_t read;
    if (FileError error = file->Read(offset, bytes.data(), size, &read)) return StorageError::System(error);
    if (read == 0) return StorageError::Damage(file->path(), offset, "the file became shorter while it was read");
    if (FileError error = file->Write(offset, {bytes.data(), read})) return StorageError::System(error);
    offset += read;
  }
  if (FileError error = file->Sync()) return StorageError::System(error);
  return {};
}

StorageError Journal::OpenLast(const JournalScan& scan) {
  const SegmentSummary& last = scan.segments.back();
  std::unique_ptr<File> file;
  if (FileError error = files_.Open(JoinPath(folder_, last.name), OpenMode::kUpdate, &file))
    return StorageError::System(error);
  if (FileError error = file->Truncate(last.used_bytes)) return StorageError::System(error);  // zeros ahead
  file_ = std::move(file);
  seed_ = FrameSeed(last.first_index);
  size_ = zeros_end_ = last.used_bytes;
  return {};
}

// There is nothing to go on with: no segment, or a snapshot that is ahead of them all.
StorageError Journal::StartOver() {
  for (const Segment& segment : segments_) {
    if (FileError error = files_.Remove(JoinPath(folder_, segment.name))) return StorageError::System(error);
  }
  segments_.clear();
  shared_->synced = last_index_;
  if (FileError error = BeginSegment(last_index_ + 1)) return StorageError::System(error);
  if (FileError error = WriteAtEnd(false)) return StorageError::System(error);
  if (FileError error = file_->Sync()) return StorageError::System(error);
  if (FileError error = files_.SyncFolder(folder_)) return StorageError::System(error);
  shared_->folder_changed = false;
  has_begun_segment_ = false;
  return {};
}

// The header is written with the first entries.
FileError Journal::BeginSegment(uint64_t first_index) {
  const std::string name = SegmentName(first_index);
  std::unique_ptr<File> file;
  if (FileError error = files_.Open(JoinPath(folder_, name), OpenMode::kCreate, &file)) return error;
  {
    const std::lock_guard lock(shared_->mutex);
    if (file_ != nullptr) shared_->closed.push_back({file_, size_, std::max(zeros_end_, reserved_end_) > size_});
    file_ = std::move(file);
    shared_->current = file_;
    shared_->folder_changed = true;
  }
  segments_.push_back({name, first_index, 0});
  seed_ = FrameSeed(first_index);
  size_ = zeros_end_ = reserved_end_ = 0;
  has_begun_segment_ = true;
  segment_is_ended_ = false;
  RemoveUnneeded();
  return {};
}

// All that waits goes into one segment, so its first entry decides which: checksums begin with the segment's index.
bool Journal::NextSegmentIsDue() const {
  const bool is_full = segment_is_ended_ || size_ >= options_.segment_bytes;
  return is_full && pending_.empty() && segments_.back().first_index <= last_index_;
}

FileError Journal::Reserve(uint64_t bytes) {
  if (NextSegmentIsDue()) {
    if (FileError error = BeginSegment(last_index_ + 1)) return error;
  }
  const uint64_t end = size_ + pending_.size() + kHeadersBytes + bytes;
  if (end <= reserved_end_) return {};
  if (!file_->Reserve(end + kReserveBytes)) {
    reserved_end_ = end + kReserveBytes;
    return {};
  }
  // The last of the disk's room is for what is needed now.
  if (FileError error = file_->Reserve(end)) return error;
  reserved_end_ = end;
  return {};
}

Journal::State Journal::state() const {
  if (shared_->failed) return State::kFailed;
  return refusing_ ? State::kRefusing : State::kOpen;
}

std::string Journal::refusal() const {
  const State now = state();
  if (now == State::kOpen) return {};
  if (now == State::kRefusing) return "the journal cannot be written: " + refusal_;
  const std::lock_guard lock(shared_->mutex);
  return "the journal could not be synced, and what is on the disk is unknown until a restart: " + shared_->failure;
}

uint64_t Journal::synced_index() const { return shared_->synced; }

bool Journal::sync_running() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->running || shared_->posted;
}

void Journal::AppendFrame(FrameKind kind, uint64_t index, std::string_view payload, uint64_t unix_micros) {
  FrameHeader header;
  header.kind = kind;
  header.index = index;
  header.config_version = options_.config_version;
  header.synced_index = stated_index_ = shared_->synced;
  header.unix_micros = unix_micros;
  header.payload_bytes = payload.size();
  header.payload_checksum = Crc32c(0, payload);
  char* to = pending_.Prepare(kFrameHeaderBytes + payload.size());
  EncodeFrameHeader(seed_, header, to);
  if (!payload.empty()) std::memcpy(to + kFrameHeaderBytes, payload.data(), payload.size());
  pending_.Commit(kFrameHeaderBytes + payload.size());
}

uint64_t Journal::Append(std::string_view payload, uint64_t unix_micros) {
  if (state() != State::kOpen) return 0;
  const uint64_t index = last_index_ + 1;
  if (NextSegmentIsDue()) {
    next_segment_ = index;
    seed_ = FrameSeed(index);
  }
  AppendFrame(FrameKind::kEntry, index, payload, unix_micros);
  last_index_ = index;
  ++entries_;
  return index;
}

void Journal::Flush() {
  if (!pending_.empty() && state() == State::kOpen) (void)WritePending();
}

void Journal::Retry() {
  if (state() != State::kRefusing) return;
  refusing_ = false;
  if (WritePending()) refusal_.clear();
}

void Journal::Refuse(const FileError& error) {
  refusing_ = true;
  refusal_ = error.text();
  ++failed_writes_;
}

bool Journal::WritePending() {
  if (next_segment_ != 0) {
    if (FileError error = BeginSegment(next_segment_)) {
      Refuse(error);
      return false;
    }
    next_segment_ = 0;
  }
  FileError error = WriteAtEnd(true);
  if (error && !zeros_.empty()) error = WriteAtEnd(false);  // the last room is for entries
  if (error) {
    Refuse(error);
    return false;
  }
  pending_.Clear();
  if (pending_.capacity() > kKeptPendingBytes) pending_.Resize(kKeptPendingBytes);
  written_index_ = last_index_;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->written = last_index_;
  }
  if (std::exchange(has_begun_segment_, false))
    RequestSync();  // also under policies that never ask: what a whole segment holds shall not be lost
  return true;
}

FileError Journal::WriteAtEnd(bool with_zeros) {
  char header[kSegmentHeaderBytes];
  std::string_view pieces[3];
  size_t count = 0;
  uint64_t end = size_ + pending_.size();
  if (size_ == 0) {
    EncodeSegmentHeader({segments_.back().first_index, options_.config_version, shared_->synced,
                         static_cast<uint64_t>(shared_->clock.UnixMicros())},
                        header);
    pieces[count++] = {header, sizeof(header)};
    end += sizeof(header);
  }
  pieces[count++] = pending_.view();
  uint64_t zeros_end = std::max(zeros_end_, end);
  if (with_zeros && !zeros_.empty() && end > zeros_end_) {
    zeros_end = (end / zeros_.size() + 1) * zeros_.size();
    // They must not take the room for entries.
    if (reserved_end_ != 0) zeros_end = std::min(zeros_end, std::max(end, reserved_end_));
    pieces[count++] = std::string_view(zeros_).substr(0, zeros_end - end);
  }
  if (FileError error = file_->Write(size_, pieces, count)) {
    // If this fails as well, a torn tail stays until the next write goes over it, or recovery cuts it.
    (void)file_->Truncate(size_);
    zeros_end_ = reserved_end_ = size_;
    return error;
  }
  ++writes_;
  size_ = segments_.back().bytes = end;
  zeros_end_ = zeros_end;
  return {};
}

void Journal::RequestSync() {
  {
    const std::lock_guard lock(shared_->mutex);
    Shared& shared = *shared_;
    if (shared.failed || shared.posted) return;
    if (shared.written == shared.synced && shared.closed.empty() && !shared.folder_changed) return;
    if (shared.running) ++shared.delayed_syncs;
    shared.posted = true;
  }
  worker_.Post([shared = shared_] { shared->Sync(); });
}

bool Journal::SyncNow() {
  shared_->Sync();
  return !shared_->failed;
}

void Journal::ReleaseMemory() {
  if (pending_.empty() && pending_.capacity() > kSmallPendingBytes) pending_.Resize(kSmallPendingBytes);
}

void Journal::WriteMark() {
  if (state() != State::kOpen || !pending_.empty() || size_ == 0 || shared_->synced <= stated_index_) return;
  const uint64_t stated = stated_index_;
  AppendFrame(FrameKind::kMark, last_index_, {}, static_cast<uint64_t>(shared_->clock.UnixMicros()));
  if (!WriteAtEnd(false)) {
    pending_.Clear();
    return;
  }
  // It can be done without, so writes go on: whether there is room for them, they find out by themselves.
  pending_.Clear();
  stated_index_ = stated;
}

bool Journal::Close() {
  Flush();
  Retry();
  if (!SyncNow() || state() != State::kOpen || !pending_.empty()) return false;
  WriteMark();
  if (state() != State::kOpen) return false;
  if (std::max(zeros_end_, reserved_end_) > size_) (void)file_->Truncate(size_);  // only for looks
  zeros_end_ = reserved_end_ = size_;
  const FileError error = file_->Sync();
  if (!error) return true;
  const std::lock_guard lock(shared_->mutex);
  shared_->failure = error.text();
  shared_->failed = true;
  return false;
}

void Journal::RemoveUpTo(uint64_t index) {
  unneeded_index_ = std::max(unneeded_index_, std::min(index, last_index_));
  RemoveUnneeded();
}

void Journal::RemoveUnneeded() {
  std::vector<std::string> names;
  while (segments_.size() > 1 && segments_[1].first_index <= unneeded_index_ + 1) {
    names.push_back(std::move(segments_.front().name));
    segments_.erase(segments_.begin());
  }
  if (!names.empty()) worker_.Post([shared = shared_, names = std::move(names)] { shared->Remove(names); });
}

void Journal::SetZeroAhead(uint64_t bytes) {
  options_.zero_ahead_bytes = std::min(bytes, kMaxZeroAheadBytes);
  zeros_.assign(options_.zero_ahead_bytes, '\0');
}

void Journal::SetConfigVersion(uint64_t version) {
  CHECK(version >= options_.config_version);
  options_.config_version = version;
}

JournalStats Journal::stats() const {
  JournalStats stats;
  stats.segments = segments_.size();
  for (const Segment& segment : segments_) stats.bytes += segment.bytes;
  stats.pending_bytes = pending_.size();
  stats.entries = entries_;
  stats.writes = writes_;
  stats.failed_writes = failed_writes_;
  const std::lock_guard lock(shared_->mutex);
  stats.syncs = shared_->syncs;
  stats.delayed_syncs = shared_->delayed_syncs;
  stats.last_sync_micros = shared_->last_sync_micros;
  stats.longest_sync_micros = shared_->longest_sync_micros;
  stats.remove_error = shared_->remove_error;
  return stats;
}

}  // namespace kvorum
