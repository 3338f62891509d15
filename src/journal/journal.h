// Journal: the entries of one shard on disk, in order, in segments of one folder.
//
// The life of an entry: Append puts it into memory and gives it its index; Flush writes all that was appended to the
// file in one call (it outlives the process then); a sync, on another thread, puts it on the disk (it outlives a power
// cut then). One sync covers all that was written before it began, however much that is, and `synced_index` says so.
//
// When the disk is full, or a write fails for another reason, the file is cut back to its last whole entry and the
// journal *refuses*: Append returns 0 until Retry has written what was appended before. What was appended is kept in
// memory and loses nothing. When a sync fails, what was written may be lost though it can be read, and no later sync
// would tell: the journal has *failed*, for good. Only a restart reads what is really there.
//
// Threads: the shard's, but synced_index() from any, and the worker's inside. Writing is done by the
// caller, syncing and removing by the worker, which must outlive the journal or drop its jobs. Ownership: owns its
// files; borrows the file system, worker and clock. Complexity: Append is one copy and one checksum of the payload. The
// destructor writes nothing: what was not flushed is gone, as with kill -9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "journal/recovery.h"
#include "journal/segment.h"
#include "journal/storage_error.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/worker.h"

namespace kvorum {

inline constexpr uint64_t kSegmentBytes = 64 << 20;

struct JournalOptions {
  // A segment that has so many bytes is followed by another one; the last Flush may exceed it.
  uint64_t segment_bytes = kSegmentBytes;
  // Writes so many bytes of zeros ahead of the entries. A sync then need not change the file's size and blocks, which
  // makes it shorter on ext4 (docs/decisions/0004-journal.md). For those who wait for each sync; at most 4 MiB.
  uint64_t zero_ahead_bytes = 0;
  uint64_t config_version = 1;
  // What the newest good snapshot covers: entries up to it are not needed, and the next one comes after it.
  uint64_t covered_index = 0;
  // Gets each entry above covered_index while Open reads the folder.
  EntryVisitor replay;
  // Called when synced_index has grown, and when the journal has failed: on the worker's thread, under a lock, so it
  // may do no more than wake the shard.
  std::function<void()> on_synced;
};

struct JournalStats {
  size_t segments = 0;
  uint64_t bytes = 0;          // of all segments, without zeros ahead
  uint64_t pending_bytes = 0;  // appended and not written
  uint64_t entries = 0;        // appended since Open
  uint64_t writes = 0;
  uint64_t failed_writes = 0;
  uint64_t syncs = 0;
  uint64_t delayed_syncs = 0;  // asked for while another was still running
  int64_t last_sync_micros = 0;
  int64_t longest_sync_micros = 0;
  std::string remove_error;  // why a covered segment could not be removed, the last time
};

class Journal {
 public:
  enum class State {
    kOpen,
    kRefusing,  // a write failed; Retry
    kFailed,    // a sync failed
  };

  // Reads the folder, which must be there and should be locked, cuts a torn tail off, makes sure that all the rest is
  // on the disk, and is ready to append. *tail says what was cut; it is not found if nothing was.
  static StorageError Open(FileSystem& files, const std::string& folder, Worker& worker, Clock& clock,
                           JournalOptions options, std::unique_ptr<Journal>* journal, TornTail* tail);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  State state() const;
  // Why Append refuses, for people; empty if it does not.
  std::string refusal() const;

