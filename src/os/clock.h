// Clock: the time, behind a seam that tests replace.
//
// Threads: any.
#pragma once

#include <cstdint>

namespace kvorum {

class Clock {
 public:
  virtual ~Clock() = default;
  // Since 1970. Can be set, and jump.
  virtual int64_t UnixMicros() = 0;
  // Since some moment. Never goes back.
  virtual int64_t MonotonicMicros() = 0;
  // Lets about so much time pass.
  virtual void SleepMicros(int64_t micros) = 0;
};

class SystemClock : public Clock {
 public:
  int64_t UnixMicros() override;
  int64_t MonotonicMicros() override;
  void SleepMicros(int64_t micros) override;
};

// A clock that stands still until it is told to move.
class ManualClock : public Clock {
 public:
  explicit ManualClock(int64_t unix_micros) : micros_(unix_micros) {}
  int64_t UnixMicros() override { return micros_; }
  int64_t MonotonicMicros() override { return micros_; }
  void SleepMicros(int64_t micros) override { Advance(micros); }
  void Advance(int64_t micros) { micros_ += micros; }

 private:
  int64_t micros_;
};

// Bytes from the system's entropy.
uint64_t SystemEntropy();

}  // namespace kvorum
