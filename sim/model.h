// Model: what the simulation knows of a server's data: the state behind each entry of the journal, as a digest, and up to which entry
// it must outlive what.
//
// A reply that has left, whether to a write or a read, says that the entries up to one index exist: so they must be there after whatever
// the durability it was given under speaks of.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "os/fake_disk.h"
#include "shard/commit.h"
#include "shard/shard.h"
#include "sim/digest.h"

namespace kvorum::sim {

class Model {
 public:
  // keep_contents: for messages that name the keys that differ; costs a copy of everything a turn.
  explicit Model(bool keep_contents) : keep_contents_(keep_contents) {
    digests_[0] = 0;  // nothing
    contents_[0];
  }

  // The state behind `index`. Returns what is wrong: it is known already, and was another one.
  std::string Record(uint64_t index, Shard& shard);
  // The same, for an index that may have been used for something that nobody can have kept.
  void Replace(uint64_t index, Shard& shard);

  // Somebody was told of what is in the entries up to this one.
  void Tell(uint64_t index, Durability durability);
  // It is known that they are on the disk.
  void Sync(uint64_t index) { durable_ = std::max(durable_, index); }

  // After that the server is started again.
  void Crash(FakeDisk::Keep keep);
  // Compares what was recovered; returns what is wrong. What was lost is forgotten. `is_durable`: recovery has made sure of it.
  std::string CheckRecovered(uint64_t index, bool is_durable, Shard& shard);

  uint64_t outlives_power() const { return durable_; }
  uint64_t outlives_process() const { return std::max(durable_, written_); }

 private:
  std::string Explain(uint64_t index, Shard& shard) const;

  const bool keep_contents_;
  std::map<uint64_t, uint64_t> digests_;
  std::map<uint64_t, Contents> contents_;
  uint64_t durable_ = 0;
  uint64_t written_ = 0;
};

}  // namespace kvorum::sim
