// The directives that do what they say.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <thread>

#include "base/numbers.h"
#include "commands/notification_flags.h"
#include "commands/spec.h"
#include "server/config.h"
#include "server/config_apply.h"
#include "shard/vector_pool.h"

namespace kvorum {
namespace {

using namespace directive;  // NOLINT(google-build-using-namespace): the flags stand in every row

constexpr int64_t kMaxInt = INT32_MAX;
// A rest is a matter of microseconds; a millisecond is too long for any client.
constexpr int64_t kMaxTurnRestMicros = 1000;
constexpr int64_t kMaxHz = 500;
constexpr int64_t kDefaultVectorThreads = 16;  // at most
constexpr IntegerDirective::Range kPositive{1, kMaxInt};
constexpr IntegerDirective::Range kAnyLong{0, INT64_MAX};

// The working folder, changed as soon as it is given.
class DirDirective final : public Directive {
 public:
  DirDirective() : Directive("dir", kProtected) {}
  bool Set(Words words, std::string* error) override {
    if (words.size() != 1) return WrongNumber(error);
    if (chdir(words[0].c_str()) == 0) return true;
    *error = std::strerror(errno);
    return false;
  }
  std::string Get() const override {
    char path[PATH_MAX];
    return getcwd(path, sizeof(path)) != nullptr ? path : "";
  }
};

// Out of range is not wrong, but brought into it.
class HzDirective final : public Directive {
 public:
  explicit HzDirective(int64_t* field) : Directive("hz", 0), field_(field), parser_("hz", 0, field, {0, kMaxInt}) {}
  bool Set(Words words, std::string* error) override {
    if (!parser_.Set(words, error)) return false;
    *field_ = std::clamp<int64_t>(*field_, 1, kMaxHz);
    return true;
  }
  std::string Get() const override { return parser_.Get(); }

