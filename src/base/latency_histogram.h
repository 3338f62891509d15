// LatencyHistogram: how long something took, as a distribution: durations from 1 ns to 1 s kept to two significant digits.
//
// The layout is that of HdrHistogram (Gil Tene, http://hdrhistogram.org): the buckets double, each is cut into 128 equal parts.
// Redis reports percentiles from the same layout, so ours come out as the same numbers for the same durations.
//
// Threads: one. Complexity: Record O(1), the rest O(kCounts). Ownership: its counts, 24 KiB.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kvorum {

class LatencyHistogram {
 public:
  static constexpr uint64_t kMaxNs = 1000000000;

  LatencyHistogram() : counts_(kCounts) {}

  // Durations above a second count as one, those below a nanosecond as one.
  void Record(uint64_t ns) {
    if (ns > kMaxNs) ns = kMaxNs;
    if (ns == 0) ns = 1;
    ++counts_[IndexOf(ns)];
    ++total_;
  }
  uint64_t total() const { return total_; }

  // The largest duration that counts as equal to that of this percentile (0 to 100). 0 if there is none.
  uint64_t PercentileNs(double percentile) const;

  // Upper bounds that double, from 1024 ns on, each with how many durations were at most as long; steps without any are left
  // out.
  struct Step {
    uint64_t highest_ns;
    uint64_t count;
  };
  std::vector<Step> Steps() const;

  size_t bytes() const { return sizeof(*this) + counts_.size() * sizeof(uint64_t); }

 private:
  static constexpr int kHalfBits =
      7;  // two significant digits: 2 * 100 parts, rounded up to 256, of which half are new
  static constexpr uint64_t kHalf = 1 << kHalfBits;
  static constexpr uint64_t kMask = 2 * kHalf - 1;

  static int BucketOf(uint64_t ns) { return 64 - std::countl_zero(ns | kMask) - (kHalfBits + 1); }
  static size_t IndexOf(uint64_t ns) {
    const int bucket = BucketOf(ns);
    return (static_cast<size_t>(bucket + 1) << kHalfBits) + static_cast<size_t>(ns >> bucket) - kHalf;
  }
  static constexpr size_t kCounts = 24 << kHalfBits;

  static uint64_t LowestOf(size_t index);
  static uint64_t HighestOf(size_t index);

  std::vector<uint64_t> counts_;
  uint64_t total_ = 0;
};

}  // namespace kvorum
