// Recovery: what a journal's folder holds, and where it ends.
//
// A journal can end in a *torn tail*: entries that a crash caught before they were synced. Nobody was promised them, so
// they are cut off, and reported. Anything else that is not as it was written is *damage*, and stops whoever reads:
// what had been synced is missing.
//
// Telling them apart. Say the first bad place is where entry i must stand: its frame is cut off, has a wrong checksum,
// or the segment that should hold it is not there. What makes it damage is evidence that entry i had been synced: a
// frame or a segment's header anywhere later that states `synced` of i or more. Without such evidence it is a tail,
// even when whole entries stand behind it: a power cut leaves pages that were not synced in any mixture. Whoever syncs
// therefore states it: each frame does, and Journal writes a mark when no entry follows. A frame that is whole but out
// of order was written like that: damage always.
//
// Threads: no state. Complexity: reads each segment from the last one that begins at or below covered_index + 1, once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "journal/segment.h"
#include "journal/storage_error.h"
#include "os/file.h"

namespace kvorum {

// Gets each entry in order. False: stop reading.
using EntryVisitor = std::function<bool(const JournalEntry& entry)>;

struct SegmentSummary {
  std::string name;
  uint64_t first_index = 0;
  uint64_t last_index = 0;  // first_index - 1: it has none
  uint64_t file_bytes = 0;
  uint64_t used_bytes = 0;    // up to the end of its last frame
  bool was_read = false;      // false: all of it is covered, and only its name and size are known
  uint64_t first_micros = 0;  // of its entries
  uint64_t last_micros = 0;
};

// What is not part of the journal any more: cut off at `file`, `offset`.
struct TornTail {
  bool found = false;
  std::string file;  // name in the folder
  uint64_t offset = 0;
  uint64_t first_lost = 0;               // the index that stood, or would have stood, at the bad place
  uint64_t bytes = 0;                    // of all files
  uint64_t whole_entries = 0;            // behind the bad place
  std::vector<std::string> later_files;  // which go altogether
  std::string why;

  std::string text() const;
};

struct JournalScan {
  std::vector<SegmentSummary> segments;  // in order, without what the tail takes
  uint64_t last_index = 0;               // of the last good entry; 0: there is none
  uint64_t config_version = 0;           // of it
  uint64_t synced_index = 0;             // known to have been synced
  uint64_t entries = 0;                  // read
  uint64_t file_bytes = 0;               // of all segments that are read, so that a visitor can tell how far it is
  TornTail tail;
  // A frame before everything that is not known to have been synced.
  size_t unsynced_segment = 0;
  uint64_t unsynced_offset = 0;
};

// Reads the journal in `folder` and gives `visit`, if it is not empty, each entry above covered_index, the index that a
// snapshot covers. Changes nothing. Fails for damage, also when entries between covered_index and the first there are
// missing.
StorageError ScanJournal(FileSystem& files, const std::string& folder, uint64_t covered_index,
                         const EntryVisitor& visit, JournalScan* scan);

}  // namespace kvorum
