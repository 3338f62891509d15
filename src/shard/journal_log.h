// JournalLog: a shard's CommitLog on a Journal.
//
// An entry is written to the file as soon as it is appended, in one call, and synced soon after somebody waits for that, and every
// kSyncIntervalMicros by Tick. When the disk is full writes are refused before they are executed, as there is no room to reserve;
// those that were admitted have room. Should a write to the file fail all the same, the replies that depend on it are held until it
// succeeds. When a sync fails, nothing that was appended is known to be kept: failed() says so, replies that wait for it never leave,
// and the process should end.
//
// Threads: the shard's. Ownership: owns the journal.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "journal/journal.h"
#include "shard/commit.h"

namespace kvorum {

class JournalLog final : public CommitLog {
 public:
  // With what Tick's own period and a sync take, less than a second.
  static constexpr int64_t kSyncIntervalMicros = 800'000;
  // Reserved beyond what is asked for, so that small commands need not ask each.
  static constexpr uint64_t kSlackBytes = 64 << 10;

  explicit JournalLog(std::unique_ptr<Journal> journal) : journal_(std::move(journal)) {}

  uint64_t Reserve(uint64_t bytes) override;
  std::string refusal() const override;
  uint64_t Append(const EffectsBuffer& effects, int64_t unix_micros) override;
  uint64_t committed(Durability durability) const override;
  // Remembered until BeginRequestedSync: who runs the turns may let more of them share the sync.
  void RequestSync() override { sync_is_requested_ = true; }
  bool sync_is_requested() const { return sync_is_requested_; }
  void BeginRequestedSync() {
    if (std::exchange(sync_is_requested_, false)) journal_->RequestSync();
  }

  // To be called some ten times a second: syncs if it is time, and tries again what was refused.
  void Tick(int64_t monotonic_micros);
  bool failed() const { return journal_->state() == Journal::State::kFailed; }

  Journal& journal() { return *journal_; }
  const Journal& journal() const { return *journal_; }

 private:
  std::unique_ptr<Journal> journal_;
  std::string no_room_;    // why Reserve failed; all writes are refused
  std::string too_large_;  // why it failed the last time, though there is room for less
  bool sync_is_requested_ = false;
  int64_t synced_micros_ = 0;
};

}  // namespace kvorum
