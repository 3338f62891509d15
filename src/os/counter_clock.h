// CounterClock: the system's clock, asked once a millisecond; in between, the processor's counter tells what has passed.
//
// A shard looks at the time after each command. Where commands take a tenth of a microsecond, asking the system (25 ns) is a good part of
// that; the counter takes 10. Whatever the counter does (another processor's, a machine that was moved or put to sleep), the time is never
// more than about a millisecond from the system's, and never goes back. Without a counter that runs steadily it is SystemClock.
//
// Threads: one for MonotonicMicros, any for the rest.
#pragma once

#include <cstdint>

#include "os/clock.h"

namespace kvorum {

// What counts, for tests to replace.
class TickCounter {
 public:
  virtual ~TickCounter() = default;
  virtual uint64_t Ticks() = 0;
};

class CounterClock final : public SystemClock {
 public:
  // How long the counter alone is believed.
  static constexpr int64_t kBelievedMicros = 1000;
  // Over how long its rate is measured, again and again.
  static constexpr int64_t kMeasuredMicros = 20'000;

  CounterClock();
  // With another counter and another system's clock.
  CounterClock(TickCounter& counter, Clock& system);

  int64_t MonotonicMicros() override;

 private:
  static constexpr int kFractionBits = 32;

  uint64_t Ticks();
  int64_t Micros(uint64_t ticks) const { return static_cast<int64_t>(ticks * micros_a_tick_ >> kFractionBits); }
  int64_t Ask(uint64_t passed);
  void Measure(uint64_t ticks, int64_t micros);

  TickCounter* counter_ = nullptr;  // nullptr: the processor's
  Clock* system_ = nullptr;
  const bool is_steady_;
  uint64_t asked_ticks_ = 0;
  int64_t asked_micros_ = 0;
  int64_t told_micros_ = 0;
  uint64_t believed_ticks_ = 0;  // 0: the rate is not known
  uint64_t micros_a_tick_ = 0;   // in 2^-32
  // Since when the rate is measured.
  uint64_t measured_ticks_ = 0;
  int64_t measured_micros_ = 0;
};

}  // namespace kvorum
