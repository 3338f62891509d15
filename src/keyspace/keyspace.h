// Keyspace: the numbered databases of a shard, with its settings and counters.
//
// Threads: one. Ownership: owns the databases.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "keyspace/database.h"
#include "keyspace/settings.h"

namespace kvorum {

// Counters since the start or CONFIG RESETSTAT, as INFO names them.
struct KeyspaceStats {
  uint64_t keyspace_hits = 0;
  uint64_t keyspace_misses = 0;
  uint64_t expired_keys = 0;
  uint64_t evicted_keys = 0;
  uint64_t expire_cycle_cpu_ms = 0;
  uint64_t expired_time_cap_reached_count = 0;
  double expired_stale_perc = 0;
};

class Keyspace {
 public:
  // Large values that are overwritten go to `reclaimer` if lazyfree-lazy-server-del is set. It may be nullptr. Borrowed.
  Keyspace(int databases, const KeyspaceSettings* settings, Reclaimer* reclaimer = nullptr)
      : settings_(settings), overwriting_{reclaimer, settings} {
    for (int i = 0; i < databases; ++i) databases_.push_back(std::make_unique<Database>(i, &hint_, &overwriting_));
  }

  int size() const { return static_cast<int>(databases_.size()); }
  Database& database(int index) { return *databases_[static_cast<size_t>(index)]; }
  const KeyspaceSettings& settings() const { return *settings_; }
  KeyspaceStats& stats() { return stats_; }

  // For the command that is about to run. Cleared with {} when it has.
  void HintHash(KeyHashHint hint) { hint_ = hint; }

  // O(1).
  void SwapDatabases(int a, int b) {
    std::swap(databases_[static_cast<size_t>(a)], databases_[static_cast<size_t>(b)]);
    database(a).index_ = a;
    database(b).index_ = b;
  }
  // An empty database takes the place of this one, which is given back to be destroyed anywhere. O(1).
  std::unique_ptr<Database> TakeDatabase(int index) {
    auto taken = std::make_unique<Database>(index, &hint_, &overwriting_);
    Database& old = database(index);
    taken->listener_ = old.listener_;
    taken->mark_ = old.mark_;
    taken->guard_ = old.guard_;
    taken.swap(databases_[static_cast<size_t>(index)]);
    taken->listener_ = nullptr;
    taken->guard_ = nullptr;
    return taken;
  }
  // Takes all keys away: on another thread if there is a reclaimer, and at once where it is not. What a running snapshot still needs
  // it keeps until it is written. O(1) with a reclaimer or a snapshot, O(n) without.
  void Flush(int index, Reclaimer* reclaimer) {
    if (guard_ == nullptr && reclaimer == nullptr) return database(index).Clear();
    std::unique_ptr<Database> taken = TakeDatabase(index);
    if (guard_ != nullptr) taken = guard_->TakeAll(std::move(taken));
    if (taken != nullptr && reclaimer != nullptr) reclaimer->ReclaimAll(std::move(taken));
  }
  // Told of keys created in any database; nullptr: nobody. Borrowed.
  void set_key_listener(KeyListener* listener) {
    for (auto& database : databases_) database->listener_ = listener;
  }

  // Begins to ask the guard, for all entries that there are now (see change_guard.h). O(databases), unless the last one ended before all
  // were marked: then all are, in O(n).
  void BeginGuard(ChangeGuard* guard) {
    CHECK(guard_ == nullptr && guard != nullptr);
    for (auto& database : databases_) {
      if (!all_marked_) database->MarkAll();
      database->mark_ ^= Entry::kMark;
      database->snapshot_number_ = database->index_;
      database->guard_ = guard;
    }
    guard_ = guard;
  }
  void EndGuard(bool all_marked) {
    CHECK(guard_ != nullptr);
    guard_ = nullptr;
    all_marked_ = all_marked;
    for (auto& database : databases_) database->guard_ = nullptr;
  }
  ChangeGuard* guard() const { return guard_; }
  // May be nullptr.
  Reclaimer* reclaimer() const { return overwriting_.reclaimer; }

 private:
  const KeyspaceSettings* settings_;
  ChangeGuard* guard_ = nullptr;
  bool all_marked_ = true;
  KeyspaceStats stats_;
  KeyHashHint hint_;
  Overwriting overwriting_;
  std::vector<std::unique_ptr<Database>> databases_;
};

}  // namespace kvorum
