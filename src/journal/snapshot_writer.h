// SnapshotWriter: writes one snapshot, off the thread that makes its blocks.
//
// The producer fills a block between two commands and gives it to Add, which never waits: when the disk is behind, it
// says "later". The worker writes the blocks to snapshot-<index>.tmp and syncs now and then, so that the last sync is
// short. After Finish it adds the footer, syncs the file, renames it to snapshot-<index>.kvs and syncs the folder: from
// then on the snapshot is there, and not before.
//
// Threads: the producer's, and the worker's inside, which must not be the journal's: a block takes longer than a sync
// should wait. state(), error() and written_bytes() from any. Ownership: owns the blocks it was given; borrows file
// system and worker, which must outlive it or drop its jobs. The destructor without Finish, or before it is done,
// aborts: the unfinished file is removed by a last job. Complexity: Add is O(1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/buffer.h"
#include "journal/snapshot_format.h"
#include "journal/storage_error.h"
#include "os/file.h"
#include "os/worker.h"

namespace kvorum {

struct SnapshotWriterOptions {
  // Add says "later" while so much waits to be written.
  uint64_t queue_bytes = 8 << 20;
  // How many bytes may be written before the next sync: what the last sync, and every other file's on the same disk,
  // waits for.
  uint64_t sync_bytes = 16 << 20;
  // Called on the worker's thread when the queue has room again and when the state changes; may do no more than wake
  // the producer.
  std::function<void()> on_progress;
};

class SnapshotWriter {
 public:
  enum class State { kWriting, kFinishing, kDone, kFailed };

  // Creates the file on this thread; one that a process left unfinished under the same name is replaced.
  static FileError Begin(FileSystem& files, const std::string& folder, Worker& worker, const SnapshotHeader& header,
                         SnapshotWriterOptions options, std::unique_ptr<SnapshotWriter>* writer);
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  // Takes the block and leaves an empty one, with memory to fill if one is at hand. False: too much waits, the block is
  // left as it is; try again after on_progress. After a failure blocks are taken and dropped.
  [[nodiscard]] bool Add(Buffer* block, uint32_t records);
  // All blocks were added. state() tells when it is done.
  void Finish();
  // Gives up: state() becomes kFailed and the file is removed.
  void Abort();

  State state() const;
  std::string error() const;  // why it has failed
  uint64_t written_bytes() const;
  uint64_t queued_bytes() const;
  const std::string& path() const;  // that it has when it is done

 private:
  struct Shared;
  explicit SnapshotWriter(std::shared_ptr<Shared> shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace kvorum
