#include "shard/journal_log.h"

#include "base/check.h"

namespace kvorum {

uint64_t JournalLog::Reserve(uint64_t bytes) {
  if (!no_room_.empty() || journal_->state() != Journal::State::kOpen) return 0;
  const uint64_t wanted = bytes + kSlackBytes;
  if (const FileError error = journal_->Reserve(wanted)) {
    no_room_ = error.text();
    wanted_bytes_ = wanted;
    return 0;
  }
  return wanted;
}

std::string JournalLog::refusal() const { return no_room_.empty() ? journal_->refusal() : no_room_; }

uint64_t JournalLog::Append(const EffectsBuffer& effects, int64_t unix_micros) {
  const uint64_t index = journal_->Append(effects.bytes(), static_cast<uint64_t>(unix_micros));
  if (index == 0) {
    // A write fails in Flush only, and nothing is executed after that; a sync can fail at any time. No index of this kind is ever committed.
    CHECK(failed());
    return UINT64_MAX;
  }
  journal_->Flush();
  return index;
}

uint64_t JournalLog::committed(Durability durability) const {
  switch (durability) {
    case Durability::kMemory:
      return UINT64_MAX;
    case Durability::kPeriodic:
      return journal_->written_index();
    case Durability::kSync:
      break;
  }
  return journal_->synced_index();
}

void JournalLog::Tick(int64_t monotonic_micros) {
  if (!no_room_.empty() && !journal_->Reserve(wanted_bytes_)) no_room_.clear();
  journal_->Retry();
  if (monotonic_micros - synced_micros_ < kSyncIntervalMicros) return;
  synced_micros_ = monotonic_micros;
  journal_->ReleaseMemory();
  journal_->WriteMark();
  journal_->RequestSync();
}

}  // namespace kvorum
