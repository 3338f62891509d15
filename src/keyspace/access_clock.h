// The 24 bits an entry carries for the eviction policies.
//
// LRU: seconds, modulo 2^24. LFU: 16 bits of minutes, 8 bits of a logarithmic counter that decays (Redis's design,
// https://redis.io/docs/reference/eviction/): the chance that an access raises a counter c is 1 / ((c - 5) * lfu_log_factor + 1).
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/random.h"
#include "keyspace/settings.h"

namespace kvorum {

inline constexpr uint32_t kClockMask = (1u << 24) - 1;
inline constexpr uint32_t kLfuInitial = 5;

inline uint32_t LruClock(int64_t now_ms) { return static_cast<uint32_t>(now_ms / 1000) & kClockMask; }
inline uint32_t LfuMinutes(int64_t now_ms) { return static_cast<uint32_t>(now_ms / 60000) & 0xFFFF; }

// Of a new entry.
inline uint32_t InitialClock(const KeyspaceSettings& settings, int64_t now_ms) {
  return IsLfu(settings.maxmemory_policy) ? LfuMinutes(now_ms) << 8 | kLfuInitial : LruClock(now_ms);
}

inline int64_t IdleMs(uint32_t clock, int64_t now_ms) {
  return static_cast<int64_t>((LruClock(now_ms) - clock) & kClockMask) * 1000;
}

// The counter after the decay due since its last access.
inline uint32_t LfuCounter(uint32_t clock, const KeyspaceSettings& settings, int64_t now_ms) {
  const uint32_t minutes = (LfuMinutes(now_ms) - (clock >> 8)) & 0xFFFF;
  const uint32_t periods = settings.lfu_decay_time > 0 ? minutes / static_cast<uint32_t>(settings.lfu_decay_time) : 0;
  const uint32_t counter = clock & 255;
  return counter - std::min(counter, periods);
}

// Of an entry that is used now.
inline uint32_t TouchedClock(uint32_t clock, const KeyspaceSettings& settings, int64_t now_ms, Random& random) {
  if (!IsLfu(settings.maxmemory_policy)) return LruClock(now_ms);
  uint32_t counter = LfuCounter(clock, settings, now_ms);
  const double base = counter > kLfuInitial ? counter - kLfuInitial : 0;
  if (counter < 255 && random.Fraction() < 1.0 / (base * static_cast<double>(settings.lfu_log_factor) + 1)) ++counter;
  return LfuMinutes(now_ms) << 8 | counter;
}

}  // namespace kvorum
