// Eviction: keeps memory under maxmemory by the policy in force.
//
// LRU and LFU are approximated as Redis does it (https://redis.io/docs/reference/eviction/): of every few random keys the best go
// into a small pool that outlives the call, and the best of the pool is evicted. volatile-ttl is exact, as deadlines are ordered.
//
// Threads: the shard's. Ownership: borrows all it is given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "commands/host.h"
#include "keyspace/keyspace.h"
#include "os/clock.h"

namespace kvorum {

class Eviction {
 public:
  enum class Outcome {
    kEnough,   // memory is under the limit
    kRunning,  // it is not yet, but time is up: the rest comes later
    kFailed,   // it is not, and nothing is left that may go
  };

  Eviction(CommandHost& host, Keyspace& keyspace, Clock& clock, Random& random)
      : host_(host), keyspace_(keyspace), clock_(clock), random_(random) {}

  // Evicts, and states, as many keys as hold the bytes that are used above maxmemory.
  Outcome MakeRoom(int64_t now_ms);

 private:
  struct Candidate {
    uint64_t score;  // higher goes first
    int db;
    std::string key;
  };

  // The next key to go; false if there is none.
  bool Choose(int64_t now_ms, int* db, std::string* key);
  bool ChooseRandom(bool only_volatile, int* db, std::string* key);
  bool ChooseEarliest(int* db, std::string* key);
  // The bytes that this frees, here or on another thread.
  size_t Delete(Database& database, std::string_view key);
  size_t CountedBytes() const;
  void FillPool(Database& db, bool only_volatile, int64_t now_ms);
  uint64_t Score(const Entry& entry, int64_t now_ms) const;

  CommandHost& host_;
  Keyspace& keyspace_;
  Clock& clock_;
  Random& random_;
  std::vector<Candidate> pool_;  // by score, the highest last
  int next_db_ = 0;
};

}  // namespace kvorum
