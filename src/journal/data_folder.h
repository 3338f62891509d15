// A data folder as a whole: from what a server starts, whether it can, and what can be done when it cannot.
//
// The rules. State is the newest snapshot and the entries of the journal above its index, all of them. Older snapshots
// and covered segments are not needed. An unfinished snapshot is nothing. A torn tail (recovery.h) is cut at the start.
// Everything else that is not as it was written stops the start, and only Repair, told by somebody who read what
// Inspect says, changes it: it moves what is damaged aside under a name that nothing reads (damaged-...), and never
// removes a byte.
//
// Threads: no state; one at a time in a folder, which should be locked. Complexity: Inspect reads every byte of every
// file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/names.h"
#include "journal/recovery.h"
#include "journal/storage_error.h"
#include "os/file.h"

namespace kvorum {

// From what to start.
struct StartPlan {
  std::string snapshot;        // its path; empty: there is none
  uint64_t covered_index = 0;  // by it: JournalOptions's covered_index
};

// Creates the folder if it is missing, removes unfinished snapshots, and finds the newest snapshot, which from then on outlives
// a power cut. Fails if its header or footer is damaged; whoever loads it finds out about the rest.
StorageError PlanStart(FileSystem& files, const std::string& folder, StartPlan* plan);

// Removes the snapshots that cover less than `index`; a failure leaves the rest of them.
FileError RemoveSnapshotsBefore(FileSystem& files, const std::string& folder, uint64_t index);

struct FolderFile {
  enum class State {
    kGood,       // needed, and as it was written
    kNotNeeded,  // as it was written, but newer files hold all of it
    kTorn,       // its end will be cut at the start, or all of it removed
    kDamaged,
    kIgnored,  // not ours, or set aside before
  };
  std::string name;
  FileKind kind = FileKind::kForeign;
  uint64_t bytes = 0;
  State state = State::kIgnored;
  std::string text;  // what it holds: "entries 1 to 500"
};

// Something that Repair can do.
struct RepairChoice {
  enum class Action {
    kSetAside,    // renames `file`
    kCutJournal,  // copies `file` from `offset` on to a file aside, cuts it there, and renames all later segments
  };
  Action action = Action::kSetAside;
  std::string file;  // name
  uint64_t offset = 0;
  std::string text;  // what it does and what is lost by it
};

struct FolderProblem {
  StorageError error;
  bool stops_the_start = true;
  std::vector<RepairChoice>
      choices;  // the one that loses least comes first; none: nothing helps but the files themselves
};

struct FolderReport {
  std::vector<FolderFile> files;  // by name
  std::vector<FolderProblem> problems;
  TornTail tail;
  std::string snapshot;  // the newest good one; empty: there is none
  uint64_t snapshot_index = 0;
  uint64_t snapshot_records = 0;
  uint64_t snapshot_micros = 0;
  uint64_t last_index = 0;   // what a start would arrive at, as far as is known
  uint64_t last_micros = 0;  // when that was appended; 0: not known
  bool can_start() const;
};

// Reads everything and changes nothing. Fails only if the system does.
StorageError Inspect(FileSystem& files, const std::string& folder, FolderReport* report);

// Does what one choice of a fresh report says. *done: what was done, a line each, for people, also if it failed
// half-way; what was done then is harmless, and the same choice can be tried again.
FileError Repair(FileSystem& files, const std::string& folder, const RepairChoice& choice,
                 std::vector<std::string>* done);

}  // namespace kvorum
