// LoadSnapshot: a snapshot's file into an empty keyspace.
//
// Keys whose deadline has passed are loaded like all others. Until the journal has been replayed behind it, nothing may be deleted by
// the clock: the journal states what expired, and when.
//
// Threads: the shard's; with a worker, reading and checksums go on there meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "journal/snapshot_format.h"
#include "journal/storage_error.h"
#include "keyspace/keyspace.h"
#include "os/file.h"
#include "os/worker.h"

namespace kvorum {

struct SnapshotLoadProgress {
  SnapshotHeader header;
  uint64_t file_bytes = 0;
  uint64_t read_bytes = 0;
  uint64_t keys = 0;            // loaded
  uint64_t announced_keys = 0;  // in all
  // At the end: what is to be replayed now, as it makes what is not in the keyspace (search indexes). An encoded command each.
  std::vector<std::string> effects = {};
};

// `progress` is called after each block (about 1 MiB); false stops. It may be empty. *result is the last progress. After an error
// the keyspace must not be used.
StorageError LoadSnapshot(FileSystem& files, const std::string& path, Worker* worker, Keyspace& keyspace,
                          const std::function<bool(const SnapshotLoadProgress&)>& progress,
                          SnapshotLoadProgress* result);

}  // namespace kvorum
