// Copying a data folder into another one, whole or up to an index or a time: what a backup is, and what restoring one
// up to a point in time is.
//
// The source may be in use: it is read as recovery reads it, so the copy ends before what is being written, and if the
// server removes a file meanwhile because a newer snapshot has come, the copy begins again with that. Everything is
// checked on the way, and damage in the source is an error, never copied. The copy is the newest snapshot that is not
// too new, and the entries after it in segments of its own.
//
// Threads: no state. Complexity: O(bytes copied).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "journal/storage_error.h"
#include "os/clock.h"
#include "os/file.h"

namespace kvorum {

struct CopyOptions {
  uint64_t last_index = UINT64_MAX;   // nothing after this entry
  uint64_t last_micros = UINT64_MAX;  // nothing that happened after this time
  // Now and then: bytes read so far, and how many there are. False: stop.
  std::function<bool(uint64_t done, uint64_t all)> progress;
};

struct CopyResult {
  std::string snapshot;  // name; empty: none was needed
  uint64_t snapshot_index = 0;
  uint64_t last_index = 0;   // of the state that the copy holds
  uint64_t last_micros = 0;  // of the entry or snapshot that made it so
  uint64_t entries = 0;
  uint64_t bytes = 0;  // written
};

// `to` is created if it is missing, and must be empty. All of it is on the disk when this returns without an error;
// after one, what stands in `to` is of no use.
StorageError CopyFolder(FileSystem& files, const std::string& from, const std::string& to, Clock& clock,
                        const CopyOptions& options, CopyResult* result);

}  // namespace kvorum
