// The shard's settings, named as in redis.conf. Filled by the server's configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "shard/commit.h"

namespace kvorum {

struct OutputLimit {
  size_t hard_bytes = 0;  // 0: none
  size_t soft_bytes = 0;
  int64_t soft_seconds = 0;
};

struct ShardSettings {
  Durability durability = Durability::kPeriodic;  // of sessions that ask for nothing else

  std::string requirepass;
  std::string enable_debug_command = "no";  // no, yes, local

  int64_t slowlog_log_slower_than = 10000;  // microseconds; negative: off
  int64_t slowlog_max_len = 128;
  int64_t latency_monitor_threshold = 0;  // milliseconds; 0: off
  bool latency_tracking = true;
  int64_t tracking_table_max_keys = 1000000;

  uint32_t notify_keyspace_events = 0;  // event:: bits
  int64_t min_replicas_to_write = 0;    // writes need so many replicas, and there are none
  int64_t min_replicas_max_lag = 10;    // seconds; 0: min_replicas_to_write asks for nothing

  // Reply buffers of idle sessions shrink (DEBUG REPLYBUFFER): whether, and for how long a peak counts (negative: for ever).
  bool reply_buffer_resizing = true;
  int64_t reply_buffer_peak_reset_ms = 5000;

  OutputLimit normal_output_limit;
  OutputLimit replica_output_limit{256 << 20, 64 << 20, 60};
  OutputLimit pubsub_output_limit{32 << 20, 8 << 20, 60};
};

}  // namespace kvorum
