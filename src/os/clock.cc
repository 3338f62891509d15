#include "os/clock.h"

#include <sys/random.h>
#include <time.h>

#include "base/check.h"

namespace kvorum {
namespace {

int64_t Micros(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

}  // namespace

int64_t SystemClock::UnixMicros() { return Micros(CLOCK_REALTIME); }
int64_t SystemClock::MonotonicMicros() { return Micros(CLOCK_MONOTONIC); }

void SystemClock::SleepMicros(int64_t micros) {
  const timespec time{.tv_sec = micros / 1000000, .tv_nsec = micros % 1000000 * 1000};
  nanosleep(&time, nullptr);
}

uint64_t SystemEntropy() {
  uint64_t value;
  CHECK(getrandom(&value, sizeof(value), 0) == sizeof(value));
  return value;
}

}  // namespace kvorum