 private:
  int64_t* field_;
  IntegerDirective parser_;
};

// --- Values of several words

bool SetEvents(Words words, std::string* error, uint32_t* field) {
  if (words.size() > 1) return WrongNumber(error);
  if (ParseNotificationFlags(words.empty() ? std::string_view() : words[0], field)) return true;
  *error = "Invalid event class character. Use '" + std::string(kNotificationLetters) + "'.";
  return false;
}

struct OutputClass {
  std::string_view name;
  OutputLimit ShardSettings::*limit;
};
constexpr OutputClass kOutputClasses[] = {{"normal", &ShardSettings::normal_output_limit},
                                          {"slave", &ShardSettings::replica_output_limit},
                                          {"replica", &ShardSettings::replica_output_limit},
                                          {"pubsub", &ShardSettings::pubsub_output_limit}};

bool SetOutputLimits(Words words, std::string* error, ShardSettings* settings) {
  if (words.empty() || words.size() % 4 != 0) {
    *error = "Wrong number of arguments in buffer limit configuration.";
    return false;
  }
  ShardSettings changed = *settings;
  for (size_t i = 0; i < words.size(); i += 4) {
    const auto* found = std::find_if(std::begin(kOutputClasses), std::end(kOutputClasses),
                                     [&](const OutputClass& c) { return SameWord(c.name, words[i]); });
    if (found == std::end(kOutputClasses)) {
      *error = "Invalid client class specified in buffer limit configuration.";
      return false;
    }
    uint64_t hard;
    uint64_t soft;
    int64_t seconds;
    if (!ParseMemory(words[i + 1], &hard) || !ParseMemory(words[i + 2], &soft) || !ParseInt64(words[i + 3], &seconds) ||
        seconds < 0) {
      *error = "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
      return false;
    }
    changed.*found->limit = {hard, soft, seconds};
  }
  for (const OutputClass& output_class : kOutputClasses) settings->*output_class.limit = changed.*output_class.limit;
  return true;
}

std::vector<std::string> OutputLimitTexts(const ShardSettings& settings) {
  std::vector<std::string> texts;
  for (const OutputClass& output_class : kOutputClasses) {
    if (output_class.name == "replica") continue;
    const OutputLimit& limit = settings.*output_class.limit;
    texts.push_back(std::string(output_class.name) + " " + std::to_string(limit.hard_bytes) + " " +
                    std::to_string(limit.soft_bytes) + " " + std::to_string(limit.soft_seconds));
  }
  return texts;
}

template <typename T, typename Format>
std::string Joined(const std::vector<T>& values, Format format) {
  std::string text;
  for (const T& value : values) text += (text.empty() ? "" : " ") + format(value);
  return text;
}

std::string DoubleText(double value) {
  char text[kMaxDoubleChars];
  return {text, FormatDouble(value, text)};
}

bool SetPercentiles(Words words, std::string* error, std::vector<double>* field) {
  std::vector<double> values;
  for (const std::string& word : words) {
    double value;
    if (!ParseDouble(word, &value)) {
      *error = "Invalid latency-tracking-info-percentiles parameters";
      return false;
    }
    if (value < 0 || value > 100) {
      *error = "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
      return false;
    }
    values.push_back(value);
  }
  *field = std::move(values);
  return true;
}

constexpr size_t kMaxBindAddresses = 16;

bool SetBind(Words words, std::string* error, std::vector<std::string>* field) {
  if (words.size() > kMaxBindAddresses) {
    *error = "Too many bind addresses specified.";
    return false;
  }
  field->assign(words.begin(), words.end());
  return true;
}

bool SetOomScores(Words words, std::string* error, std::vector<int64_t>* field) {
  if (words.size() != 3) return WrongNumber(error);
  std::vector<int64_t> values(3);
  for (size_t i = 0; i < 3; ++i) {
    if (!ParseInt64(words[i], &values[i]) || values[i] < -2000 || values[i] > 2000) {
      *error = "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
      return false;
    }
  }
  *field = std::move(values);
  return true;
}

// --- The rows

void AddNetwork(Config& config, Settings& settings) {
  ServerSettings& server = settings.server;
  config
      .Add<WordsDirective>(
          "bind", 0,
          WordsDirective::Functions{
              .set = [&server](Words words, std::string* error) { return SetBind(words, error, &server.bind); },
              .get = [&server] { return Joined(server.bind, [](const std::string& address) { return address; }); }})
      .Apply(ApplyBind);
  config.Add<IntegerDirective>("port", 0, &server.port, IntegerDirective::Range{0, 65535}).Apply(ApplyPort);
  config.Add<TextDirective>("unixsocket", kImmutable, &server.unixsocket);
  config.Add<IntegerDirective>("unixsocketperm", kImmutable, &server.unixsocketperm,
                               IntegerDirective::Range{0, 0777, Unit::kOctal});
  config.Add<IntegerDirective>("tcp-backlog", kImmutable, &server.tcp_backlog, IntegerDirective::Range{});
  config.Add<IntegerDirective>("turn-rest-micros", 0, &server.turn_rest_micros,
                               IntegerDirective::Range{0, kMaxTurnRestMicros});
  // One is left for the shard's own thread and what else the machine does.
  server.vector_threads =
      std::clamp<int64_t>(int64_t{std::thread::hardware_concurrency()} - 1, 1, kDefaultVectorThreads);
  config
      .Add<IntegerDirective>("vector-threads", 0, &server.vector_threads,
                             IntegerDirective::Range{0, static_cast<int64_t>(VectorPool::kMostThreads)})
      .Apply(ApplyVectorThreads);
  config.Add<BoolDirective>("disable-thp", kImmutable, &server.disable_thp);
  config.Add<IntegerDirective>("tcp-keepalive", 0, &server.tcp_keepalive, IntegerDirective::Range{});
  config.Add<IntegerDirective>("timeout", 0, &server.timeout, IntegerDirective::Range{});
  config.Add<IntegerDirective>("maxclients", 0, &server.maxclients, IntegerDirective::Range{1, UINT32_MAX})
      .Apply(ApplyMaxclients);
  config.Add<BoolDirective>("protected-mode", 0, &server.protected_mode);
  config.Add<TextDirective>("requirepass", kSensitive, &settings.shard.requirepass).Apply(ApplyRequirepass);
  config.Add<IntegerDirective>("client-query-buffer-limit", 0, &server.client_query_buffer_limit,
                               IntegerDirective::Range{1 << 20, INT64_MAX, Unit::kMemory});
  config.Add<IntegerDirective>("proto-max-bulk-len", 0, &settings.keyspace.proto_max_bulk_len,
                               IntegerDirective::Range{1 << 20, INT64_MAX, Unit::kMemory});
  config.Add<IntegerDirective>("maxmemory-clients", 0, &server.maxmemory_clients,
                               IntegerDirective::Range{0, INT64_MAX, Unit::kMemoryOrPercent});
  ShardSettings& shard = settings.shard;
  config.Add<WordsDirective>(
      "client-output-buffer-limit", 0,
      WordsDirective::Functions{
          .set = [&shard](Words words, std::string* error) { return SetOutputLimits(words, error, &shard); },
          .get = [&shard] { return Joined(OutputLimitTexts(shard), [](const std::string& text) { return text; }); },
          .load = {},
          .lines =
              [&shard] {
                std::vector<std::string> lines = OutputLimitTexts(shard);
                for (std::string& line : lines) line = "client-output-buffer-limit " + line;
                return lines;
              }});
}

// rename-command FROM TO, a line for each. CONFIG GET and SET do not know it.
class RenameDirective final : public Directive {
 public:
  explicit RenameDirective(ServerSettings& settings)
      : Directive("rename-command", directive::kImmutable | directive::kHidden), settings_(settings) {}
  bool Set(Words, std::string* error) override { return WrongNumber(error); }
  bool Load(Words words, std::string* error) override {
    if (words.size() != 2) return WrongNumber(error);
    const std::string from = LowerCase(words[0]);
    const std::string to = LowerCase(words[1]);
    auto taken = [this](const std::string& name) {
      const auto& renamed = settings_.renamed_commands;
      if (std::any_of(renamed.begin(), renamed.end(), [&](const auto& pair) { return pair.second == name; }))
        return true;
      const bool moved =
          std::any_of(renamed.begin(), renamed.end(), [&](const auto& pair) { return pair.first == name; });
      return FindCommandSpec(name) != nullptr && !moved;
    };
    if (!taken(from)) {
      *error = "No such command in rename-command";
    } else if (!to.empty() && taken(to)) {
      *error = "Target command name already exists";
    } else {
      settings_.renamed_commands.emplace_back(from, to);
      return true;
    }
    return false;
  }
  std::string Get() const override { return {}; }
  std::vector<std::string> Lines() const override {
    std::vector<std::string> lines;
    for (const auto& [from, to] : settings_.renamed_commands)
      lines.push_back("rename-command " + from + " " + Quoted(to));
    return lines;
  }

