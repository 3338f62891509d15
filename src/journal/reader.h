// JournalReader: the entries of a folder from an index on, across segments, also while a Journal appends to it: for
// backup, restoring up to a time, and replicas that catch up.
//
// Threads: one; a Journal may work on the same folder meanwhile. Ownership: borrows the file system. An entry's payload
// is valid until the next call. Complexity: the first Next reads the segment from its start; the others O(entry).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "journal/segment.h"
#include "journal/storage_error.h"
#include "os/file.h"

namespace kvorum {

class JournalReader {
 public:
  // Begins with entry `from`.
  JournalReader(FileSystem& files, std::string folder, uint64_t from)
      : files_(files), folder_(std::move(folder)), next_index_(from) {}

  // The next entry, if it is not above `limit`: the journal's written_index(), say, or synced_index(). *found is false
  // when it is. Every entry up to `limit` must be there: a gap, an overlap, a configuration that goes back and bytes
  // that are not as they were written are errors. After an error the reader is of no more use.
  StorageError Next(uint64_t limit, JournalEntry* entry, bool* found);

  uint64_t next_index() const { return next_index_; }

 private:
  StorageError OpenSegment();
  StorageError Advance(bool* is_entry);
  StorageError Unreadable() const;

  FileSystem& files_;
  const std::string folder_;
  uint64_t next_index_;
  uint64_t config_version_ = 0;
  std::unique_ptr<File> file_;
  std::unique_ptr<SegmentScanner> scanner_;
};

}  // namespace kvorum
