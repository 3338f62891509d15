// SnapshotReader: yields the blocks of a snapshot, each checked, and at the end checks that all of them were there.
//
// With a worker it reads and checks the next block while the caller takes in the one before.
//
// Threads: one, and the worker's inside. Ownership: borrows the file system and the worker, which both must outlive it;
// a block is valid until the next call. Memory: two blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "journal/snapshot_format.h"
#include "journal/storage_error.h"
#include "os/file.h"
#include "os/worker.h"

namespace kvorum {

class SnapshotReader {
 public:
  // Checks the header and the footer. `worker`: a thread's, or nullptr.
  static StorageError Open(FileSystem& files, const std::string& path, Worker* worker,
                           std::unique_ptr<SnapshotReader>* reader);
  ~SnapshotReader();
  SnapshotReader(const SnapshotReader&) = delete;
  SnapshotReader& operator=(const SnapshotReader&) = delete;

  const SnapshotHeader& header() const;
  const SnapshotFooter& footer() const;  // blocks, records, bytes: to show progress

  // The next block. *found is false when there is no more, and then all is well: nothing is missing, at the end or
  // between. What a block has given may be used at once, but after an error it is part of nothing whole.
  StorageError Next(std::string_view* payload, uint32_t* records, bool* found);
  uint64_t read_bytes() const;

 private:
  struct Shared;
  explicit SnapshotReader(std::shared_ptr<Shared> shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace kvorum
