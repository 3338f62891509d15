#include "base/latency_histogram.h"

#include <algorithm>
#include <cmath>

namespace kvorum {

uint64_t LatencyHistogram::LowestOf(size_t index) {
  if (index < 2 * kHalf) return index;
  const size_t bucket = (index >> kHalfBits) - 1;
  return ((index & (kHalf - 1)) + kHalf) << bucket;
}

uint64_t LatencyHistogram::HighestOf(size_t index) {
  const size_t bucket = index < 2 * kHalf ? 0 : (index >> kHalfBits) - 1;
  return LowestOf(index) + (uint64_t{1} << bucket) - 1;
}

uint64_t LatencyHistogram::PercentileNs(double percentile) const {
  if (total_ == 0) return 0;
  const auto rank =
      static_cast<uint64_t>(std::llround(std::min(percentile, 100.0) / 100 * static_cast<double>(total_)));
  const uint64_t wanted = std::max<uint64_t>(rank, 1);
  uint64_t seen = 0;
  size_t index = 0;
  while (index + 1 < counts_.size() && (seen += counts_[index]) < wanted) ++index;
  return percentile == 0 ? LowestOf(index) : HighestOf(index);
}

std::vector<LatencyHistogram::Step> LatencyHistogram::Steps() const {
  std::vector<Step> steps;
  uint64_t seen = 0;
  size_t index = 0;
  for (uint64_t level = 1024; seen < total_; level *= 2) {
    const size_t end = std::min(IndexOf(level), counts_.size() - 1);
    const uint64_t before = seen;
    for (; index <= end; ++index) seen += counts_[index];
    if (seen > before) steps.push_back({HighestOf(end), seen});
  }
  return steps;
}

}  // namespace kvorum
