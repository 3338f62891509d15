// The server's own settings, named as in redis.conf. Filled by its configuration.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/log.h"

namespace kvorum {

// Bits of shutdown-on-sigterm and shutdown-on-sigint.
namespace shutdown_flag {
inline constexpr uint32_t kSave = 1;
inline constexpr uint32_t kNoSave = 2;
inline constexpr uint32_t kNow = 4;
inline constexpr uint32_t kForce = 8;
}  // namespace shutdown_flag

enum class FsyncPolicy : uint8_t { kEverySecond, kAlways, kNever };

struct ServerSettings {
  std::vector<std::string> bind = {"*", "-::*"};  // a leading "-": not an error if the address is not there
  int64_t port = 6379;
  std::string unixsocket;
  int64_t unixsocketperm = 0;
  int64_t tcp_backlog = 511;
  int64_t tcp_keepalive = 300;  // seconds
  int64_t timeout = 0;          // seconds; 0: never
  int64_t maxclients = 10000;
  bool protected_mode = true;
  int64_t databases = 16;
  int64_t hz = 10;
  bool disable_thp = true;         // no transparent huge pages
  int64_t turn_rest_micros = 100;  // 0: never rest; see turn_pacer.h
  int64_t vector_threads = 1;      // that search vectors and prepare insertions; 0: the shard's own does
  std::string dir = ".";
  std::string logfile;
  LogLevel loglevel = LogLevel::kNotice;
  bool always_show_logo = false;
  bool daemonize = false;
  std::string pidfile;
  int64_t client_query_buffer_limit = 1 << 30;
  int64_t maxmemory_clients = 0;     // bytes; negative: percent of maxmemory; 0: no limit
  uint32_t shutdown_on_sigterm = 0;  // shutdown_flag bits; 0: default
  uint32_t shutdown_on_sigint = 0;
  std::vector<double> latency_tracking_info_percentiles = {50, 99, 99.9};
  std::string enable_protected_configs = "no";  // no, yes, local
  std::string oom_score_adj = "no";             // no, yes (relative), relative, absolute
  std::vector<int64_t> oom_score_adj_values = {0, 200, 800};
  std::vector<std::pair<std::string, std::string>> renamed_commands;  // from, to; to "": there is no such command
  bool appendonly = true;  // with appendfsync: ShardSettings::durability, in Redis's words
  FsyncPolicy appendfsync = FsyncPolicy::kEverySecond;
  bool stop_writes_on_bgsave_error = true;
  // The journal is followed by a snapshot when it has so many bytes, and that share of the last snapshot's; 0: never.
  int64_t auto_aof_rewrite_percentage = 100;
  int64_t auto_aof_rewrite_min_size = 64 << 20;
  std::vector<std::pair<int64_t, int64_t>> save = {{3600, 1}, {300, 100}, {60, 10000}};  // seconds, changes
};

}  // namespace kvorum
