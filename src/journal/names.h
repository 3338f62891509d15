// The files of a data folder, by name. The number is an index of the journal, in 20 digits, so that names sort as their
// indexes do.
//
//   journal-00000000000000000001.kvj    a segment, by its first entry
//   snapshot-00000000000000000512.kvs   a snapshot, by the last entry it covers
//   snapshot-00000000000000000512.tmp   one that is being written, or was when the process ended
//   damaged-...                         what a repair moved out of the way; nothing reads it
//   lock                                held by the server that uses the folder
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kvorum {

enum class FileKind { kSegment, kSnapshot, kUnfinishedSnapshot, kDamaged, kLock, kForeign };

struct FileName {
  FileKind kind = FileKind::kForeign;
  uint64_t index = 0;  // of segments and snapshots
};

std::string SegmentName(uint64_t first_index);
std::string SnapshotName(uint64_t index);
std::string UnfinishedSnapshotName(uint64_t index);
FileName ParseFileName(std::string_view name);

}  // namespace kvorum
