// The shard's settings, named as in redis.conf. Filled by the server's configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace kvorum {

struct OutputLimit {
  size_t hard_bytes = 0;  // 0: none
  size_t soft_bytes = 0;
  int64_t soft_seconds = 0;
};

struct ShardSettings {
  std::string requirepass;
  std::string enable_debug_command = "no";  // no, yes, local

  int64_t slowlog_log_slower_than = 10000;  // microseconds; negative: off
  int64_t slowlog_max_len = 128;
  int64_t latency_monitor_threshold = 0;  // milliseconds; 0: off
  bool latency_tracking = true;
  int64_t tracking_table_max_keys = 1000000;

  OutputLimit normal_output_limit;
  OutputLimit pubsub_output_limit{32 << 20, 8 << 20, 60};
};

}  // namespace kvorum
