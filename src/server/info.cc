#include "server/info.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <climits>

#include "base/allocator_report.h"
#include "base/numbers.h"
#include "base/version.h"
#include "keyspace/access_clock.h"
#include "server/config.h"
#include "server/info_writer.h"
#include "server/memory_usage.h"
#include "server/server.h"
#include "shard/migration.h"
#include "shard/pubsub.h"
#include "shard/tracking.h"

namespace kvorum {
namespace {

using Sections = std::set<std::string, std::less<>>;

// --- Server, clients

std::string ExecutablePath() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  return length < 0 ? std::string() : std::string(path, static_cast<size_t>(length));
}

void ListenerLines(Server& server, InfoWriter& info) {
  const ServerSettings& settings = server.settings();
  int number = 0;
  if (settings.port != 0) {
    std::string text = "name=tcp";
    for (const std::string& address : settings.bind) text += ",bind=" + address;
    info.Line("listener" + std::to_string(number++), text + ",port=" + std::to_string(settings.port));
  }
  if (!settings.unixsocket.empty()) {
    info.Line("listener" + std::to_string(number), "name=unix,bind=" + settings.unixsocket);
  }
}

void ServerSection(Server& server, InfoWriter& info) {
  utsname system{};
  uname(&system);
  const int64_t uptime = (server.clock().MonotonicMicros() - server.started_monotonic_micros()) / 1000000;
  info.Line("redis_version", kRedisVersion);
  info.Line("kvorum_version", kVersion);
  info.Line("redis_git_sha1", "00000000");
  info.Line("redis_git_dirty", 0);
  info.Line("redis_build_id", "0000000000000000");
  info.Line("redis_mode", "standalone");
  info.Line("os", std::string(system.sysname) + " " + system.release + " " + system.machine);
  info.Line("arch_bits", static_cast<uint64_t>(sizeof(void*) * CHAR_BIT));
  info.Line("monotonic_clock", "POSIX clock_gettime");
  info.Line("multiplexing_api", "epoll");
  info.Line("gcc_version", __VERSION__);
  info.Line("process_id", static_cast<int64_t>(getpid()));
  info.Line("process_supervised", "no");
  info.Line("run_id", server.run_id());
  info.Line("tcp_port", server.settings().port);
  info.Line("server_time_usec", server.clock().UnixMicros());
  info.Line("uptime_in_seconds", uptime);
  info.Line("uptime_in_days", uptime / 86400);
  info.Line("hz", server.settings().hz);
  info.Line("configured_hz", server.settings().hz);
  info.Line("lru_clock", static_cast<uint64_t>(LruClock(server.shard().now_ms())));
  info.Line("executable", ExecutablePath());
  info.Line("config_file", server.config == nullptr ? std::string() : server.config->file());
  info.Line("io_threads_active", 0);
  ListenerLines(server, info);
}

void ClientsSection(Server& server, InfoWriter& info) {
  Shard& shard = server.shard();
  size_t largest_input = 0;
  size_t largest_output = 0;
  uint64_t tracking = 0;
  for (const auto& [id, session] : shard.sessions()) {
    const InputUsage input = session->input_usage();
    largest_input = std::max(largest_input, input.bytes + input.free_bytes);
    largest_output = std::max(largest_output, session->output.list_memory_bytes());
    tracking += session->tracking.on;
  }
  info.Line("connected_clients", static_cast<uint64_t>(server.connections().size()));
  info.Line("cluster_connections", 0);
  info.Line("maxclients", server.settings().maxclients);
  info.Line("client_recent_max_input_buffer", static_cast<uint64_t>(largest_input));
  info.Line("client_recent_max_output_buffer", static_cast<uint64_t>(largest_output));
  info.Line("blocked_clients", static_cast<uint64_t>(shard.blocked_count()));
  info.Line("tracking_clients", tracking);
  info.Line("clients_in_timeout_table", static_cast<uint64_t>(shard.blocked_until_count()));
  info.Line("total_blocking_keys", static_cast<uint64_t>(shard.blocking_keys()));
  info.Line("total_blocking_keys_on_nokey", 0);
}

// --- Memory

void BytesLines(InfoWriter& info, const std::string& name, uint64_t bytes) {
  info.Line(name, bytes);
  info.Line(name + "_human", HumanBytes(bytes));
}

std::string_view PolicyName(Server& server, std::string& storage) {
  const std::string_view patterns[] = {"maxmemory-policy"};
  if (server.config != nullptr) storage = server.config->Match(patterns)[0].second;
  return storage;
}

void MemorySection(Server& server, InfoWriter& info) {
  const MemoryUsage usage = MeasureMemory(server);
  const AllocatorUsage large = LargeBlockUsage();
  struct sysinfo system {};
  sysinfo(&system);
  std::string policy;
  BytesLines(info, "used_memory", usage.allocated);
  BytesLines(info, "used_memory_rss", usage.resident);
  BytesLines(info, "used_memory_peak", usage.peak);
  info.Fraction("used_memory_peak_perc", usage.PeakPercent(), 2, "%");
  info.Line("used_memory_overhead", static_cast<uint64_t>(usage.overhead));
  info.Line("used_memory_startup", static_cast<uint64_t>(usage.startup));
  info.Line("used_memory_dataset", static_cast<uint64_t>(usage.dataset));
  info.Fraction("used_memory_dataset_perc", usage.DatasetPercent(), 2, "%");
  info.Line("allocator_allocated", static_cast<uint64_t>(usage.allocated));
  info.Line("allocator_active", static_cast<uint64_t>(usage.resident));
  info.Line("allocator_resident", static_cast<uint64_t>(usage.resident));
  info.Line("allocator_large_blocks_active", static_cast<uint64_t>(large.active_bytes));
  BytesLines(info, "total_system_memory", static_cast<uint64_t>(system.totalram) * system.mem_unit);
  BytesLines(info, "used_memory_lua", 0);
  info.Line("used_memory_vm_eval", 0);
  info.Line("used_memory_scripts_eval", 0);
  info.Line("number_of_cached_scripts", 0);
  info.Line("number_of_functions", 0);
  info.Line("number_of_libraries", 0);
  info.Line("used_memory_vm_functions", 0);
  BytesLines(info, "used_memory_vm_total", 0);
  info.Line("used_memory_functions", 0);
  BytesLines(info, "used_memory_scripts", 0);
  BytesLines(info, "maxmemory", server.keyspace_settings().maxmemory);
  info.Line("maxmemory_policy", PolicyName(server, policy));
  const auto excess = static_cast<int64_t>(usage.resident) - static_cast<int64_t>(usage.allocated);
  info.Fraction("allocator_frag_ratio", usage.FragmentationRatio());
  info.Line("allocator_frag_bytes", excess);
  info.Fraction("allocator_rss_ratio", 1);
  info.Line("allocator_rss_bytes", 0);
  info.Fraction("rss_overhead_ratio", 1);
  info.Line("rss_overhead_bytes", 0);
  info.Fraction("mem_fragmentation_ratio", usage.FragmentationRatio());
  info.Line("mem_fragmentation_bytes", excess);
  info.Line("mem_not_counted_for_evict", static_cast<uint64_t>(server.shard().uncounted_bytes));
  info.Line("mem_replication_backlog", 0);
  info.Line("mem_total_replication_buffers", 0);
  info.Line("mem_clients_slaves", 0);
  info.Line("mem_clients_normal", static_cast<uint64_t>(usage.clients));
  info.Line("mem_cluster_links", 0);
  info.Line("mem_aof_buffer", JournalBufferBytes(server));
  info.Line("mem_allocator", "kvorum");
  info.Line("active_defrag_running", 0);
  info.Line("lazyfree_pending_objects", static_cast<uint64_t>(server.shard().reclaimer().pending()));
  info.Line("lazyfreed_objects", static_cast<uint64_t>(server.shard().reclaimer().freed()));
}

// --- Statistics

void TrafficLines(Server& server, InfoWriter& info) {
  const ServerStats& stats = server.stats();
  const Metrics& metrics = server.metrics();
  info.Line("total_connections_received", stats.connections_received);
  info.Line("total_commands_processed", server.shard().stats().commands_processed);
  info.Line("instantaneous_ops_per_sec", metrics.operations.Rate());
  info.Line("total_net_input_bytes", stats.net_input_bytes);
  info.Line("total_net_output_bytes", stats.net_output_bytes);
  info.Line("total_net_repl_input_bytes", 0);
  info.Line("total_net_repl_output_bytes", 0);
  info.Fraction("instantaneous_input_kbps", static_cast<double>(metrics.input_bytes.Rate()) / 1024);
  info.Fraction("instantaneous_output_kbps", static_cast<double>(metrics.output_bytes.Rate()) / 1024);
  info.Fraction("instantaneous_input_repl_kbps", 0);
  info.Fraction("instantaneous_output_repl_kbps", 0);
  info.Line("rejected_connections", stats.rejected_connections);
}

void StatsSection(Server& server, InfoWriter& info) {
  Shard& shard = server.shard();
  const ServerStats& stats = server.stats();
  const KeyspaceStats& keyspace = shard.keyspace().stats();
  TrafficLines(server, info);
  for (const char* name : {"sync_full", "sync_partial_ok", "sync_partial_err"}) info.Line(name, 0);
  info.Line("expired_keys", keyspace.expired_keys);
  info.Fraction("expired_stale_perc", keyspace.expired_stale_perc);
  info.Line("expired_time_cap_reached_count", keyspace.expired_time_cap_reached_count);
  info.Line("expire_cycle_cpu_milliseconds", keyspace.expire_cycle_cpu_ms);
  info.Line("evicted_keys", keyspace.evicted_keys);
  info.Line("evicted_clients", stats.evicted_clients);
  info.Line("total_eviction_exceeded_time", 0);
  info.Line("current_eviction_exceeded_time", 0);
  info.Line("keyspace_hits", keyspace.keyspace_hits);
  info.Line("keyspace_misses", keyspace.keyspace_misses);
  const PubSub& pubsub = shard.pubsub();
  info.Line("pubsub_channels", pubsub.topics(PubSub::Kind::kChannel).size());
  info.Line("pubsub_patterns", pubsub.topics(PubSub::Kind::kPattern).size());
  info.Line("pubsubshard_channels", pubsub.topics(PubSub::Kind::kShardChannel).size());
  info.Line("latest_fork_usec", 0);
  info.Line("total_forks", 0);
  info.Line("migrate_cached_sockets", shard.migration_sockets().size());
  for (const char* name :
       {"slave_expires_tracked_keys", "active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits",
        "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time"}) {
    info.Line(name, 0);
  }
  info.Line("tracking_total_keys", shard.tracking().key_count());
  info.Line("tracking_total_items", shard.tracking().item_count());
  info.Line("tracking_total_prefixes", shard.tracking().prefix_count());
  info.Line("unexpected_error_replies", shard.stats().unexpected_error_replies);
  info.Line("total_error_replies", shard.stats().error_replies);
  info.Line("dump_payload_sanitizations", 0);
  info.Line("total_reads_processed", stats.reads);
  info.Line("total_writes_processed", stats.writes);
  info.Line("io_threaded_reads_processed", 0);
  info.Line("io_threaded_writes_processed", 0);
  info.Line("client_query_buffer_limit_disconnections", stats.query_limit_disconnections);
  info.Line("client_output_buffer_limit_disconnections", shard.stats().output_limit_disconnections);
  info.Line("reply_buffer_shrinks", stats.reply_buffer_shrinks);
  info.Line("reply_buffer_expands", stats.reply_buffer_expands);
  info.Line("eventloop_cycles", stats.cycles);
  info.Line("eventloop_rests", stats.rests);
  info.Line("eventloop_duration_sum", stats.cycle_micros);
  info.Line("eventloop_duration_cmd_sum", stats.command_micros);
  info.Line("instantaneous_eventloop_cycles_per_sec", server.metrics().cycles.Rate());
  info.Line("instantaneous_eventloop_duration_usec", server.metrics().cycle_micros.Rate());
  for (const char* name :
       {"acl_access_denied_auth", "acl_access_denied_cmd", "acl_access_denied_key", "acl_access_denied_channel"}) {
    info.Line(name, 0);
  }
}

void DebugSection(Server& server, InfoWriter& info) {
  const ServerStats& stats = server.stats();
  info.Line("eventloop_duration_aof_sum", 0);
  info.Line("eventloop_duration_cron_sum", stats.cron_micros);
  info.Line("eventloop_duration_max", stats.cycle_micros_max);
  info.Line("eventloop_cmd_per_cycle_max", stats.commands_a_cycle_max);
}

void ReplicationSection(Server& server, InfoWriter& info) {
  info.Line("role", "master");
  info.Line("connected_slaves", 0);
  info.Line("master_failover_state", "no-failover");
  info.Line("master_replid", server.replication_id());
  info.Line("master_replid2", std::string(40, '0'));
  info.Line("master_repl_offset", 0);
  info.Line("second_repl_offset", -1);
  info.Line("repl_backlog_active", 0);
  info.Line("repl_backlog_size", 1 << 20);
  info.Line("repl_backlog_first_byte_offset", 0);
  info.Line("repl_backlog_histlen", 0);
}

void CpuSection(Server&, InfoWriter& info) {
  auto lines = [&info](int who, std::string_view suffix) {
    rusage usage{};
    getrusage(who, &usage);
    auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    info.Fraction("used_cpu_sys" + std::string(suffix), seconds(usage.ru_stime), 6);
    info.Fraction("used_cpu_user" + std::string(suffix), seconds(usage.ru_utime), 6);
  };
  lines(RUSAGE_SELF, "");
  lines(RUSAGE_CHILDREN, "_children");
  lines(RUSAGE_THREAD, "_main_thread");
}

void CommandStatsSection(Server& server, InfoWriter& info) {
  for (const auto& command : server.shard().commands().commands()) {
    const CommandStats& stats = command->stats;
    if (stats.calls == 0 && stats.rejected == 0 && stats.failed == 0) continue;
    char text[192];
    std::snprintf(text, sizeof(text), "calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu",
                  static_cast<unsigned long long>(stats.calls), static_cast<unsigned long long>(stats.microseconds),
                  stats.calls == 0 ? 0.0 : static_cast<double>(stats.microseconds) / static_cast<double>(stats.calls),
                  static_cast<unsigned long long>(stats.rejected), static_cast<unsigned long long>(stats.failed));
    info.Line("cmdstat_" + std::string(command->name()), text);
  }
}

void ErrorStatsSection(Server& server, InfoWriter& info) {
  for (const auto& [code, count] : server.shard().stats().errors_by_code) {
    info.Line("errorstat_" + code, "count=" + std::to_string(count));
  }
}

void LatencyStatsSection(Server& server, InfoWriter& info) {
  for (const auto& command : server.shard().commands().commands()) {
    if (command->latency == nullptr || command->latency->total() == 0) continue;
    std::string text;
    for (double percentile : server.settings().latency_tracking_info_percentiles) {
      char number[kMaxDoubleChars];
      char value[64];
      std::snprintf(value, sizeof(value), "=%.3f",
                    static_cast<double>(command->latency->PercentileNs(percentile)) / 1000);
      text += (text.empty() ? "p" : ",p") + std::string(number, FormatDouble(percentile, number)) + value;
    }
    info.Line("latency_percentiles_usec_" + std::string(command->name()), text);
  }
}

void KeyspaceSection(Server& server, InfoWriter& info) {
  // What the deadlines of some keys, evenly chosen among all in their order, are away on average.
  constexpr size_t kDeadlinesLookedAt = 16;
  Keyspace& keyspace = server.shard().keyspace();
  for (int i = 0; i < keyspace.size(); ++i) {
    const Database& database = keyspace.database(i);
    if (database.size() == 0) continue;
    const size_t deadlines = database.deadline_count();
    const size_t samples = std::min(deadlines, kDeadlinesLookedAt);
    int64_t left_ms = 0;
    for (size_t s = 0; s < samples; ++s) {
      left_ms +=
          std::max<int64_t>(database.deadlines().Select(s * deadlines / samples).ms - server.shard().now_ms(), 0);
    }
    info.Line("db" + std::to_string(i),
              "keys=" + std::to_string(database.size()) + ",expires=" + std::to_string(deadlines) +
                  ",avg_ttl=" + std::to_string(samples == 0 ? 0 : left_ms / static_cast<int64_t>(samples)));
  }
}

// --- Which, and in which order

struct Section {
  std::string_view name;
  std::string_view title;
  void (*write)(Server&, InfoWriter&);
  bool by_default;
  bool of_all = true;
};
constexpr Section kSections[] = {
    {"server", "Server", ServerSection, true},
    {"clients", "Clients", ClientsSection, true},
    {"memory", "Memory", MemorySection, true},
    {"persistence", "Persistence", PersistenceSection, true},
    {"stats", "Stats", StatsSection, true},
    {"replication", "Replication", ReplicationSection, true},
    {"cpu", "CPU", CpuSection, true},
    {"modules", "Modules", [](Server&, InfoWriter&) {}, true},
    {"commandstats", "Commandstats", CommandStatsSection, false},
    {"errorstats", "Errorstats", ErrorStatsSection, true},
    {"latencystats", "Latencystats", LatencyStatsSection, false},
    {"cluster", "Cluster", [](Server&, InfoWriter& info) { info.Line("cluster_enabled", 0); }, true},
    {"keyspace", "Keyspace", KeyspaceSection, true},
    {"debug", "Debug", DebugSection, false, false},
};

void InfoCommand(Context& ctx) {
  ctx.reply.Verbatim("txt", InfoText(ServerOf(ctx), InfoSections(ctx.args.subspan(1))));
}

}  // namespace

