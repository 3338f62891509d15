// SimClock: time as the simulation lets it pass. The unix clock can be set, also back; the other one only goes on.
#pragma once

#include "os/clock.h"

namespace kvorum::sim {

class SimClock final : public Clock {
 public:
  int64_t UnixMicros() override { return unix_micros_; }
  int64_t MonotonicMicros() override { return monotonic_micros_; }
  void SleepMicros(int64_t micros) override { Advance(micros); }

  void Advance(int64_t micros) {
    unix_micros_ += micros;
    monotonic_micros_ += micros;
  }
  void SetUnix(int64_t micros) { unix_micros_ = micros; }

 private:
  int64_t unix_micros_ = 1767225600000000;  // 2026-01-01
  int64_t monotonic_micros_ = 5000000;
};

}  // namespace kvorum::sim
