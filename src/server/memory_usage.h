// Where the memory is: for INFO memory, MEMORY STATS and MEMORY DOCTOR.
//
// Threads: the shard's. Complexity: O(databases + clients).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kvorum {

class Server;

struct MemoryUsage {
  size_t allocated = 0;
  size_t peak = 0;
  size_t startup = 0;
  size_t resident = 0;
  size_t clients = 0;
  struct OfDatabase {
    int index;
    size_t keys;       // table of keys
    size_t deadlines;  // order of deadlines
  };
  std::vector<OfDatabase> databases;  // those that hold something
  size_t overhead = 0;                // startup, clients, databases' tables
  size_t dataset = 0;                 // the rest
  size_t key_count = 0;
  double DatasetPercent() const;
  double PeakPercent() const;
  double FragmentationRatio() const;
};

MemoryUsage MeasureMemory(Server& server);
// What looks wrong, in words.
std::string MemoryReport(const MemoryUsage& usage);

}  // namespace kvorum
