#include "shard/latency.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace kvorum {
namespace {

// Of the drawing: rows, the three heights a row shows, and columns until it goes on below.
constexpr size_t kGraphRows = 4;
constexpr std::string_view kHeights = "_o#";
constexpr char kBelow = '|';
constexpr size_t kGraphColumns = 80;

std::string Ago(int64_t seconds) {
  static constexpr struct {
    int64_t below;
    int64_t unit;
    char letter;
  } kUnits[] = {{60, 1, 's'}, {3600, 60, 'm'}, {86400, 3600, 'h'}, {INT64_MAX, 86400, 'd'}};
  for (const auto& [below, unit, letter] : kUnits) {
    if (seconds < below) return std::to_string(seconds / unit) + letter;
  }
  return {};
}

struct Spread {
  int64_t mean = 0;
  int64_t deviation = 0;  // the mean of the distances from the mean
  int64_t low = INT64_MAX;
  int64_t high = 0;
  double period = 0;  // seconds from one to the next
};

Spread SpreadOf(const LatencyMonitor::Event& event, int64_t now_seconds) {
  Spread spread;
  const auto count = static_cast<int64_t>(event.size());
  int64_t sum = 0;
  for (size_t i = 0; i < event.size(); ++i) {
    sum += event.sample(i).ms;
    spread.low = std::min(spread.low, event.sample(i).ms);
    spread.high = std::max(spread.high, event.sample(i).ms);
  }
  spread.mean = sum / count;
  int64_t distances = 0;
  for (size_t i = 0; i < event.size(); ++i) distances += std::abs(event.sample(i).ms - spread.mean);
  spread.deviation = distances / count;
  spread.period = static_cast<double>(std::max<int64_t>(now_seconds - event.sample(0).unix_seconds, 1)) /
                  static_cast<double>(count);
  return spread;
}

}  // namespace

void LatencyMonitor::Add(std::string_view event, int64_t unix_seconds, int64_t ms) {
  auto it = events_.find(event);
  if (it == events_.end()) it = events_.emplace(event, Event()).first;
  Event& samples = it->second;
  samples.max_ms_ = std::max(samples.max_ms_, ms);
  if (samples.count_ > 0) {
    Sample& last = samples.samples_[(samples.next_ + kSamples - 1) % kSamples];
    if (last.unix_seconds == unix_seconds) {
      last.ms = std::max(last.ms, ms);
      return;
    }
  }
  samples.samples_[samples.next_] = {unix_seconds, ms};
  samples.next_ = (samples.next_ + 1) % kSamples;
  samples.count_ = std::min(samples.count_ + 1, kSamples);
}

const LatencyMonitor::Event* LatencyMonitor::Find(std::string_view event) const {
  auto it = events_.find(event);
  return it == events_.end() ? nullptr : &it->second;
}

bool LatencyMonitor::Forget(std::string_view event) {
  auto it = events_.find(event);
  if (it == events_.end()) return false;
  events_.erase(it);
  return true;
}

std::string LatencyGraph(std::string_view name, const LatencyMonitor::Event& event, int64_t now_seconds) {
  const Spread spread = SpreadOf(event, now_seconds);
  std::string text = std::string(name) + " - high " + std::to_string(spread.high) + " ms, low " +
                     std::to_string(spread.low) + " ms (all time high " + std::to_string(event.max_ms()) + " ms)\n" +
                     std::string(kGraphColumns, '-') + "\n";
  const int64_t range = std::max<int64_t>(spread.high - spread.low, 1);
  constexpr size_t kLevels = kGraphRows * kHeights.size();
  for (size_t begin = 0; begin < event.size(); begin += kGraphColumns) {
    const size_t columns = std::min(kGraphColumns, event.size() - begin);
    std::vector<std::string> rows(kGraphRows + 1, std::string(columns, ' '));  // the last one is a gap
    for (size_t i = 0; i < columns; ++i) {
      const LatencyMonitor::Sample& sample = event.sample(begin + i);
      const auto scaled = static_cast<size_t>((sample.ms - spread.low) * static_cast<int64_t>(kLevels) / range);
      const size_t level = std::min(scaled, kLevels - 1);
      const size_t top = level / kHeights.size();
      for (size_t row = 0; row <= top; ++row) {
        rows[kGraphRows - 1 - row][i] = row == top ? kHeights[level % kHeights.size()] : kBelow;
      }
      const std::string label = Ago(std::max<int64_t>(now_seconds - sample.unix_seconds, 0));
      for (size_t c = 0; c < label.size(); ++c) {
        if (rows.size() <= kGraphRows + 1 + c) rows.emplace_back(columns, ' ');
        rows[kGraphRows + 1 + c][i] = label[c];
      }
    }
    if (begin > 0) text += '\n';
    for (const std::string& row : rows) text += row + "\n";
  }
  return text;
}

std::string LatencyReport(const LatencyMonitor& monitor, const LatencyAdvice& about) {
  if (monitor.events().empty()) {
    if (about.threshold_ms == 0) {
      return "Slow moments are not being watched. `CONFIG SET latency-monitor-threshold <milliseconds>` turns that "
             "on.\n";
    }
    return "No slow moment has been seen so far.\n";
  }
  std::string text = "Slow moments were seen:\n\n";
  bool by_command = false;
  bool by_keys = false;
  int number = 0;
  for (const auto& [name, event] : monitor.events()) {
    const Spread spread = SpreadOf(event, about.now_seconds);
    char line[256];
    std::snprintf(
        line, sizeof(line),
        "%d. %s: %zu latency spikes (average %lldms, mean deviation %lldms, one in %.2f seconds). The worst of "
        "all took %lldms.\n",
        ++number, name.c_str(), event.size(), static_cast<long long>(spread.mean),
        static_cast<long long>(spread.deviation), spread.period, static_cast<long long>(event.max_ms()));
    text += line;
    by_command |= name == "command" || name == "fast-command";
    by_keys |= name.starts_with("expire") || name.starts_with("evict");
  }
  text += "\nWhat may help:\n\n";
  if (by_command && (about.slowlog_log_slower_than < 0 || about.slowlog_log_slower_than / 1000 > about.threshold_ms)) {
    text += "- The slow log does not see all of these commands: CONFIG SET slowlog-log-slower-than " +
            std::to_string(about.threshold_ms * 1000) + "\n";
  }
  if (by_command) text += "- SLOWLOG GET names the commands that take long.\n";
  if (by_command || by_keys) {
    text +=
        "- To delete a very large value takes long where it is not done on another thread: use UNLINK, or turn on the "
        "lazyfree-lazy-* directives.\n";
  }
  if (by_keys) text += "- If very many keys expire in the same moment, spread their deadlines.\n";
  if (!by_command && !by_keys) text += "- Look for what else the machine does at these times.\n";
  return text;
}

}  // namespace kvorum
