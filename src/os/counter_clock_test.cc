#include "os/counter_clock.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/random.h"

namespace kvorum {
namespace {

struct ManualCounter final : TickCounter {
  uint64_t ticks = uint64_t{1} << 40;
  uint64_t Ticks() override { return ticks; }
};

class CounterClockTest : public testing::Test {
 protected:
  void Pass(int64_t micros, uint64_t ticks_a_micro = 2600) {
    system_.Advance(micros);
    counter_.ticks += static_cast<uint64_t>(micros) * ticks_a_micro;
  }
  // Long enough for the rate to be known.
  void LearnRate() {
    for (int i = 0; i < 100; ++i) {
      Pass(1000);
      (void)clock_.MonotonicMicros();
    }
  }

  ManualCounter counter_;
  ManualClock system_{1'000'000};
  CounterClock clock_{counter_, system_};
};

TEST_F(CounterClockTest, TellsTheSystemsTime) {
  Random random(7);
  for (int i = 0; i < 100'000; ++i) {
    Pass(static_cast<int64_t>(random.Below(50)));
    EXPECT_LE(std::abs(clock_.MonotonicMicros() - system_.MonotonicMicros()), 1);
  }
}

TEST_F(CounterClockTest, TheCounterAloneTellsWhatIsLessThanAMillisecond) {
  LearnRate();
  const int64_t before = clock_.MonotonicMicros();
  counter_.ticks += 2600 * 500;  // while the system's clock stands still
  EXPECT_NEAR(static_cast<double>(clock_.MonotonicMicros() - before), 500, 1);
}

TEST_F(CounterClockTest, NeverGoesBackAndNeverFarAway) {
  LearnRate();
  Random random(11);
  int64_t before = clock_.MonotonicMicros();
  for (int i = 0; i < 100'000; ++i) {
    Pass(static_cast<int64_t>(random.Below(100)));
    // Back, ahead, or to another rate for a while.
    if (random.Below(50) == 0) counter_.ticks += random.Next();
    if (random.Below(50) == 0) counter_.ticks -= 2600 * random.Below(1000);
    if (random.Below(50) == 0) Pass(100, 100);
    const int64_t now = clock_.MonotonicMicros();
    ASSERT_GE(now, before) << i;
    // A jump can spoil one measurement of the rate.
    ASSERT_LE(std::abs(now - system_.MonotonicMicros()), 2 * CounterClock::kBelievedMicros) << i;
    before = now;
  }
}

TEST_F(CounterClockTest, ACounterThatStandsStillIsNotBelieved) {
  for (int i = 0; i < 1000; ++i) {
    system_.Advance(100);
    EXPECT_EQ(clock_.MonotonicMicros(), system_.MonotonicMicros());
  }
}

TEST(CounterClock, OfThisProcessorTellsTheSystemsTime) {
  CounterClock clock;
  SystemClock system;
  int64_t before = clock.MonotonicMicros();
  const int64_t end = system.MonotonicMicros() + 100'000;
  while (system.MonotonicMicros() < end) {
    const int64_t earliest = system.MonotonicMicros();
    const int64_t now = clock.MonotonicMicros();
    const int64_t latest = system.MonotonicMicros();
    ASSERT_GE(now, before);
    ASSERT_GE(now, earliest - 2 * CounterClock::kBelievedMicros);
    ASSERT_LE(now, latest + 2 * CounterClock::kBelievedMicros);
    before = now;
  }
}

}  // namespace
}  // namespace kvorum
