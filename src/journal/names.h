// The files of a data folder, by name. The number of 20 digits is an index of the journal; with so many, names sort as their indexes
// do.
//
//   journal-00000000000000000001.kvj    a segment, by its first entry
//   snapshot-00000000000000000512.kvs   a snapshot, by the last entry it covers
//   snapshot-00000000000000000512.tmp   one that is being written, or was when the process ended
//   vectors-0123456789abcdef.kvg        a graph of vectors, by a hash of whose it is (shard/graph_files.h); no part of the data
//   vectors-0123456789abcdef.kvg.tmp    one that is being written
//   damaged-...                         what a repair moved out of the way; nothing reads it
//   lock                                held by the server that uses the folder
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kvorum {

enum class FileKind { kSegment, kSnapshot, kUnfinishedSnapshot, kGraph, kUnfinishedGraph, kDamaged, kLock, kForeign };

struct FileName {
  FileKind kind = FileKind::kForeign;
  uint64_t index = 0;  // of segments and snapshots; of graphs the hash
};

std::string SegmentName(uint64_t first_index);
std::string SnapshotName(uint64_t index);
std::string UnfinishedSnapshotName(uint64_t index);
std::string GraphName(uint64_t hash);
std::string UnfinishedGraphName(uint64_t hash);
FileName ParseFileName(std::string_view name);

}  // namespace kvorum
