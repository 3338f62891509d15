#include "shard/slow_log.h"

#include <gtest/gtest.h>

#include "shard/latency.h"

namespace kvorum {
namespace {

SlowLog::Slow Slow(const std::vector<std::string_view>& args, int64_t micros = 100) {
  return {args, 1700000000, micros, "127.0.0.1:1", "me"};
}

TEST(SlowLog, KeepsTheNewest) {
  SlowLog log;
  const std::vector<std::string_view> args = {"get", "k"};
  for (int i = 0; i < 5; ++i) log.Add(Slow(args, i), 3);
  ASSERT_EQ(log.entries().size(), 3u);
  EXPECT_EQ(log.entries().front().id, 4);
  EXPECT_EQ(log.entries().back().id, 2);
  log.Clear();
  log.Add(Slow(args), 0);
  EXPECT_TRUE(log.entries().empty());
  log.Add(Slow(args), 1);
  EXPECT_EQ(log.entries().front().id, 6) << "numbers go on";
}

TEST(SlowLog, CutsWhatIsLong) {
  SlowLog log;
  const std::string long_arg(129, 'A');
  std::vector<std::string_view> args = {"sadd", long_arg};
  log.Add(Slow(args), 10);
  EXPECT_EQ(log.entries().front().args[1], std::string(128, 'A') + "... (1 more bytes)");
  args.assign(33, "x");
  log.Add(Slow(args), 10);
  EXPECT_EQ(log.entries().front().args.size(), 32u);
  EXPECT_EQ(log.entries().front().args.back(), "... (2 more arguments)");
  args.assign(32, "x");
  log.Add(Slow(args), 10);
  EXPECT_EQ(log.entries().front().args.back(), "x");
}

TEST(LatencyMonitor, KeepsTheWorstOfASecond) {
  LatencyMonitor monitor;
  monitor.Add("command", 100, 5);
  monitor.Add("command", 100, 9);
  monitor.Add("command", 100, 3);
  monitor.Add("command", 101, 4);
  const LatencyMonitor::Event* event = monitor.Find("command");
  ASSERT_EQ(event->size(), 2u);
  EXPECT_EQ(event->sample(0).ms, 9);
  EXPECT_EQ(event->last().ms, 4);
  EXPECT_EQ(event->max_ms(), 9);
  for (int64_t second = 200; second < 500; ++second) monitor.Add("command", second, second);
  EXPECT_EQ(event->size(), LatencyMonitor::kSamples);
  EXPECT_EQ(event->sample(0).unix_seconds, 500 - static_cast<int64_t>(LatencyMonitor::kSamples));
  EXPECT_EQ(event->last().ms, 499);
  EXPECT_TRUE(monitor.Forget("command"));
  EXPECT_FALSE(monitor.Forget("command"));
}

TEST(LatencyMonitor, DrawsColumns) {
  LatencyMonitor monitor;
  for (const auto& [second, ms] : {std::pair<int64_t, int64_t>{94, 50}, {95, 20}, {97, 30}, {98, 40}, {99, 11}}) {
    monitor.Add("command", second, ms);
  }
  EXPECT_EQ(LatencyGraph("command", *monitor.Find("command"), 100),
            "command - high 50 ms, low 11 ms (all time high 50 ms)\n" + std::string(80, '-') +
                "\n#    \n|  # \n| #| \n|#||_\n     \n65321\nsssss\n");
  EXPECT_NE(LatencyReport(monitor, {100, 5, 10000}).find("1. command: 5 latency spikes (average 30ms"),
            std::string::npos);
}

}  // namespace
}  // namespace kvorum