std::string HumanBytes(uint64_t bytes) {
  constexpr char kUnits[] = {'B', 'K', 'M', 'G', 'T', 'P', 'E'};
  if (bytes < 1024) return std::to_string(bytes) + "B";
  double amount = static_cast<double>(bytes);
  size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < sizeof(kUnits); ++unit) amount /= 1024;
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f%c", amount, kUnits[unit]);
  return text;
}

Sections InfoSections(std::span<const std::string_view> words) {
  Sections sections;
  auto add = [&sections](auto wanted) {
    for (const Section& section : kSections) {
      if (wanted(section)) sections.emplace(section.name);
    }
  };
  for (std::string_view word : words) {
    if (EqualsIgnoringCase(word, "ALL") || EqualsIgnoringCase(word, "EVERYTHING")) {
      add([](const Section& section) { return section.of_all; });
    } else if (EqualsIgnoringCase(word, "DEFAULT")) {
      add([](const Section& section) { return section.by_default; });
    } else {
      std::string lower(word);
      std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
      sections.insert(std::move(lower));
    }
  }
  if (words.empty()) add([](const Section& section) { return section.by_default; });
  return sections;
}

std::string InfoText(Server& server, const Sections& sections) {
  std::string text;
  InfoWriter info(text);
  for (const Section& section : kSections) {
    if (!sections.contains(section.name)) continue;
    info.Section(section.title);
    section.write(server, info);
  }
  return text;
}

void RegisterInfoCommands(CommandTable& table) { table.Bind("info", InfoCommand); }

}  // namespace kvorum
