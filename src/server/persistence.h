// Persistence: what keeps the server's data over its end: the data folder, its journal, and snapshots.
//
//   Start      locks the folder and recovers what it holds, while clients are told LOADING
//   AfterTurn  after each turn of the event loop: goes on with a snapshot, notices what has ended or failed
//   Cron       some ten times a second: syncs, tries again what was refused, begins the snapshots that are due
//   Close      the orderly end
//
// Under `durability memory` there is no journal, and unless something is to be saved the folder is left alone: several such servers
// may run in one.
//
// Threads: the server's. Ownership: owns journal, snapshot and their threads; borrows server and files. Must go before the shard.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "journal/recovery.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/worker.h"
#include "shard/journal_log.h"
#include "shard/recovery.h"
#include "shard/snapshot.h"

namespace kvorum {

class Server;

// Why a snapshot was begun.
enum class SaveReason : uint8_t { kAsked, kRule, kRewrite, kGrowth };

// For INFO.
struct PersistenceStats {
  // The start
  int64_t load_started_unix_ms = 0;
  int64_t load_micros = 0;
  size_t load_start_bytes = 0;  // used_memory before
  RecoveryProgress loaded;
  // Snapshots
  uint64_t saves = 0;
  int64_t last_save_unix_ms = 0;
  bool last_save_good = true;
  int64_t last_save_micros = -1;  // how long it took; -1: there was none
  int64_t last_stalled_micros = 0;
  uint64_t last_save_bytes = 0;
  uint64_t rewrites = 0;  // those of BGREWRITEAOF and of growth
  bool last_rewrite_good = true;
  int64_t last_rewrite_micros = -1;
  uint64_t rewrite_failures_in_a_row = 0;
};

class Persistence {
 public:
  // The folder: an absolute path.
  Persistence(Server& server, FileSystem& files, std::string folder);
  ~Persistence();
  Persistence(const Persistence&) = delete;
  Persistence& operator=(const Persistence&) = delete;

  // False: *error says why the server cannot start, or is empty if it was told to end meanwhile.
  [[nodiscard]] bool Start(std::string* error);
  // `idle`: nobody else wants the thread. True: there is more to do at once.
  bool AfterTurn(bool idle);
  void Cron();
  // Saves if that is asked for, then ends the journal. False: *error says what could not be written; all goes on as before.
  [[nodiscard]] bool Close(bool save, std::string* error);
  // What is on disk is unknown: the process must end. Empty: it is not so.
  std::string Failure() const;

  // After `durability` was changed. False: it cannot be had, and *error says why.
  [[nodiscard]] bool ApplyDurability(std::string* error);

  // Snapshots. Not in the middle of a transaction, but for Schedule.
  [[nodiscard]] bool BeginSnapshot(SaveReason reason, std::string* error);
  // To begin after this turn, or after the snapshot that is being written.
  void Schedule(SaveReason reason) {
    is_scheduled_ = true;
    scheduled_reason_ = reason;
  }
  bool is_scheduled() const { return is_scheduled_; }
  // While clients wait. False: *error says why not.
  [[nodiscard]] bool Save(std::string* error);
  bool is_saving() const { return snapshot_->state() == Snapshot::State::kWalking || is_finishing(); }
  bool is_finishing() const { return snapshot_->state() == Snapshot::State::kFinishing; }
  SaveReason save_reason() const { return reason_; }
  const Snapshot& snapshot() const { return *snapshot_; }
  // Why writes are refused although the log would take them: snapshots are all there is, and the last one failed.
  bool save_failed() const;

  // Throws the keyspace away and loads it again: from a snapshot written now, or from what the folder holds.
  [[nodiscard]] bool Reload(bool save, std::string* error);

  JournalLog* log() { return log_.get(); }
  const std::string& folder() const { return folder_; }
  const PersistenceStats& stats() const { return stats_; }
  uint64_t changes_since_save() const;

 private:
  bool Lock(std::string* error);
  bool FolderIsInUse();
  void TellOfRedisFiles() const;
  bool Load(bool open_journal, std::string* error);
  void LogLoaded() const;
  JournalOptions Options() const;
  RecoveryParts Parts();
  void UseJournal(std::unique_ptr<Journal> journal);
  void EndJournal();
  void BeginIfDue();
  bool SaveRuleIsDue(std::string* why) const;
  bool JournalHasGrown() const;
  void EndSnapshot(const SnapshotOutcome& outcome);

  Server& server_;
  FileSystem& files_;
  const std::string folder_;
  // Of the journal's thread: the server's may belong to its own alone.
  SystemClock journal_clock_;
  // Before what posts to them.
  ThreadWorker journal_worker_{"kvorum-sync", ThreadWorker::Priority::kSync};
  ThreadWorker snapshot_worker_{"kvorum-snapshot", ThreadWorker::Priority::kBackground};
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<JournalLog> log_;
  std::unique_ptr<Snapshot> snapshot_;
  PersistenceStats stats_;
  uint64_t known_index_ = 0;  // the last index in the folder, while there is no journal
  SaveReason reason_ = SaveReason::kAsked;
  bool is_scheduled_ = false;
  SaveReason scheduled_reason_ = SaveReason::kAsked;
  uint64_t changes_saved_ = 0;     // of the shard's count, by the last good snapshot
  uint64_t changes_at_begin_ = 0;  // of the one that is being written
  int64_t last_try_ms_ = 0;
  bool was_refusing_ = false;
  bool has_loaded_ = false;
  bool serves_ = false;  // clients, while it loads
};

}  // namespace kvorum
