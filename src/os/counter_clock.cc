#include "os/counter_clock.h"

#include <algorithm>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace kvorum {
namespace {

#if defined(__x86_64__)
// The same rate whatever the processor does ("invariant TSC"): AMD64 Architecture Programmer's Manual, volume 3, CPUID Fn8000_0007.
bool ProcessorCounterIsSteady() {
  constexpr unsigned kInvariant = 1U << 8;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & kInvariant) != 0;
}
uint64_t ProcessorTicks() { return __rdtsc(); }
#else
bool ProcessorCounterIsSteady() { return false; }
uint64_t ProcessorTicks() { return 0; }
#endif

}  // namespace

CounterClock::CounterClock() : is_steady_(ProcessorCounterIsSteady()) {}

CounterClock::CounterClock(TickCounter& counter, Clock& system)
    : counter_(&counter), system_(&system), is_steady_(true) {}

inline uint64_t CounterClock::Ticks() { return counter_ == nullptr ? ProcessorTicks() : counter_->Ticks(); }

int64_t CounterClock::MonotonicMicros() {
  const uint64_t passed = Ticks() - asked_ticks_;
  if (passed >= believed_ticks_) return Ask(passed);
  return told_micros_ = std::max(told_micros_, asked_micros_ + Micros(passed));
}

int64_t CounterClock::Ask(uint64_t passed) {
  asked_micros_ = system_ == nullptr ? SystemClock::MonotonicMicros() : system_->MonotonicMicros();
  if (is_steady_) {
    asked_ticks_ += passed;
    Measure(asked_ticks_, asked_micros_);
  }
  return told_micros_ = std::max(told_micros_, asked_micros_);
}

void CounterClock::Measure(uint64_t ticks, int64_t micros) {
  const int64_t micros_passed = micros - measured_micros_;
  if (micros_passed < kMeasuredMicros) return;
  const uint64_t ticks_passed = ticks - measured_ticks_;
  // A rate that makes no sense (the counter was set, or counts slower than microseconds) is none: the system is asked each time.
  constexpr uint64_t kMostTicksAMicro = 1 << 16;
  const auto micros_wanted = static_cast<uint64_t>(micros_passed);
  const bool is_known = measured_micros_ != 0 && micros_passed < int64_t{1} << 30 && ticks_passed > micros_wanted &&
                        ticks_passed / kMostTicksAMicro < micros_wanted;
  micros_a_tick_ = is_known ? (micros_wanted << kFractionBits) / ticks_passed : 0;
  believed_ticks_ = is_known ? kBelievedMicros * ticks_passed / micros_wanted : 0;
  measured_ticks_ = ticks;
  measured_micros_ = micros;
}

}  // namespace kvorum
