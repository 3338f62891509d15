// SimServer: one process's life: what src/server does with a shard, its journal and its snapshots, without sockets.
//
// The destructor is kill -9: jobs that were posted must have been dropped by then, those of the graphs have failed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "commands/table.h"
#include "os/worker.h"
#include "shard/journal_log.h"
#include "shard/recovery.h"
#include "shard/shard.h"
#include "shard/snapshot.h"
#include "sim/clock.h"
#include "sim/disk.h"
#include "sim/session.h"

namespace kvorum::sim {

// What all lives have in common: the machine.
struct Machine {
  explicit Machine(uint64_t seed) : disk(seed), files(disk) {}
  FakeDisk disk;
  Disk files;  // the same, as the server sees it
  ManualWorker journal_worker;
  ManualWorker snapshot_worker;
  ManualWorker graph_worker;
  SimClock clock;
};

struct ServerOptions {
  std::string folder = "data";
  int databases = 3;
  size_t sessions = 5;
  uint64_t segment_bytes = 1 << 20;
  uint64_t zero_ahead_bytes = 0;  // under sync
  Snapshot::Options snapshot;
  KeyspaceSettings keyspace;
  uint64_t graph_changes = 1;  // fewer write no graph
};

class SimServer {
 public:
  SimServer(Machine& machine, const ServerOptions& options, Durability durability, uint64_t random_seed);
  ~SimServer();

  // As the server starts: recovers, and opens the journal unless the durability is memory.
  StorageError Start(RecoveryProgress* progress);
  // As CONFIG SET durability. False: it could not, and all goes on as before; *error says why.
  bool SetDurability(Durability durability, std::string* error);

  Shard& shard() { return *shard_; }
  JournalLog* log() { return log_.get(); }
  ShardSettings& settings() { return settings_; }
  std::vector<std::unique_ptr<SimSession>>& sessions() { return sessions_; }
  void Reconnect(size_t session);
  // Of the last entry, or of the last state that a snapshot was begun of.
  uint64_t last_index() const { return log_ != nullptr ? log_->journal().last_index() : known_index_; }
  bool failed() const { return log_ != nullptr && log_->failed(); }

  Snapshot& snapshot() { return *snapshot_; }
  FileError BeginSnapshot();
  // Writes graphs of vectors, and takes what was written.
  void BeginGraphs();
  std::string PollGraphs();
  // What is to be done when one has ended.
  void EndSnapshot(const SnapshotOutcome& outcome);
  // SAVE.
  bool Save(std::string* error);
  // SHUTDOWN NOSAVE: the journal's orderly end.
  bool Close();

 private:
  JournalOptions Options() const;
  void UseJournal(std::unique_ptr<Journal> journal);

  Machine& machine_;
  const ServerOptions& options_;
  ShardSettings settings_;
  CommandTable commands_;
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<JournalLog> log_;
  std::unique_ptr<Shard> shard_;
  std::vector<std::unique_ptr<SimSession>> sessions_;
  std::unique_ptr<Snapshot> snapshot_;
  uint64_t known_index_ = 0;
};

}  // namespace kvorum::sim
