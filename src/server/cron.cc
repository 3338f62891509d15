// What the server does by the clock, besides what the shard does by itself.
#include <algorithm>

#include "server/server.h"

namespace kvorum {

int64_t Server::CronIfDue() {
  const int64_t now = clock_.MonotonicMicros();
  if (now >= next_cron_micros_) {
    next_cron_micros_ = now + 1000000 / std::max<int64_t>(settings_.hz, 1);
    Cron();
  }
  return (next_cron_micros_ - now) / 1000 + 1;
}

void Server::Cron() {}

void Server::ResetStats() {
  stats_ = {};
  shard_->stats() = {};
  shard_->keyspace().stats() = {};
  shard_->reclaimer().ResetFreed();
  for (const auto& command : commands_.commands()) command->stats = {};
}

}  // namespace kvorum
