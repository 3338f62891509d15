#include "base/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace kvorum {
namespace {

TEST(LatencyHistogram, TellsDurationsAsRedisDoes) {
  LatencyHistogram histogram;
  histogram.Record(7000);
  EXPECT_EQ(histogram.PercentileNs(50), 7007u);
  histogram.Record(10096000);
  EXPECT_EQ(histogram.PercentileNs(100), 10158079u);
  EXPECT_EQ(histogram.PercentileNs(50), 7007u);
  EXPECT_EQ(histogram.PercentileNs(0), 6976u) << "the lowest that counts as equal";
}

TEST(LatencyHistogram, StepsDoubleAndCountUpwards) {
  LatencyHistogram histogram;
  for (uint64_t us : {1, 3, 3, 30, 60}) histogram.Record(us * 1000);
  const auto steps = histogram.Steps();
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(steps[0].highest_ns / 1000, 1u);
  EXPECT_EQ(steps[0].count, 1u);
  EXPECT_EQ(steps[1].highest_ns / 1000, 4u);
  EXPECT_EQ(steps[1].count, 3u);
  EXPECT_EQ(steps[2].highest_ns / 1000, 33u);
  EXPECT_EQ(steps[3].highest_ns / 1000, 66u);
  EXPECT_EQ(steps[3].count, 5u);
}

TEST(LatencyHistogram, ExtremesStayInside) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.PercentileNs(99), 0u);
  histogram.Record(0);
  histogram.Record(UINT64_MAX);
  EXPECT_EQ(histogram.total(), 2u);
  EXPECT_EQ(histogram.PercentileNs(1), 1u);
  EXPECT_GE(histogram.PercentileNs(100), LatencyHistogram::kMaxNs);
  EXPECT_EQ(histogram.Steps().back().count, 2u);
}

TEST(LatencyHistogram, PercentilesAreWithinOnePercent) {
  constexpr uint64_t kSeed = 20260101;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  LatencyHistogram histogram;
  std::vector<uint64_t> durations;
  for (int i = 0; i < 10000; ++i) {
    durations.push_back(1 + random.Below(uint64_t{1} << (1 + random.Below(29))));
    histogram.Record(durations.back());
  }
  std::sort(durations.begin(), durations.end());
  for (double percentile : {1.0, 25.0, 50.0, 90.0, 99.0, 99.9}) {
    const auto rank = static_cast<size_t>(std::lround(percentile / 100 * 10000));
    const uint64_t exact = durations[rank - 1];
    EXPECT_GE(histogram.PercentileNs(percentile), exact);
    EXPECT_LE(histogram.PercentileNs(percentile), exact + exact / 100 + 1);
  }
}

}  // namespace
}  // namespace kvorum
