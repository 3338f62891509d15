// Recovery: a shard's state out of its data folder: the newest good snapshot, then the journal's entries behind it, each replayed as if it
// were the time when it was written.
//
// Threads: the shard's; reading the snapshot goes on on the worker's. Complexity: reads the snapshot and the journal behind it once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "journal/data_folder.h"
#include "journal/journal.h"
#include "shard/shard.h"

namespace kvorum {

struct RecoveryProgress {
  std::string snapshot;  // its path; empty: there is none
  uint64_t snapshot_index = 0;
  int64_t snapshot_micros = 0;  // when it was begun
  uint64_t snapshot_keys = 0;
  uint64_t snapshot_bytes = 0;
  uint64_t entries = 0;      // of the journal, replayed
  uint64_t commands = 0;     // in them
  uint64_t total_bytes = 0;  // to read, as far as is known
  uint64_t read_bytes = 0;
  uint64_t last_index = 0;  // of what was loaded and replayed; known at the end, as is:
  TornTail tail;            // what is, or was, cut off the journal
};

struct RecoveryParts {
  FileSystem* files;
  std::string folder;  // should be locked
  Worker* journal_worker;
  Worker* snapshot_worker;
  Clock* clock;  // the journal's, which its worker uses too
  // Called now and then; false stops. May be empty.
  std::function<bool(const RecoveryProgress&)> progress = {};
  // Of the journal; covered_index and replay are set here.
  JournalOptions journal = {};
};

// Into a shard whose keyspace is empty and which has no log. *journal is ready to be appended to; `journal` nullptr: there shall be none,
// and the folder is only read, but for a torn tail of the journal, which is cut off here too. After an error the shard must not be used.
StorageError Recover(const RecoveryParts& parts, Shard& shard, std::unique_ptr<Journal>* journal,
                     RecoveryProgress* progress);

// What Recover would load, from the plan of a caller who knows the folder, and without changing anything: no journal is opened, a torn
// tail stays.
StorageError Rehearse(const RecoveryParts& parts, const StartPlan& plan, Shard& shard, RecoveryProgress* progress);

// Replays the effects of one entry. An error names the command.
[[nodiscard]] std::string ReplayEntry(Shard& shard, std::string_view effects, uint64_t unix_micros, uint64_t* commands);

}  // namespace kvorum