 private:
  ServerSettings& settings_;
};

void AddProcess(Config& config, Settings& settings) {
  ServerSettings& server = settings.server;
  using LevelDirective = ChoiceDirective<LogLevel>;
  config
      .Add<LevelDirective>("loglevel", 0, &server.loglevel,
                           LevelDirective::Choices{{"debug", LogLevel::kDebug},
                                                   {"verbose", LogLevel::kVerbose},
                                                   {"notice", LogLevel::kNotice},
                                                   {"warning", LogLevel::kWarning},
                                                   {"nothing", LogLevel::kNothing}})
      .Apply(ApplyLogLevel);
  config.Add<TextDirective>("logfile", kImmutable, &server.logfile);
  config.Add<DirDirective>().Apply(ApplyDir);
  config.Add<BoolDirective>("daemonize", kImmutable, &server.daemonize);
  config.Add<TextDirective>("pidfile", kImmutable, &server.pidfile);
  config.Add<BoolDirective>("always-show-logo", kImmutable, &server.always_show_logo);
  config.Add<IntegerDirective>("databases", kImmutable, &server.databases, kPositive);
  config.Add<HzDirective>(&server.hz);
  config.Add<RenameDirective>(server);
  using WordDirective = ChoiceDirective<std::string>;
  const WordDirective::Choices switches = {{"no", "no"}, {"yes", "yes"}, {"local", "local"}};
  config.Add<WordDirective>("enable-debug-command", kImmutable, &settings.shard.enable_debug_command, switches);
  config.Add<WordDirective>("enable-protected-configs", kImmutable, &server.enable_protected_configs, switches);
  config
      .Add<WordDirective>(
          "oom-score-adj", 0, &server.oom_score_adj,
          WordDirective::Choices{{"no", "no"}, {"yes", "relative"}, {"relative", "relative"}, {"absolute", "absolute"}})
      .Apply(ApplyOomScore);
  config
      .Add<WordsDirective>(
          "oom-score-adj-values", 0,
          WordsDirective::Functions{
              .set = [&server](Words words,
                               std::string* error) { return SetOomScores(words, error, &server.oom_score_adj_values); },
              .get =
                  [&server] {
                    return Joined(server.oom_score_adj_values, [](int64_t value) { return std::to_string(value); });
                  }})
      .Apply(ApplyOomScore);
}

void AddMemory(Config& config, KeyspaceSettings& keyspace) {
  config.Add<BytesDirective>("maxmemory", 0, &keyspace.maxmemory).Apply(ApplyMaxmemory);
  using PolicyDirective = ChoiceDirective<EvictionPolicy>;
  config.Add<PolicyDirective>("maxmemory-policy", 0, &keyspace.maxmemory_policy,
                              PolicyDirective::Choices{{"volatile-lru", EvictionPolicy::kVolatileLru},
                                                       {"volatile-lfu", EvictionPolicy::kVolatileLfu},
                                                       {"volatile-random", EvictionPolicy::kVolatileRandom},
                                                       {"volatile-ttl", EvictionPolicy::kVolatileTtl},
                                                       {"allkeys-lru", EvictionPolicy::kAllKeysLru},
                                                       {"allkeys-lfu", EvictionPolicy::kAllKeysLfu},
                                                       {"allkeys-random", EvictionPolicy::kAllKeysRandom},
                                                       {"noeviction", EvictionPolicy::kNoEviction}});
  config.Add<IntegerDirective>("maxmemory-samples", 0, &keyspace.maxmemory_samples, kPositive);
  config.Add<IntegerDirective>("maxmemory-eviction-tenacity", 0, &keyspace.maxmemory_eviction_tenacity,
                               IntegerDirective::Range{0, 100});
  config.Add<IntegerDirective>("lfu-log-factor", 0, &keyspace.lfu_log_factor, IntegerDirective::Range{});
  config.Add<IntegerDirective>("lfu-decay-time", 0, &keyspace.lfu_decay_time, IntegerDirective::Range{});
  config.Add<IntegerDirective>("active-expire-effort", 0, &keyspace.active_expire_effort,
                               IntegerDirective::Range{1, 10});
  config.Add<BoolDirective>("lazyfree-lazy-eviction", 0, &keyspace.lazyfree_lazy_eviction);
  config.Add<BoolDirective>("lazyfree-lazy-expire", 0, &keyspace.lazyfree_lazy_expire);
  config.Add<BoolDirective>("lazyfree-lazy-server-del", 0, &keyspace.lazyfree_lazy_server_del);
  config.Add<BoolDirective>("lazyfree-lazy-user-del", 0, &keyspace.lazyfree_lazy_user_del);
  config.Add<BoolDirective>("lazyfree-lazy-user-flush", 0, &keyspace.lazyfree_lazy_user_flush);
  config.Add<BoolDirective>("rdbcompression", 0, &keyspace.rdb_compression);
}

void AddEncodings(Config& config, KeyspaceSettings& keyspace) {
  const IntegerDirective::Range entries = kAnyLong;
  const IntegerDirective::Range bytes{0, INT64_MAX, Unit::kMemory};
  config.Add<IntegerDirective>("hash-max-listpack-entries", 0, &keyspace.hash_max_listpack_entries, entries)
      .Alias("hash-max-ziplist-entries");
  config.Add<IntegerDirective>("hash-max-listpack-value", 0, &keyspace.hash_max_listpack_value, bytes)
      .Alias("hash-max-ziplist-value");
  config.Add<IntegerDirective>("set-max-intset-entries", 0, &keyspace.set_max_intset_entries, entries);
  config.Add<IntegerDirective>("set-max-listpack-entries", 0, &keyspace.set_max_listpack_entries, entries);
  config.Add<IntegerDirective>("set-max-listpack-value", 0, &keyspace.set_max_listpack_value, entries);
  config.Add<IntegerDirective>("zset-max-listpack-entries", 0, &keyspace.zset_max_listpack_entries, entries)
      .Alias("zset-max-ziplist-entries");
  config.Add<IntegerDirective>("zset-max-listpack-value", 0, &keyspace.zset_max_listpack_value, bytes)
      .Alias("zset-max-ziplist-value");
  config
      .Add<IntegerDirective>("list-max-listpack-size", 0, &keyspace.list_max_listpack_size,
                             IntegerDirective::Range{INT32_MIN, kMaxInt})
      .Alias("list-max-ziplist-size");
  config.Add<IntegerDirective>("list-compress-depth", 0, &keyspace.list_compress_depth, IntegerDirective::Range{});
}

void AddObservation(Config& config, Settings& settings) {
  ShardSettings& shard = settings.shard;
  ServerSettings& server = settings.server;
  config.Add<IntegerDirective>("slowlog-log-slower-than", 0, &shard.slowlog_log_slower_than,
                               IntegerDirective::Range{-1, INT64_MAX});
  config.Add<IntegerDirective>("slowlog-max-len", 0, &shard.slowlog_max_len, kAnyLong);
  config.Add<IntegerDirective>("latency-monitor-threshold", 0, &shard.latency_monitor_threshold, kAnyLong);
  config.Add<BoolDirective>("latency-tracking", 0, &shard.latency_tracking);
  config.Add<WordsDirective>(
      "latency-tracking-info-percentiles", 0,
      WordsDirective::Functions{
          .set =
              [&server](Words words, std::string* error) {
                return SetPercentiles(words, error, &server.latency_tracking_info_percentiles);
              },
          .get = [&server] { return Joined(server.latency_tracking_info_percentiles, DoubleText); }});
  config.Add<IntegerDirective>("tracking-table-max-keys", 0, &shard.tracking_table_max_keys, kAnyLong);
  config
      .Add<WordsDirective>(
          "notify-keyspace-events", directive::kHidesSome,
          WordsDirective::Functions{
              .set = [&shard](Words words,
                              std::string* error) { return SetEvents(words, error, &shard.notify_keyspace_events); },
              .get = [&shard] { return NotificationFlagsText(shard.notify_keyspace_events); }})
      .Apply(ApplyNotifications);
}

}  // namespace

void AddDirectives(Config& config, Settings& settings) {
  AddNetwork(config, settings);
  AddProcess(config, settings);
  AddMemory(config, settings.keyspace);
  AddEncodings(config, settings.keyspace);
  AddObservation(config, settings);
}

}  // namespace kvorum
