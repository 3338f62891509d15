#include "server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "os/clock.h"
#include "server/server.h"

namespace kvorum {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    char name[] = "/tmp/kvorum-config-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  static std::string ReadFile(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  // Empty: it was loaded.
  std::string Load(const std::string& text) {
    std::string error;
    return config_.LoadText(text, "test.conf", &error) ? "" : error;
  }
  std::string LoadArguments(const std::vector<std::string>& args) {
    std::string error;
    return config_.LoadArguments(args, &error) ? "" : error;
  }
  std::string Get(std::string_view name) { return config_.Find(name)->Get(); }
  // As CONFIG SET replies.
  std::string Set(std::vector<std::string_view> names_and_values, bool may_protected = true) {
    std::string error;
    return config_.Change(names_and_values, may_protected, server_, &error) ? "OK" : error;
  }

  Settings settings_;
  Config config_{settings_};
  ManualClock clock_{1700000000000000};
  Server server_{settings_.server, settings_.shard, settings_.keyspace, clock_};
  std::string folder_;
};

TEST_F(ConfigTest, DefaultsAreRedis72s) {
  EXPECT_EQ(Get("port"), "6379");
  EXPECT_EQ(Get("bind"), "* -::*");
  EXPECT_EQ(Get("save"), "3600 1 300 100 60 10000");
  EXPECT_EQ(Get("hash-max-listpack-entries"), "512");
  EXPECT_EQ(Get("client-output-buffer-limit"), "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
  EXPECT_EQ(Get("maxmemory-policy"), "noeviction");
  EXPECT_EQ(Get("latency-tracking-info-percentiles"), "50 99 99.9");
}

TEST_F(ConfigTest, ReadsAFile) {
  EXPECT_EQ(Load("# a comment\n\n  port 7000\r\nMAXMEMORY 100mb\nrequirepass \"two words \\x41\"\nbind 127.0.0.1 ::1\n"
                 "client-output-buffer-limit pubsub 1mb 2k 3\nunixsocketperm 700\nmaxmemory-clients 5%\n"),
            "");
  EXPECT_EQ(settings_.server.port, 7000);
  EXPECT_EQ(settings_.keyspace.maxmemory, 100u << 20);
  EXPECT_EQ(settings_.shard.requirepass, "two words A");
  EXPECT_THAT(settings_.server.bind, ElementsAre("127.0.0.1", "::1"));
  EXPECT_EQ(settings_.shard.pubsub_output_limit.hard_bytes, 1u << 20);
  EXPECT_EQ(settings_.shard.pubsub_output_limit.soft_bytes, 2000u);
  EXPECT_EQ(settings_.server.unixsocketperm, 0700);
  EXPECT_EQ(Get("unixsocketperm"), "700");
  EXPECT_EQ(settings_.server.maxmemory_clients, -5);
  EXPECT_EQ(Get("maxmemory-clients"), "5%");
}

TEST_F(ConfigTest, WrongLinesAreNamed) {
  const std::string error = Load("port 7000\nmaxmemry 1gb\n");
  EXPECT_THAT(error, HasSubstr("Reading test.conf, at line 2\n>>> 'maxmemry 1gb'"));
  EXPECT_THAT(error, HasSubstr("Did you mean 'maxmemory'?"));
  EXPECT_THAT(Load("xyzzyplugh 1\n"), ::testing::Not(HasSubstr("Did you mean")));
  EXPECT_THAT(Load("appendonly maybe\n"), HasSubstr("argument must be 'yes' or 'no'"));
  EXPECT_THAT(Load("port 1 2\n"), HasSubstr("wrong number of arguments"));
  EXPECT_THAT(Load("port 70000\n"), HasSubstr("argument must be between 0 and 65535 inclusive"));
  EXPECT_THAT(Load("requirepass \"open\n"), HasSubstr("Unbalanced quotes in configuration line"));
  EXPECT_THAT(Load("maxmemory-policy lru\n"), HasSubstr("must be one of the following: volatile-lru, "));
  EXPECT_EQ(Get("port"), "7000") << "what came before the wrong line counts, what is wrong does not";
}

TEST_F(ConfigTest, WhatWeCannotDoIsRefused) {
  for (const char* line : {"tls-port 6380", "cluster-enabled yes", "aclfile users.acl", "replicaof 10.0.0.1 6379"}) {
    EXPECT_THAT(Load(line), HasSubstr("this version of Kvorum")) << line;
  }
  for (const char* line : {"tls-port 0", "cluster-enabled no", "aclfile ''", "replicaof no one", "io-threads 4"}) {
    EXPECT_EQ(Load(line), "") << line;
  }
  EXPECT_TRUE(config_.Notes().empty());
}

TEST_F(ConfigTest, DurabilityInOurWordsAndInRedis) {
  EXPECT_EQ(Get("durability"), "periodic");
  EXPECT_EQ(Get("appendonly"), "yes");
  EXPECT_EQ(Get("appendfsync"), "everysec");
  const struct {
    std::vector<std::string_view> set;
    std::string durability, appendonly, appendfsync;
  } kCases[] = {
      {{"appendonly", "no"}, "memory", "no", "everysec"},
      {{"appendfsync", "always"}, "memory", "no", "always"},
      {{"appendonly", "yes"}, "sync", "yes", "always"},
      {{"appendfsync", "no"}, "periodic", "yes", "no"},
      {{"durability", "sync"}, "sync", "yes", "always"},
      {{"durability", "periodic"}, "periodic", "yes", "everysec"},
      {{"durability", "memory"}, "memory", "no", "everysec"},
      {{"appendonly", "yes"}, "periodic", "yes", "everysec"},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(Set(one.set), "OK");
    EXPECT_EQ(Get("durability"), one.durability) << one.set[0] << " " << one.set[1];
    EXPECT_EQ(Get("appendonly"), one.appendonly) << one.set[0] << " " << one.set[1];
    EXPECT_EQ(Get("appendfsync"), one.appendfsync) << one.set[0] << " " << one.set[1];
  }
  EXPECT_THAT(Set({"durability", "often"}), HasSubstr("must be one of the following: memory, periodic, sync"));
  EXPECT_EQ(Load("appendfsync always\nappendonly yes"), "");
  EXPECT_EQ(Get("durability"), "sync");
}

TEST_F(ConfigTest, SaveLinesAddUp) {
  EXPECT_EQ(Load("save 900 1\nsave 300 10 60 1000\n"), "");
  EXPECT_EQ(Get("save"), "900 1 300 10 60 1000");
  EXPECT_EQ(Load("save \"\"\nsave 5 5"), "");
  EXPECT_EQ(Get("save"), "5 5");
  EXPECT_EQ(Set({"save", ""}), "OK");
  EXPECT_EQ(Get("save"), "");
  EXPECT_THAT(Set({"save", "10"}), HasSubstr("Invalid save parameters"));
}

TEST_F(ConfigTest, FilesIncludeFiles) {
  Write("a.conf", "port 7001\n");
  Write("b.conf", "maxclients 77\n");
  EXPECT_EQ(Load("include " + folder_ + "/*.conf\n"), "");
  EXPECT_EQ(Get("port"), "7001");
  EXPECT_EQ(Get("maxclients"), "77");
  EXPECT_EQ(Load("include " + folder_ + "/none/*.conf\n"), "") << "a pattern may match nothing";
  EXPECT_THAT(Load("include " + folder_ + "/none.conf\n"), HasSubstr("No such file"));
  const std::string wrong = Write("wrong.inc", "port 1\nport x\n");
  EXPECT_THAT(Load("include " + wrong), HasSubstr("Reading the configuration file " + wrong + ", at line 2"));
  const std::string loop = Write("loop.inc", "");
  Write("loop.inc", "include " + loop + "\n");
  EXPECT_THAT(Load("include " + loop), HasSubstr("too many files include one another"));
}

TEST_F(ConfigTest, CommandLine) {
  const std::string file = Write("k.conf", "port 7000\nhz 20\n");
  EXPECT_EQ(LoadArguments({file, "--port", "7001", "--bind", "127.0.0.1", "::1", "--requirepass", "a b"}), "");
  EXPECT_EQ(Get("port"), "7001");
  EXPECT_EQ(Get("hz"), "20");
  EXPECT_EQ(Get("bind"), "127.0.0.1 ::1");
  EXPECT_EQ(Get("requirepass"), "a b");
  EXPECT_EQ(config_.file(), std::filesystem::canonical(file).string());
}

TEST_F(ConfigTest, CommandLineInItsOddForms) {
  EXPECT_EQ(LoadArguments({"--maxmemory 700mb", "--save", "--loglevel", "verbose", "--proc-title-template",
                           "--my--title", "--hz", "30"}),
            "");
  EXPECT_EQ(Get("maxmemory"), "734003200");
  EXPECT_EQ(Get("save"), "");
  EXPECT_EQ(Get("loglevel"), "verbose");
  EXPECT_EQ(Get("proc-title-template"), "--my--title");
  EXPECT_EQ(Get("hz"), "30");
  EXPECT_THAT(LoadArguments({"--port", "1", "2"}), HasSubstr(">>> 'port \"1\" \"2\"'\nwrong number of arguments"));
  EXPECT_THAT(LoadArguments({"--port", "--loglevel", "verbose"}), HasSubstr("'port \"--loglevel\" \"verbose\"'"));
  EXPECT_THAT(LoadArguments({"--port", "--bla", "--loglevel", "verbose"}), HasSubstr("parsed into an integer"));
  EXPECT_THAT(LoadArguments({"--shutdown-on-sigint"}), HasSubstr("must be one of the following: default, save"));
}

TEST_F(ConfigTest, SetIsAllOrNothing) {
  EXPECT_EQ(Set({"maxmemory", "1mb", "hz", "50"}), "OK");
  EXPECT_EQ(
      Set({"maxmemory", "2mb", "maxmemory-clients", "200%", "hz", "x"}),
      "ERR CONFIG SET failed (possibly related to argument 'maxmemory-clients') - percentage argument must be less "
      "or equal to 100");
  EXPECT_EQ(Get("maxmemory"), "1048576");
  EXPECT_EQ(Set({"hz", "60", "bind", "999.999.999.999"}),
            "ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.");
  EXPECT_EQ(Get("hz"), "50");
  EXPECT_EQ(Get("bind"), "* -::*");
}

TEST_F(ConfigTest, SetSaysWhatIsWrong) {
  EXPECT_EQ(Set({"foo", "1"}), "ERR Unknown option or number of arguments for CONFIG SET - 'foo'");
  EXPECT_EQ(Set({"hz", "5", "hz", "6"}),
            "ERR CONFIG SET failed (possibly related to argument 'hz') - duplicate parameter");
  EXPECT_EQ(Set({"databases", "3"}),
            "ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config");
  EXPECT_EQ(Set({"dir", "/"}, false),
            "ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config");
  EXPECT_EQ(
      Set({"notify-keyspace-events", "Q"}),
      "ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event class character. "
      "Use 'Ag$lshzxeKEtmdn'.");
  EXPECT_EQ(Set({"hz", "600"}), "OK");
  EXPECT_EQ(Get("hz"), "500");
}

TEST_F(ConfigTest, CommandsAreRenamed) {
  EXPECT_EQ(Load("rename-command flushdb badger\nrename-command CONFIG \"\"\nrename-command ping flushdb"), "");
  EXPECT_THAT(Load("rename-command nosuch x"), HasSubstr("No such command in rename-command"));
  EXPECT_THAT(Load("rename-command get SET"), HasSubstr("Target command name already exists"));
  EXPECT_EQ(Load("rename-command BGSAVE \"\""), "") << "a command of Redis that is not here yet";
  Server server(settings_.server, settings_.shard, settings_.keyspace, clock_);
  const CommandTable& table = server.shard().commands();
  EXPECT_EQ(table.Find("BADGER")->name(), "flushdb");
  EXPECT_EQ(table.Find("flushdb")->name(), "ping");
  EXPECT_EQ(table.Find("ping"), nullptr);
  EXPECT_EQ(table.Find("config"), nullptr);
  const std::string path = Write("k.conf", "");
  std::string error;
  ASSERT_TRUE(config_.LoadFile(path, &error)) << error;
  ASSERT_TRUE(config_.Rewrite(true, &error)) << error;
  EXPECT_THAT(ReadFile(path), HasSubstr("rename-command flushdb badger\nrename-command config \"\"\n"));
}

TEST_F(ConfigTest, NamesHaveAliases) {
  EXPECT_EQ(Set({"hash-max-ziplist-entries", "5", "hash-max-listpack-entries", "6"}), "OK");
  EXPECT_EQ(Get("hash-max-ziplist-entries"), "6");
  const std::string_view patterns[] = {"hash-max-*-entries", "HASH-MAX-LISTPACK-ENTRIES", "key-load-*"};
  const auto found = config_.Match(patterns);
  ASSERT_EQ(found.size(), 2u) << "each once, hidden ones not by a pattern";
  const std::string_view hidden[] = {"key-load-delay"};
  EXPECT_EQ(config_.Match(hidden).size(), 1u);
}

TEST_F(ConfigTest, EventsAreSpelledAsRedisSpellsThem) {
  for (const auto& [given, shown] : {std::pair{"KEA", "AKE"}, {"gKnm", "gnKm"}, {"", ""}, {"AKn", "AK"}}) {
    EXPECT_EQ(Set({"notify-keyspace-events", given}), "OK");
    EXPECT_EQ(Get("notify-keyspace-events"), shown);
  }
  EXPECT_EQ(Set({"notify-keyspace-events", "Kg"}), "OK");
  EXPECT_EQ(server_.shard().notified_classes, event::kKeyspace | event::kGeneric);
  EXPECT_EQ(Set({"notify-keyspace-events", "g"}), "OK");
  EXPECT_EQ(server_.shard().notified_classes, 0u) << "no channel: nobody is told";
}

TEST_F(ConfigTest, EveryValueCanBeSetAgain) {
  for (const auto& directive : config_.directives()) {
    if (directive->Is(directive::kImmutable) || directive->name() == "bind" || directive->name() == "port") continue;
    const std::string value = directive->Get();
    EXPECT_EQ(Set({directive->name(), value}), "OK") << directive->name();
    EXPECT_EQ(directive->Get(), value) << directive->name();
  }
}

TEST_F(ConfigTest, RewriteKeepsWhatItDoesNotChange) {
  const std::string path = Write("k.conf",
                                 "# Our server\nport 7000\n\n# memory\nmaxmemory 1gb\nsave 900 1\nsave 300 10\n"
                                 "hz 10   \n# the end\n");
  std::string error;
  ASSERT_TRUE(config_.LoadFile(path, &error)) << error;
  EXPECT_EQ(Set({"maxmemory", "2mb", "save", "60 5", "requirepass", "it's \"quoted\"\n", "maxclients", "50"}), "OK");
  ASSERT_TRUE(config_.Rewrite(false, &error)) << error;
  EXPECT_EQ(ReadFile(path),
            "# Our server\nport 7000\n\n# memory\nmaxmemory 2097152\nsave 60 5\nhz 10\n# the end\n"
            "# Generated by CONFIG REWRITE\nmaxclients 50\nrequirepass \"it's \\\"quoted\\\"\\n\"\n");
}

TEST_F(ConfigTest, ARewriteThatFailsLeavesTheFileAsItWas) {
  const std::string path = Write("k.conf", "# ours\nport 7000\n");
  std::string error;
  ASSERT_TRUE(config_.LoadFile(path, &error)) << error;
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit full{20, limit.rlim_max};
  const auto on_signal = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  const bool rewritten = config_.Rewrite(true, &error);
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, on_signal);
  EXPECT_FALSE(rewritten);
  EXPECT_EQ(error, "File too large");
  EXPECT_EQ(ReadFile(path), "# ours\nport 7000\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "nothing half written is left";
  std::filesystem::remove_all(folder_);
  EXPECT_FALSE(config_.Rewrite(true, &error));
  EXPECT_EQ(error, "No such file or directory");
}

TEST_F(ConfigTest, ARewriteKeepsTheFilesPermissions) {
  const std::string path = Write("k.conf", "port 7000\n");
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  std::string error;
  ASSERT_TRUE(config_.LoadFile(path, &error) && config_.Rewrite(true, &error)) << error;
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
}

TEST_F(ConfigTest, WhatIsRewrittenLoadsToTheSame) {
  const std::string path = Write("k.conf", "");
  std::string error;
  ASSERT_TRUE(config_.LoadFile(path, &error)) << error;
  EXPECT_EQ(Set({"save", "", "notify-keyspace-events", "KEg", "client-output-buffer-limit", "normal 1 2 3",
                 "shutdown-on-sigterm", "nosave now", "latency-tracking-info-percentiles", "1 2.5"}),
            "OK");
  ASSERT_TRUE(config_.Rewrite(true, &error)) << error;
  Settings settings;
  Config again(settings);
  ASSERT_TRUE(again.LoadFile(path, &error)) << error;
  for (const auto& directive : config_.directives()) {
    EXPECT_EQ(again.Find(directive->name())->Get(), directive->Get()) << directive->name();
  }
}

TEST_F(ConfigTest, WordsAreQuotedWhenRewritten) {
  const std::string text = "bind \"a\\\"b\\n\" '#c'\n";
  EXPECT_EQ(Load(text), "");
  const std::string rewritten = config_.Rewritten(text, false);
  EXPECT_EQ(rewritten, "bind \"a\\\"b\\n\" \"#c\"\n");
  Settings settings;
  Config again(settings);
  std::string error;
  ASSERT_TRUE(again.LoadText(rewritten, "test.conf", &error)) << error;
  EXPECT_THAT(settings.server.bind, ElementsAre("a\"b\n", "#c"));
}

TEST(Memory, Units) {
  uint64_t bytes;
  for (const auto& [text, expected] : {std::pair<const char*, uint64_t>{"0", 0},
                                       {"10", 10},
                                       {"1b", 1},
                                       {"1k", 1000},
                                       {"1Kb", 1024},
                                       {"2m", 2000000},
                                       {"2MB", 2 << 20},
                                       {"3g", 3000000000},
                                       {"3gb", uint64_t{3} << 30},
                                       {"18446744073709551615", UINT64_MAX}}) {
    ASSERT_TRUE(ParseMemory(text, &bytes)) << text;
    EXPECT_EQ(bytes, expected) << text;
  }
  for (const char* text : {"", "-1", "1.5gb", "1x", "gb", "1 gb", "99999999999gb", "18446744073709551616"}) {
    EXPECT_FALSE(ParseMemory(text, &bytes)) << text;
  }
}

}  // namespace
}  // namespace kvorum
