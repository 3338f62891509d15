// Directives of features that this version does not have: kept, so that the redis.conf files and tools there are can be used.
//
// The rule: a value that is true of this server, or that does no harm when nothing comes of it, is accepted and given back.
// A value that promises what we don't do is refused where somebody would rely on it unawares (TLS, cluster mode, users).
#include <algorithm>

#include "base/numbers.h"
#include "server/config.h"
#include "server/config_keeper.h"

namespace kvorum {
namespace {

using namespace directive;  // NOLINT(google-build-using-namespace): the flags stand in every row

using Range = IntegerDirective::Range;
constexpr int64_t kMaxInt = INT32_MAX;
constexpr Range kPositive{1, kMaxInt};
constexpr Range kPort{0, 65535};
constexpr Range kAnyBytes{0, INT64_MAX, Unit::kMemory};

// --- How the process ends

constexpr std::pair<std::string_view, uint32_t> kShutdownWords[] = {{"default", 0},
                                                                    {"save", shutdown_flag::kSave},
                                                                    {"nosave", shutdown_flag::kNoSave},
                                                                    {"now", shutdown_flag::kNow},
                                                                    {"force", shutdown_flag::kForce}};

bool SetShutdown(Words words, std::string* error, uint32_t* field) {
  uint32_t bits = 0;
  for (const std::string& word : words) {
    const auto* found = std::find_if(std::begin(kShutdownWords), std::end(kShutdownWords),
                                     [&](const auto& known) { return SameWord(known.first, word); });
    if (found == std::end(kShutdownWords)) {
      bits = UINT32_MAX;
      break;
    }
    bits |= found->second;
  }
  if (words.empty() || bits == UINT32_MAX) {
    std::vector<std::string_view> names;
    for (const auto& known : kShutdownWords) names.push_back(known.first);
    *error = AllowedWords(names);
    return false;
  }
  if ((bits & shutdown_flag::kSave) && (bits & shutdown_flag::kNoSave)) {
    *error = "shutdown options SAVE and NOSAVE can't be used simultaneously";
    return false;
  }
  *field = bits;
  return true;
}

std::string ShutdownText(uint32_t bits) {
  if (bits == 0) return "default";
  std::string text;
  for (const auto& [name, bit] : kShutdownWords) {
    if (bits & bit) text += (text.empty() ? "" : " ") + std::string(name);
  }
  return text;
}

void AddShutdown(Config& config, ServerSettings& server) {
  const std::pair<std::string_view, uint32_t*> rows[] = {{"shutdown-on-sigterm", &server.shutdown_on_sigterm},
                                                         {"shutdown-on-sigint", &server.shutdown_on_sigint}};
  for (const auto& [name, field] : rows) {
    config.Add<WordsDirective>(
        name, 0,
        WordsDirective::Functions{
            .set = [field = field](Words words, std::string* error) { return SetShutdown(words, error, field); },
            .get = [field = field] { return ShutdownText(*field); }});
  }
}

// --- Replication

bool SetReplicaOf(Words words, std::string* error) {
  if (words.empty()) return true;
  if (words.size() != 2) return WrongNumber(error);
  if (SameWord(words[0], "no") && SameWord(words[1], "one")) return true;
  int64_t port;
  if (!ParseInt64(words[1], &port) || port < 0 || port > 65535) {
    *error = "Invalid master port";
  } else {
    *error = "this version of Kvorum cannot be a replica; only 'no one' is allowed";
  }
  return false;
}

void AddReplication(Config& config, ShardSettings& shard) {
  ConfigKeeper keep{config};
  config
      .Add<WordsDirective>("replicaof", kImmutable,
                           WordsDirective::Functions{.set = SetReplicaOf, .get = [] { return std::string(); }})
      .Alias("slaveof");
  keep.Text("masterauth", {}, kSensitive);
  keep.Text("masteruser");
  keep.Bool("replica-serve-stale-data", true).Alias("slave-serve-stale-data");
  keep.Bool("replica-read-only", true).Alias("slave-read-only");
  keep.Bool("replica-ignore-maxmemory", true).Alias("slave-ignore-maxmemory");
  keep.Bool("replica-lazy-flush", false).Alias("slave-lazy-flush");
  keep.Bool("replica-ignore-disk-write-errors", false);
  keep.Bool("replica-announced", true);
  keep.Number("replica-priority", 100).Alias("slave-priority");
  keep.Text("replica-announce-ip").Alias("slave-announce-ip");
  keep.Number("replica-announce-port", 0, kPort).Alias("slave-announce-port");
  keep.Bool("repl-diskless-sync", true);
  keep.Number("repl-diskless-sync-delay", 5);
  keep.Number("repl-diskless-sync-max-replicas", 0);
  keep.Word("repl-diskless-load", "disabled", {"disabled", "on-empty-db", "swapdb"});
  keep.Bool("repl-disable-tcp-nodelay", false);
  keep.Number("repl-ping-replica-period", 10, kPositive).Alias("repl-ping-slave-period");
  keep.Number("repl-timeout", 60, kPositive);
  keep.Number("repl-backlog-size", 1 << 20, {1, INT64_MAX, Unit::kMemory});
  keep.Number("repl-backlog-ttl", 3600, {0, INT64_MAX});
  config.Add<IntegerDirective>("min-replicas-to-write", 0, &shard.min_replicas_to_write, Range{})
      .Alias("min-slaves-to-write");
  config.Add<IntegerDirective>("min-replicas-max-lag", 0, &shard.min_replicas_max_lag, Range{})
      .Alias("min-slaves-max-lag");
  keep.Text("bind-source-addr");
  keep.Word("propagation-error-behavior", "ignore", {"ignore", "panic", "panic-on-replicas"});
}

void AddCluster(Config& config) {
  ConfigKeeper keep{config};
  keep.Bool("cluster-enabled", false, kImmutable).Refuse([](const std::string& value) -> std::string {
    return value == "yes" ? "this version of Kvorum has no cluster mode; only 'no' is allowed" : "";
  });
  keep.Text("cluster-config-file", "nodes.conf", kImmutable);
  keep.Number("cluster-port", 0, kPort, kImmutable);
  keep.Number("cluster-node-timeout", 15000, {0, INT64_MAX});
  keep.Number("cluster-migration-barrier", 1);
  keep.Number("cluster-replica-validity-factor", 10).Alias("cluster-slave-validity-factor");
  keep.Bool("cluster-replica-no-failover", false).Alias("cluster-slave-no-failover");
  keep.Bool("cluster-require-full-coverage", true);
  keep.Bool("cluster-allow-reads-when-down", false);
  keep.Bool("cluster-allow-pubsubshard-when-down", true);
  keep.Bool("cluster-allow-replica-migration", true);
  keep.Number("cluster-link-sendbuf-limit", 0, kAnyBytes);
  keep.Word("cluster-preferred-endpoint-type", "ip", {"ip", "hostname", "unknown-endpoint"});
  keep.Text("cluster-announce-ip");
  keep.Text("cluster-announce-hostname");
  keep.Text("cluster-announce-human-nodename");
  keep.Number("cluster-announce-port", 0, kPort);
  keep.Number("cluster-announce-bus-port", 0, kPort);
  keep.Number("cluster-announce-tls-port", 0, kPort);
}

void AddTls(Config& config) {
  ConfigKeeper keep{config};
  keep.Number("tls-port", 0, kPort).Refuse([](const std::string& value) -> std::string {
    return value == "0" ? "" : "this version of Kvorum has no TLS; only 0 is allowed";
  });
  for (std::string_view name : {"tls-cluster", "tls-replication", "tls-prefer-server-ciphers"}) keep.Bool(name, false);
  keep.Bool("tls-session-caching", true);
  keep.Number("tls-session-cache-size", 20480);
  keep.Number("tls-session-cache-timeout", 300);
  keep.Word("tls-auth-clients", "yes", {"no", "yes", "optional"});
  for (std::string_view name :
       {"tls-cert-file", "tls-key-file", "tls-key-file-pass", "tls-client-cert-file", "tls-client-key-file",
        "tls-client-key-file-pass", "tls-dh-params-file", "tls-ca-cert-file", "tls-ca-cert-dir", "tls-protocols",
        "tls-ciphers", "tls-ciphersuites"}) {
    keep.Text(name, {}, name.ends_with("pass") ? kSensitive : 0);
  }
}

void AddEngine(Config& config) {
  ConfigKeeper keep{config};
  keep.Number("io-threads", 1, {1, 128}, kImmutable);
  keep.Bool("io-threads-do-reads", false, kImmutable);
  keep.Bool("activerehashing", true);
  keep.Bool("dynamic-hz", true);
  keep.Bool("jemalloc-bg-thread", true);
  keep.Bool("activedefrag", false).Refuse([](const std::string& value) -> std::string {
    return value == "yes" ? "Active defragmentation cannot be enabled: this version of Kvorum has none" : "";
  });
  keep.Number("active-defrag-ignore-bytes", 100 << 20, {1, INT64_MAX, Unit::kMemory});
  keep.Number("active-defrag-threshold-lower", 10, {0, 1000});
  keep.Number("active-defrag-threshold-upper", 100, {0, 1000});
  keep.Number("active-defrag-cycle-min", 1, {1, 99});
  keep.Number("active-defrag-cycle-max", 25, {1, 99});
  keep.Number("active-defrag-max-scan-fields", 1000, {1, INT64_MAX});
  keep.Number("hll-sparse-max-bytes", 3000, kAnyBytes);
  keep.Number("stream-node-max-bytes", 4096, kAnyBytes);
  keep.Number("stream-node-max-entries", 100, {0, INT64_MAX});
  keep.Number("busy-reply-threshold", 5000, {0, INT64_MAX}).Alias("lua-time-limit");
  keep.Word("enable-module-command", "no", {"no", "yes", "local"}, kImmutable);
  keep.Word("acl-pubsub-default", "resetchannels", {"allchannels", "resetchannels"});
  keep.Number("acllog-max-len", 128, {0, INT64_MAX});
  keep.Text("aclfile", {}, kImmutable).Refuse([](const std::string& value) -> std::string {
    return value.empty() ? "" : "this version of Kvorum has no users but the default one; use requirepass";
  });
}

void AddProcessLater(Config& config) {
  ConfigKeeper keep{config};
  keep.Bool("set-proc-title", true, kImmutable);
  keep.Text("proc-title-template", "{title} {listen-addr} {server-mode}");
  keep.Text("locale-collate", {}, 0, [](const std::string& value) -> std::string {
    return value.empty() || value == "C" || value == "POSIX" ? "" : "Invalid locale name";
  });
  keep.Word("supervised", "no", {"upstart", "systemd", "auto", "no"}, kImmutable);
  keep.Bool("syslog-enabled", false, kImmutable).Refuse([](const std::string& value) -> std::string {
    return value == "yes" ? "this version of Kvorum does not log to syslog; use logfile, or systemd's journal" : "";
  });
  keep.Text("syslog-ident", "kvorum", kImmutable);
  keep.Word("syslog-facility", "local0",
            {"user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}, kImmutable);
  keep.Bool("crash-log-enabled", true);
  keep.Bool("crash-memcheck-enabled", true);
  keep.Bool("use-exit-on-panic", false, kHidden | kImmutable);
  keep.Text("ignore-warnings");
  keep.Number("socket-mark-id", 0, {0, UINT32_MAX}, kImmutable);
  for (std::string_view name : {"server_cpulist", "bio_cpulist", "aof_rewrite_cpulist", "bgsave_cpulist"}) {
    keep.Text(name, {}, kImmutable);
  }
}

}  // namespace

void AddLaterDirectives(Config& config, Settings& settings) {
  AddShutdown(config, settings.server);
  AddReplication(config, settings.shard);
  AddCluster(config);
  AddTls(config);
  AddEngine(config);
  AddProcessLater(config);
}

}  // namespace kvorum
