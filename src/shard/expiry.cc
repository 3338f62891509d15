// The expiry cycle: deletes what has expired and nobody looks up.
//
// Deadlines are ordered, so the cycle never searches: it deletes from the earliest on until nothing is due or its share of the
// time is used up. Below that share's capacity, expired keys live no longer than one timer tick.
#include <algorithm>

#include "shard/shard.h"

namespace kvorum {
namespace {

// Of all time, this share may go into expiry (active-expire-effort raises it), at most so much at once.
constexpr int64_t kSharePercent = 25;
constexpr int64_t kShareAnEffortPercent = 5;
constexpr int64_t kLongestRunMicros = 2000;
// How often the clock is looked at.
constexpr int kKeysAClock = 16;

}  // namespace

bool Shard::ExpireDue() {
  const KeyspaceSettings& settings = keyspace_.settings();
  if (!settings.active_expire || !DeletesExpired()) return false;
  const int64_t started = clock_->MonotonicMicros();
  const int64_t share = kSharePercent + kShareAnEffortPercent * (settings.active_expire_effort - 1);
  expiry_credit_micros_ =
      std::min(expiry_credit_micros_ + (started - expiry_ran_micros_) * share / 100, kLongestRunMicros);
  expiry_ran_micros_ = started;
  bool found_any = false;
  bool out_of_time = false;
  for (int i = 0; i < keyspace_.size() && !out_of_time; ++i) {
    Database& db = keyspace_.database(i);
    int deleted = 0;
    while (const Entry* entry = db.FirstExpired(now_ms_)) {
      ExpireEntry(*this, keyspace_, db, entry->key());
      found_any = true;
      if (++deleted % kKeysAClock == 0 && clock_->MonotonicMicros() - started >= expiry_credit_micros_) {
        out_of_time = true;
        break;
      }
    }
  }
  if (!found_any) return false;
  const int64_t took = clock_->MonotonicMicros() - started;
  expiry_credit_micros_ -= took;
  NoteLatency("expire-cycle", took);
  expiry_micros_ += took;
  keyspace_.stats().expire_cycle_cpu_ms = static_cast<uint64_t>(expiry_micros_ / 1000);
  if (out_of_time) ++keyspace_.stats().expired_time_cap_reached_count;
  return out_of_time;
}

}  // namespace kvorum
