// LatencyMonitor: the slow moments of named events ("command", "fast-command", "expire-cycle", ...): one worst sample a second
// for the last kSamples seconds that had one (LATENCY LATEST, HISTORY, GRAPH, DOCTOR).
//
// Threads: the shard's. Complexity: Add O(log events).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace kvorum {

class LatencyMonitor {
 public:
  static constexpr size_t kSamples = 160;
  struct Sample {
    int64_t unix_seconds;
    int64_t ms;
  };
  class Event {
   public:
    size_t size() const { return count_; }
    // 0 is the oldest.
    const Sample& sample(size_t i) const { return samples_[(next_ + kSamples - count_ + i) % kSamples]; }
    const Sample& last() const { return sample(count_ - 1); }
    int64_t max_ms() const { return max_ms_; }

   private:
    friend class LatencyMonitor;
    std::array<Sample, kSamples> samples_{};
    size_t next_ = 0;
    size_t count_ = 0;
    int64_t max_ms_ = 0;
  };

  void Add(std::string_view event, int64_t unix_seconds, int64_t ms);
  // Nullptr if there is no sample of it.
  const Event* Find(std::string_view event) const;
  // True if there was one.
  bool Forget(std::string_view event);
  void Clear() { events_.clear(); }
  const std::map<std::string, Event, std::less<>>& events() const { return events_; }

 private:
  std::map<std::string, Event, std::less<>> events_;
};

// The samples as columns of characters, with how long ago each was below it.
std::string LatencyGraph(std::string_view name, const LatencyMonitor::Event& event, int64_t now_seconds);

// What the events say, in words, with advice.
struct LatencyAdvice {
  int64_t now_seconds;
  int64_t threshold_ms;
  int64_t slowlog_log_slower_than;  // microseconds
};
std::string LatencyReport(const LatencyMonitor& monitor, const LatencyAdvice& about);

}  // namespace kvorum
