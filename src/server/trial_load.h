// A trial of a start: what a data folder holds is loaded as a server loads it, and thrown away. Checksums say that bytes are as they were
// written; this says that this version understands them all. Nothing is changed on the disk.
//
// Threads: the caller's; reading goes on on one of its own. Memory: as much as the server would take.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "journal/data_folder.h"
#include "journal/storage_error.h"
#include "os/file.h"

namespace kvorum {

struct TrialReport {
  uint64_t keys = 0;      // at the end, in all databases
  uint64_t commands = 0;  // that were replayed
  uint64_t entries = 0;   // of the journal, in which they were
};

// `databases`: as many as the server is to have. `show`: called now and then with bytes read, bytes to read and keys so far.
StorageError TrialLoad(FileSystem& files, const std::string& folder, const StartPlan& plan, int databases,
                       const std::function<void(uint64_t, uint64_t, uint64_t)>& show, TrialReport* report);

}  // namespace kvorum
