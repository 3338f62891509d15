// Directives about what is kept on disk, and when.
#include <algorithm>

#include "base/numbers.h"
#include "server/config.h"
#include "server/config_apply.h"
#include "server/config_keeper.h"

namespace kvorum {
namespace {

using namespace directive;  // NOLINT(google-build-using-namespace): the flags stand in every row

using Range = IntegerDirective::Range;

constexpr int64_t kMaxInt = INT32_MAX;
constexpr Range kAnyBytes{0, INT64_MAX, Unit::kMemory};

bool AppendSavePoints(Words words, std::string* error, std::vector<std::pair<int64_t, int64_t>>* points) {
  for (size_t i = 0; i < words.size(); i += 2) {
    int64_t seconds;
    int64_t changes;
    if (i + 1 == words.size() || !ParseInt64(words[i], &seconds) || !ParseInt64(words[i + 1], &changes) ||
        seconds < 1 || changes < 0) {
      *error = "Invalid save parameters";
      return false;
    }
    points->emplace_back(seconds, changes);
  }
  return true;
}

std::string SaveText(const std::vector<std::pair<int64_t, int64_t>>& points) {
  std::string text;
  for (const auto& [seconds, changes] : points) {
    text += (text.empty() ? "" : " ") + std::to_string(seconds) + " " + std::to_string(changes);
  }
  return text;
}

void AddSave(Config& config, ServerSettings& server) {
  auto set = [&server](Words words, std::string* error) {
    std::vector<std::pair<int64_t, int64_t>> points;
    if (!AppendSavePoints(words, error, &points)) return false;
    server.save = std::move(points);
    return true;
  };
  // In a file the first line replaces the default, others add to it, and an empty one forgets what came before.
  auto load = [&server, first = true](Words words, std::string* error) mutable {
    std::vector<std::pair<int64_t, int64_t>> points;
    if (!AppendSavePoints(words, error, &points)) return false;
    if (first || words.empty()) server.save.clear();
    first = false;
    server.save.insert(server.save.end(), points.begin(), points.end());
    return true;
  };
  auto lines = [&server] {
    std::vector<std::string> all;
    for (const auto& point : server.save) all.push_back("save " + SaveText({point}));
    if (all.empty()) all.emplace_back("save \"\"");
    return all;
  };
  config.Add<WordsDirective>(
      "save", 0,
      WordsDirective::Functions{
          .set = set, .get = [&server] { return SaveText(server.save); }, .load = load, .lines = lines});
}

std::string CheckFileName(const std::string& value) {
  return value.find('/') == std::string::npos ? "" : "dbfilename can't be a path, just a filename";
}

// `appendonly` and `appendfsync` say in Redis's words what `durability` says in ours; all three write the same settings.
void SetByRedisWords(Settings& settings) {
  const ServerSettings& server = settings.server;
  settings.shard.durability = !server.appendonly                           ? Durability::kMemory
                              : server.appendfsync == FsyncPolicy::kAlways ? Durability::kSync
                                                                           : Durability::kPeriodic;
}

constexpr std::pair<std::string_view, Durability> kDurabilities[] = {
    {"memory", Durability::kMemory}, {"periodic", Durability::kPeriodic}, {"sync", Durability::kSync}};

bool SetDurability(Words words, std::string* error, Settings& settings) {
  if (words.size() != 1) return WrongNumber(error);
  std::vector<std::string_view> names;
  for (const auto& [name, durability] : kDurabilities) {
    names.push_back(name);
    if (!SameWord(name, words[0])) continue;
    settings.shard.durability = durability;
    settings.server.appendonly = durability != Durability::kMemory;
    if (durability == Durability::kSync) settings.server.appendfsync = FsyncPolicy::kAlways;
    if (durability == Durability::kPeriodic && settings.server.appendfsync == FsyncPolicy::kAlways) {
      settings.server.appendfsync = FsyncPolicy::kEverySecond;
    }
    return true;
  }
  *error = AllowedWords(names);
  return false;
}

void AddDurability(Config& config, Settings& settings) {
  auto set_word = [&settings](bool* field) {
    return [&settings, field](Words words, std::string* error) {
      if (words.size() != 1) return WrongNumber(error);
      if (!SameWord(words[0], "yes") && !SameWord(words[0], "no")) {
        *error = "argument must be 'yes' or 'no'";
        return false;
      }
      *field = SameWord(words[0], "yes");
      SetByRedisWords(settings);
      return true;
    };
  };
  ServerSettings& server = settings.server;
  config
      .Add<WordsDirective>("appendonly", 0,
                           WordsDirective::Functions{.set = set_word(&server.appendonly),
                                                     .get = [&server] { return server.appendonly ? "yes" : "no"; }})
      .Apply(ApplyDurability);
  constexpr std::pair<std::string_view, FsyncPolicy> kPolicies[] = {
      {"everysec", FsyncPolicy::kEverySecond}, {"always", FsyncPolicy::kAlways}, {"no", FsyncPolicy::kNever}};
  auto set_fsync = [&settings, kPolicies](Words words, std::string* error) {
    if (words.size() != 1) return WrongNumber(error);
    std::vector<std::string_view> names;
    for (const auto& [name, policy] : kPolicies) {
      names.push_back(name);
      if (!SameWord(name, words[0])) continue;
      settings.server.appendfsync = policy;
      SetByRedisWords(settings);
      return true;
    }
    *error = AllowedWords(names);
    return false;
  };
  auto get_fsync = [&server, kPolicies] {
    return std::string(std::find_if(std::begin(kPolicies), std::end(kPolicies), [&server](const auto& row) {
                         return row.second == server.appendfsync;
                       })->first);
  };
  config.Add<WordsDirective>("appendfsync", 0, WordsDirective::Functions{.set = set_fsync, .get = get_fsync})
      .Apply(ApplyDurability);
  config
      .Add<WordsDirective>(
          "durability", 0,
          WordsDirective::Functions{
              .set = [&settings](Words words, std::string* error) { return SetDurability(words, error, settings); },
              .get = [&settings] { return std::string(DurabilityName(settings.shard.durability)); }})
      .Apply(ApplyDurability);
}

}  // namespace

void AddPersistenceDirectives(Config& config, Settings& settings) {
  ServerSettings& server = settings.server;
  ConfigKeeper keep{config};
  AddSave(config, server);
  AddDurability(config, settings);
  keep.Text("appendfilename", "appendonly.aof", kImmutable);
  keep.Text("appenddirname", "appendonlydir", kImmutable);
  keep.Bool("no-appendfsync-on-rewrite", false);
  config.Add<IntegerDirective>("auto-aof-rewrite-percentage", 0, &server.auto_aof_rewrite_percentage, Range{});
  config.Add<IntegerDirective>("auto-aof-rewrite-min-size", 0, &server.auto_aof_rewrite_min_size, kAnyBytes);
  keep.Bool("aof-load-truncated", true);
  keep.Bool("aof-use-rdb-preamble", true);
  keep.Bool("aof-timestamp-enabled", false);
  keep.Bool("aof-rewrite-incremental-fsync", true);
  keep.Bool("aof-disable-auto-gc", false, kHidden);
  keep.Text("dbfilename", "dump.rdb", kProtected, CheckFileName);
  keep.Bool("rdbchecksum", true, kImmutable);
  keep.Bool("rdb-del-sync-files", false);
  keep.Bool("rdb-save-incremental-fsync", true);
  keep.Number("rdb-key-save-delay", 0, {INT32_MIN, kMaxInt}, kHidden);
  keep.Number("key-load-delay", 0, {INT32_MIN, kMaxInt}, kHidden);
  keep.Number("loading-process-events-interval-bytes", 2 << 20, kAnyBytes, kHidden);
  config.Add<BoolDirective>("stop-writes-on-bgsave-error", 0, &server.stop_writes_on_bgsave_error);
  keep.Word("sanitize-dump-payload", "no", {"no", "yes", "clients"});
  keep.Number("shutdown-timeout", 10);
}

}  // namespace kvorum
