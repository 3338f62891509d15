#include "shard/snapshot_load.h"

#include <memory>

#include "journal/snapshot_reader.h"
#include "shard/snapshot_decoder.h"

namespace kvorum {

StorageError LoadSnapshot(FileSystem& files, const std::string& path, Worker* worker, Keyspace& keyspace,
                          const std::function<bool(const SnapshotLoadProgress&)>& progress,
                          SnapshotLoadProgress* result) {
  std::unique_ptr<SnapshotReader> reader;
  if (StorageError error = SnapshotReader::Open(files, path, worker, &reader)) return error;
  *result = {.header = reader->header(), .file_bytes = reader->footer().file_bytes};
  SnapshotDecoder decoder(keyspace, result->file_bytes);
  while (true) {
    std::string_view payload;
    uint32_t records;
    bool found;
    if (StorageError error = reader->Next(&payload, &records, &found)) return error;
    if (!found) break;
    if (!decoder.Block(payload, records)) {
      const uint64_t payload_at = reader->read_bytes() - payload.size();
      return StorageError::Damage(path, payload_at + decoder.error_offset(), decoder.error());
    }
    result->read_bytes = reader->read_bytes();
    result->keys = decoder.keys();
    result->announced_keys = decoder.announced_keys();
    if (progress && !progress(*result)) return StorageError::Stopped();
  }
  if (!decoder.Finish()) return StorageError::Damage(path, result->file_bytes, decoder.error());
  result->effects = std::move(decoder.effects());
  return {};
}

}  // namespace kvorum
