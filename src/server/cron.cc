// What the server does by the clock, besides what the shard does by itself.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/allocator.h"
#include "server/persistence.h"
#include "server/server.h"

namespace kvorum {
namespace {

constexpr int64_t kCollectMicros = 1000;
constexpr int64_t kSampleMicros = 100000;
constexpr uint64_t kMicrosASecond = 1000000;

}  // namespace

size_t ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long long pages = 0;
  const bool read = std::fscanf(file, "%*u %llu", &pages) == 1;
  std::fclose(file);
  return read ? static_cast<size_t>(pages) * static_cast<size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

int64_t Server::CronIfDue(int64_t now) {
  if (now >= next_cron_micros_) {
    next_cron_micros_ = now + 1000000 / std::max<int64_t>(settings_.hz, 1);
    Cron();
  }
  return (next_cron_micros_ - now) / 1000 + 1;
}

void Server::Cron() {
  WakeListeners();
  if (cron_paused) return;
  const int64_t now = clock_.MonotonicMicros();
  if (now - metrics_.sampled_micros >= kSampleMicros) {
    metrics_.sampled_micros = now;
    SampleMetrics(static_cast<uint64_t>(now));
  }
  CareForClients();
  if (persistence_ != nullptr) persistence_->Cron();
  // Of what was freed on other threads, or a server that rests would keep it.
  while (CollectFreed() && clock_.MonotonicMicros() - now < kCollectMicros) {
  }
  stats_.cron_micros += static_cast<uint64_t>(clock_.MonotonicMicros() - now);
}

void Server::SampleMetrics(uint64_t now_micros) {
  metrics_.operations.Sample(shard_->stats().commands_processed, now_micros, kMicrosASecond);
  metrics_.input_bytes.Sample(stats_.net_input_bytes, now_micros, kMicrosASecond);
  metrics_.output_bytes.Sample(stats_.net_output_bytes, now_micros, kMicrosASecond);
  metrics_.cycles.Sample(stats_.cycles, now_micros, kMicrosASecond);
  metrics_.cycle_micros.Sample(stats_.cycle_micros, stats_.cycles, 1);
  metrics_.peak_bytes = std::max(metrics_.peak_bytes, AllocatedBytes());
  metrics_.resident_bytes = ResidentBytes();
}

void Server::ResetStats() {
  stats_ = {};
  const uint64_t changes = shard_->stats().changes;
  shard_->stats() = {};
  shard_->stats().changes = changes;  // of the data, not a statistic
  shard_->keyspace().stats() = {};
  shard_->reclaimer().ResetFreed();
  for (const auto& command : commands_.commands()) {
    command->stats = {};
    command->latency.reset();
  }
  const Metrics fresh{.operations = {},
                      .input_bytes = {},
                      .output_bytes = {},
                      .cycles = {},
                      .cycle_micros = {},
                      .peak_bytes = AllocatedBytes(),
                      .startup_bytes = metrics_.startup_bytes,
                      .resident_bytes = metrics_.resident_bytes};
  metrics_ = fresh;
}

}  // namespace kvorum
