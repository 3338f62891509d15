#include "shard/journal_log.h"

#include "base/check.h"

namespace kvorum {

uint64_t JournalLog::Reserve(uint64_t bytes) {
  if (!no_room_.empty() || journal_->state() != Journal::State::kOpen) return 0;
  too_large_.clear();
  const uint64_t wanted = bytes + kSlackBytes;
  const FileError error = journal_->Reserve(wanted);
  if (!error) return wanted;
  // Only who needs that much is refused, as long as there is room for others.
  if (bytes > kSlackBytes && !journal_->Reserve(2 * kSlackBytes)) {
    too_large_ = error.text();
  } else {
    no_room_ = error.text();
  }
  return 0;
}

std::string JournalLog::refusal() const {
  if (!no_room_.empty() && !failed()) return no_room_;
  return too_large_.empty() || failed() ? journal_->refusal() : too_large_;
}

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
  too_large_.clear();
  if (!no_room_.empty() && !journal_->Reserve(2 * kSlackBytes)) no_room_.clear();
  journal_->Retry();
  if (monotonic_micros - synced_micros_ < kSyncIntervalMicros) return;
  synced_micros_ = monotonic_micros;
  journal_->ReleaseMemory();
  journal_->WriteMark();
  journal_->RequestSync();
}

}  // namespace kvorum
