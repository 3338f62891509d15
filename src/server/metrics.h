// Metrics that the server samples by the clock: rates per second, peaks, resident memory.
//
// Threads: the shard's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kvorum {

// The rate of a counter, as the mean of the last kSamples intervals.
class RateMeter {
 public:
  // The counter, and what it is measured against: microseconds, or another counter.
  void Sample(uint64_t value, uint64_t base, uint64_t factor) {
    if (has_last_ && base > last_base_) {
      samples_[next_] = value < last_value_ ? 0 : (value - last_value_) * factor / (base - last_base_);
      next_ = (next_ + 1) % kSamples;
    }
    has_last_ = true;
    last_value_ = value;
    last_base_ = base;
  }
  uint64_t Rate() const {
    uint64_t sum = 0;
    for (uint64_t sample : samples_) sum += sample;
    return sum / kSamples;
  }

 private:
  static constexpr size_t kSamples = 16;
  std::array<uint64_t, kSamples> samples_{};
  size_t next_ = 0;
  uint64_t last_value_ = 0;
  uint64_t last_base_ = 0;
  bool has_last_ = false;
};

struct Metrics {
  RateMeter operations;
  RateMeter input_bytes;
  RateMeter output_bytes;
  RateMeter cycles;
  RateMeter cycle_micros;  // the mean length of a turn
  int64_t sampled_micros = 0;
  size_t peak_bytes = 0;
  size_t startup_bytes = 0;
  size_t resident_bytes = 0;  // of the process, by the system
};

// Of this process, from /proc; 0 if it cannot be read.
size_t ResidentBytes();

}  // namespace kvorum