  // Returns the entry's index, one more than the last; 0 if the journal refuses or has failed. Ask state() before
  // executing what would have to be appended. `unix_micros`: when it happened, for who restores up to a time.
  [[nodiscard]] uint64_t Append(std::string_view payload, uint64_t unix_micros);
  // Makes sure that entries of so many bytes, headers not counted, can be appended and flushed even if the disk becomes full: takes room
  // on it ahead, and begins the next segment if it is time. An error: they should not be appended; what was appended before is not
  // concerned. Costs a call to the system once in kReserveBytes, more when the disk is nearly full.
  static constexpr uint64_t kReserveBytes = 4 << 20;
  FileError Reserve(uint64_t bytes);
  // Writes what was appended. Does nothing while the journal refuses.
  void Flush();
  // Asks for a sync of all that is written. Returns at once.
  void RequestSync();
  // The same on this thread, waiting for one that runs. False: the journal has failed.
  bool SyncNow();
  bool sync_running() const;
  // If the journal refuses: tries to write again what was appended. Costs a call to the system, so a few times a second
  // will do.
  void Retry();
  // States on the disk what has been synced, if nothing else would: to be called when the shard has been idle for a
  // moment. Lets recovery tell damage in the last entries from a torn tail. Costs one small write if there is anything
  // to state.
  void WriteMark();
  // Gives back memory that is not in use, once a second or so.
  void ReleaseMemory();
  // Flush, SyncNow and WriteMark, at an orderly end. False: something is not on the disk; state() and refusal() say
  // what.
  bool Close();

  // The next entry begins a segment, whatever the last one's size: to be called when a snapshot is begun, so that what it covers can go as
  // a whole.
  void EndSegment() { segment_is_ended_ = true; }
  // Entries up to this one need not be kept: removes the segments that have no others, on the worker's thread. The last
  // one stays until the next one is begun.
  void RemoveUpTo(uint64_t index);

  void SetZeroAhead(uint64_t bytes);
  void SetSegmentBytes(uint64_t bytes) { options_.segment_bytes = bytes; }
  // Of the entries to come; not lower than before.
  void SetConfigVersion(uint64_t version);

  uint64_t first_index() const { return segments_.front().first_index; }  // the oldest kept
  uint64_t last_index() const { return last_index_; }                     // of what was appended, or covered
  uint64_t written_index() const { return written_index_; }
  uint64_t synced_index() const;
  uint64_t pending_bytes() const { return pending_.size(); }
  const std::string& folder() const { return folder_; }
  JournalStats stats() const;

 private:
  struct Segment {
    std::string name;
    uint64_t first_index;
    uint64_t bytes;
  };
  struct Shared;  // with the worker's jobs

  Journal(FileSystem& files, std::string folder, Worker& worker, Clock& clock, JournalOptions options);
  StorageError Begin(TornTail* tail);
  StorageError CutTail(const JournalScan& scan);
  StorageError MakeDurable(const JournalScan& scan);
  StorageError RewriteFrom(const SegmentSummary& segment, uint64_t offset);
  StorageError OpenLast(const JournalScan& scan);
  StorageError StartOver();
  bool NextSegmentIsDue() const;
  void RemoveUnneeded();
  FileError BeginSegment(uint64_t first_index);
  bool WritePending();
  FileError WriteAtEnd(bool with_zeros);
  void AppendFrame(FrameKind kind, uint64_t index, std::string_view payload, uint64_t unix_micros);
  void Refuse(const FileError& error);

  FileSystem& files_;
  const std::string folder_;
  Worker& worker_;
  JournalOptions options_;
  std::vector<Segment> segments_;  // never empty once open; the last one is written to
  std::shared_ptr<File> file_;     // of the last segment
  uint32_t seed_ = 0;              // of the frames that wait
  uint64_t next_segment_ = 0;      // what waits begins this one; 0: it goes on with the last
  uint64_t size_ = 0;              // up to the end of its last frame; 0: not even its header is written
  uint64_t zeros_end_ = 0;         // zeros follow up to here, if that is more
  std::string zeros_;
  bool segment_is_ended_ = false;
  uint64_t unneeded_index_ = 0;     // what RemoveUpTo was told, or is covered from the start
  uint64_t reserved_end_ = 0;       // room was taken up to here
  bool has_begun_segment_ = false;  // and not written to it
  Buffer pending_;                  // frames appended and not written
  uint64_t last_index_ = 0;
  uint64_t written_index_ = 0;
  uint64_t stated_index_ = 0;  // the largest `synced` in any frame
  bool refusing_ = false;
  std::string refusal_;
  uint64_t entries_ = 0;
  uint64_t writes_ = 0;
  uint64_t failed_writes_ = 0;
  std::shared_ptr<Shared> shared_;
};

}  // namespace kvorum
