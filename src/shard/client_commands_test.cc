#include <gtest/gtest.h>

#include <string>

#include "shard/client_info.h"
#include "shard/redact.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

bool Contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Client, ListTellsWhatSessionsDo) {
  TestShard shard;
  TestSession& other = shard.NewSession();
  other.address = "10.0.0.1:5";
  EXPECT_EQ(shard.Run(other, "CLIENT SETNAME worker"), "OK");
  EXPECT_EQ(shard.Run(other, "SELECT 3"), "OK");
  EXPECT_EQ(shard.Run(other, "MULTI"), "OK");
  EXPECT_EQ(shard.Run(other, "GET a"), "QUEUED");
  shard.Advance(7000);
  const std::string list = shard.Run("CLIENT LIST");
  EXPECT_TRUE(Contains(list,
                       "id=2 addr=10.0.0.1:5 laddr= fd=-1 name=worker age=7 idle=7 flags=x db=3 sub=0 psub=0 ssub=0 "
                       "multi=1 "))
      << list;
  EXPECT_TRUE(Contains(list, "id=1 addr= ")) << list;
  EXPECT_TRUE(Contains(list, " cmd=client|list ")) << list;
  EXPECT_TRUE(Contains(shard.Run("CLIENT LIST ID 2 99"), "name=worker"));
  EXPECT_FALSE(Contains(shard.Run("CLIENT LIST ID 2 99"), "id=1 "));
  EXPECT_EQ(shard.Run("CLIENT LIST TYPE pubsub"), "");
  EXPECT_TRUE(Contains(shard.Run("CLIENT LIST TYPE Normal"), "name=worker"));
  EXPECT_EQ(shard.Run("CLIENT LIST TYPE x"), "-ERR Unknown client type 'x'");
  EXPECT_EQ(shard.Run("CLIENT LIST ID"), "-ERR syntax error");
}

TEST(Client, Names) {
  TestShard shard;
  EXPECT_EQ(shard.Run("CLIENT GETNAME"), "nil");
  EXPECT_EQ(shard.Run("CLIENT SETNAME 'a b'"),
            "-ERR Client names cannot contain spaces, newlines or special characters.");
  EXPECT_EQ(shard.Run("CLIENT SETNAME ab"), "OK");
  EXPECT_EQ(shard.Run("CLIENT GETNAME"), "ab");
  EXPECT_EQ(shard.Run("CLIENT SETINFO LIB-NAME x.py"), "OK");
  EXPECT_EQ(shard.Run("CLIENT SETINFO lib-ver 1.2"), "OK");
  EXPECT_TRUE(Contains(shard.Run("CLIENT INFO"), " lib-name=x.py lib-ver=1.2"));
  EXPECT_EQ(shard.Run("CLIENT SETINFO x y"), "-ERR Unrecognized option 'x'");
}

TEST(Client, Kill) {
  TestShard shard;
  TestSession& other = shard.NewSession();
  other.address = "10.0.0.1:5";
  EXPECT_EQ(shard.Run("CLIENT KILL 10.0.0.1:6"), "-ERR No such client");
  EXPECT_EQ(shard.Run("CLIENT KILL ID 2 ADDR 10.0.0.1:6"), "0");
  EXPECT_EQ(shard.Run("CLIENT KILL ID 0"), "-ERR client-id should be greater than 0");
  EXPECT_EQ(shard.Run("CLIENT KILL ID 1 SKIPME yes"), "0");
  EXPECT_FALSE(other.close_now);
  EXPECT_EQ(shard.Run("CLIENT KILL TYPE normal USER default"), "1");
  EXPECT_TRUE(other.close_now);
  // It is seen by nobody from then on.
  EXPECT_FALSE(Contains(shard.Run("CLIENT LIST"), "id=2 "));
  EXPECT_EQ(shard.Run("CLIENT KILL ID 2"), "0");
  EXPECT_EQ(shard.Run("CLIENT KILL ID 1 SKIPME no"), "1");
  EXPECT_TRUE(shard.session().close_after_reply);
}

TEST(Client, PauseHoldsWritesBack) {
  TestShard shard;
  TestSession& writer = shard.NewSession();
  TestSession& second = shard.NewSession();
  EXPECT_EQ(shard.Run("CLIENT PAUSE 1000 WRITE"), "OK");
  EXPECT_EQ(shard.Run(writer, "GET a"), "nil");
  EXPECT_EQ(shard.Run(writer, "SET a 1"), "");
  EXPECT_EQ(shard.Run(second, "APPEND a 2"), "");
  EXPECT_EQ(writer.blocked, BlockReason::kPaused);
  EXPECT_EQ(shard.Run("CLIENT UNBLOCK 2"), "0");
  EXPECT_TRUE(Contains(shard.Run("CLIENT LIST ID 2"), "flags=b "));
  shard.Advance(999);
  EXPECT_EQ(shard.Run("GET a"), "nil");
  shard.Advance(1);
  EXPECT_EQ(writer.Take(), "OK");
  EXPECT_EQ(second.Take(), "2");
  EXPECT_EQ(shard.Run("GET a"), "12");
}

TEST(Client, UnpauseLetsAllGoOnInOrder) {
  TestShard shard;
  TestSession& first = shard.NewSession();
  TestSession& second = shard.NewSession();
  EXPECT_EQ(shard.Run("CLIENT PAUSE 100000 WRITE"), "OK");
  // The longer and the stricter count.
  EXPECT_EQ(shard.Run("CLIENT PAUSE 1 WRITE"), "OK");
  EXPECT_EQ(shard.Run(second, "APPEND a 2"), "");
  EXPECT_EQ(shard.Run(first, "APPEND a 1"), "");
  shard.Advance(500);
  EXPECT_EQ(second.Take(), "");
  EXPECT_EQ(shard.Run("CLIENT UNPAUSE"), "OK");
  EXPECT_EQ(second.Take(), "1");
  EXPECT_EQ(first.Take(), "2");
  EXPECT_EQ(shard.Run("GET a"), "21");
}

TEST(Client, PausedTransactions) {
  TestShard shard;
  TestSession& writer = shard.NewSession();
  EXPECT_EQ(shard.Run(writer, "MULTI"), "OK");
  EXPECT_EQ(shard.Run(writer, "SET a 1"), "QUEUED");
  EXPECT_EQ(shard.Run("CLIENT PAUSE 100000 WRITE"), "OK");
  EXPECT_EQ(shard.Run(writer, "EXEC"), "");
  EXPECT_EQ(shard.Run("MULTI"), "OK");
  EXPECT_EQ(shard.Run("GET a"), "QUEUED");
  EXPECT_EQ(shard.Run("EXEC"), "[nil]");
  EXPECT_EQ(shard.Run("CLIENT UNPAUSE"), "OK");
  EXPECT_EQ(writer.Take(), "[OK]");
}

TEST(Client, PausedSessionsMayGo) {
  TestShard shard;
  auto gone = std::make_unique<TestSession>();
  shard.shard().Add(*gone);
  EXPECT_EQ(shard.Run("CLIENT PAUSE 100000 ALL"), "OK");
  shard.Start(*gone, "SET a 1");
  EXPECT_EQ(gone->blocked, BlockReason::kPaused);
  shard.shard().Remove(*gone);
  gone.reset();
  shard.Advance(100000);
  EXPECT_EQ(shard.Run("GET a"), "nil");
}

TEST(Client, Reply) {
  TestShard shard;
  EXPECT_EQ(shard.Run("CLIENT REPLY SKIP"), "");
  EXPECT_EQ(shard.Run("PING"), "");
  EXPECT_EQ(shard.Run("PING"), "PONG");
  EXPECT_EQ(shard.Run("CLIENT REPLY OFF"), "");
  EXPECT_EQ(shard.Run("PING"), "");
  EXPECT_EQ(shard.Run("CLIENT REPLY SKIP"), "");
  EXPECT_EQ(shard.Run("PING"), "");
  EXPECT_EQ(shard.Run("CLIENT REPLY ON"), "OK");
  EXPECT_EQ(shard.Run("PING"), "PONG");
}

TEST(Client, ASkippedReplyIsSkippedAfterAPauseToo) {
  TestShard shard;
  TestSession& writer = shard.NewSession();
  EXPECT_EQ(shard.Run("CLIENT PAUSE 100 WRITE"), "OK");
  EXPECT_EQ(shard.Run(writer, "CLIENT REPLY SKIP"), "");
  EXPECT_EQ(shard.Run(writer, "SET a 1"), "");
  shard.Advance(100);
  EXPECT_EQ(writer.Take(), "");
  EXPECT_EQ(shard.Run(writer, "GET a"), "1");
}

TEST(Client, WhoIsKilledDuringAPauseRunsNothingAfterIt) {
  TestShard shard;
  TestSession& victim = shard.NewSession();
  EXPECT_EQ(shard.Run("CLIENT PAUSE 100000 WRITE"), "OK");
  shard.Start(victim, "SET a 1");
  EXPECT_EQ(shard.Run("CLIENT KILL ID " + std::to_string(victim.id)), "1");
  EXPECT_EQ(shard.Run("CLIENT UNPAUSE"), "OK");
  EXPECT_EQ(shard.Run("GET a"), "nil");
}

// A short request can ask for a reply of any length: it is not made to its end.
TEST(Client, RepliesAboveTheLimitAreNotFinished) {
  std::string keys;
  std::string patterns;
  for (int i = 0; i < 1000; ++i) {
    keys += " a";
    patterns += " GET *";
  }
  const std::string lines[] = {"MGET" + keys, "HMGET h" + keys, "SORT l ALPHA" + patterns,
                               "SORT_RO l BY nosort" + patterns};
  for (const std::string& line : lines) {
    TestShard shard;
    shard.settings().normal_output_limit = {.hard_bytes = 100000};
    const std::string value(30000, 'x');
    shard.Run({"SET", "a", value});
    shard.Run({"HSET", "h", "a", value});
    shard.Run("RPUSH l a a a");
    shard.shard().keyspace().stats() = {};
    TestSession& greedy = shard.NewSession();
    shard.Start(greedy, line);
    EXPECT_TRUE(greedy.close_now) << line.substr(0, 20);
    EXPECT_TRUE(greedy.output.empty()) << line.substr(0, 20);
    EXPECT_LE(shard.shard().keyspace().stats().keyspace_hits, 10u) << line.substr(0, 20);
  }
}

TEST(Client, ATransactionThatRepliesTooMuchIsDone) {
  TestShard shard;
  shard.settings().normal_output_limit = {.hard_bytes = 100000};
  shard.Run({"SET", "a", std::string(30000, 'x')});
  TestSession& greedy = shard.NewSession();
  EXPECT_EQ(shard.Run(greedy, "MULTI"), "OK");
  for (int i = 0; i < 100; ++i) shard.Run(greedy, "GET a");
  EXPECT_EQ(shard.Run(greedy, "INCR n"), "QUEUED");
  shard.Start(greedy, "EXEC");
  EXPECT_TRUE(greedy.close_now);
  EXPECT_EQ(shard.Run("GET n"), "1");
}

TEST(Client, OutputLimits) {
  TestShard shard;
  shard.settings().normal_output_limit = {.hard_bytes = 100000, .soft_bytes = 40000, .soft_seconds = 2};
  TestSession& slow = shard.NewSession();
  EXPECT_EQ(shard.Run({"SET", "a", std::string(30000, 'x')}), "OK");
  shard.Start(slow, "GET a");
  shard.Start(slow, "GET a");
  EXPECT_FALSE(slow.close_now);
  EXPECT_EQ(shard.Run(slow, "PING").size(), 60005u + 1);
  for (int i = 0; i < 5; ++i) shard.Start(slow, "GET a");
  EXPECT_TRUE(slow.close_now);
  EXPECT_TRUE(slow.output.empty());
  EXPECT_EQ(shard.shard().stats().output_limit_disconnections, 1u);

  TestSession& soft = shard.NewSession();
  for (int i = 0; i < 3; ++i) shard.Start(soft, "GET a");
  shard.Advance(1500);
  EXPECT_TRUE(shard.shard().CheckOutputLimit(soft));
  shard.Advance(1500);
  EXPECT_FALSE(shard.shard().CheckOutputLimit(soft));
  EXPECT_TRUE(soft.close_now);
}

TEST(Connection, Authentication) {
  TestShard shard;
  EXPECT_TRUE(shard.Run("AUTH x").starts_with("-ERR AUTH <password> called without any password configured"));
  EXPECT_EQ(shard.Run("AUTH default x"), "OK");
  shard.settings().requirepass = "secret";
  TestSession& stranger = shard.NewSession();
  EXPECT_EQ(shard.Run(stranger, "GET a"), "-NOAUTH Authentication required.");
  EXPECT_TRUE(shard.Run(stranger, "HELLO 3").starts_with("-NOAUTH HELLO must be called"));
  EXPECT_EQ(shard.Run(stranger, "AUTH wrong"), "-WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(shard.Run(stranger, "AUTH secre"), "-WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(shard.Run(stranger, "AUTH other secret"), "-WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(shard.Run(stranger, "AUTH a b c"), "-ERR syntax error");
  EXPECT_TRUE(shard.Run(stranger, "HELLO 3 AUTH default secret SETNAME me")
                  .starts_with("{server: redis, version: 7.2.4, proto: 3, id: 2, mode: standalone"));
  EXPECT_EQ(shard.Run(stranger, "CLIENT GETNAME"), "me");
  EXPECT_EQ(shard.Run(stranger, "RESET"), "RESET");
  EXPECT_EQ(shard.Run(stranger, "GET a"), "-NOAUTH Authentication required.");
  EXPECT_EQ(stranger.resp, 2);
}

TEST(Connection, HelloErrors) {
  TestShard shard;
  EXPECT_EQ(shard.Run("HELLO 4"), "-NOPROTO unsupported protocol version");
  EXPECT_EQ(shard.Run("HELLO x"), "-ERR Protocol version is not an integer or out of range");
  EXPECT_EQ(shard.Run("HELLO 2 AUTH default"), "-ERR Syntax error in HELLO option 'AUTH'");
  EXPECT_EQ(shard.session().resp, 2);
}

TEST(Monitor, TellsEverythingButSecrets) {
  TestShard shard;
  TestSession& monitor = shard.NewSession();
  EXPECT_EQ(shard.Run(monitor, "MONITOR"), "OK");
  shard.session().address = "10.0.0.1:5";
  (void)shard.Run({"SET", "a\n\"", std::string("\x01\xff", 2)});
  EXPECT_EQ(monitor.TakeRaw(), "+1767225600.000000 [0 10.0.0.1:5] \"SET\" \"a\\n\\\"\" \"\\x01\\xff\"\r\n");
  (void)shard.Run("AUTH default secret");
  EXPECT_TRUE(Contains(monitor.TakeRaw(), "] \"AUTH\" \"(redacted)\" \"(redacted)\"\r\n"));
  (void)shard.Run("CLIENT LIST");
  (void)shard.Run("NOSUCH");
  EXPECT_EQ(monitor.TakeRaw(), "");
  (void)shard.Run("MULTI");
  (void)shard.Run("GET a");
  (void)shard.Run("EXEC");
  const std::string lines = monitor.TakeRaw();
  EXPECT_LT(lines.find("MULTI"), lines.find("GET"));
  EXPECT_LT(lines.find("GET"), lines.find("EXEC"));
  EXPECT_EQ(shard.Run(monitor, "GET a"), "-ERR Replica can't interact with the keyspace");
  EXPECT_EQ(shard.Run(monitor, "RESET"), "RESET");
  (void)monitor.TakeRaw();
  (void)shard.Run("GET a");
  EXPECT_EQ(monitor.TakeRaw(), "");
}

TEST(Client, TooManyWords) {
  TestShard shard;
  const std::string begin = "-ERR unknown subcommand or wrong number of arguments for '";
  EXPECT_EQ(shard.Run("CLIENT UNBLOCK 1 ERROR x"), begin + "UNBLOCK'. Try CLIENT HELP.");
  EXPECT_EQ(shard.Run("CLIENT pause 1 ALL x"), begin + "pause'. Try CLIENT HELP.");
  EXPECT_EQ(shard.Run("SLOWLOG GET 1 2"), begin + "GET'. Try SLOWLOG HELP.");
}

// 128 bytes of the name; words until 128 bytes of them are quoted, quotes counted; each up to a zero byte.
TEST(Client, UnknownCommandsAreQuoted) {
  TestShard shard;
  const std::string a(140, 'a');
  EXPECT_EQ(shard.Run(a + " " + a + " x"),
            "-ERR unknown command '" + a.substr(0, 128) + "', with args beginning with: '" + a.substr(0, 128) + "' ");
  const std::string b(50, 'b');
  EXPECT_EQ(
      shard.Run("nosuch " + b + " " + b + " " + b + " x"),
      "-ERR unknown command 'nosuch', with args beginning with: '" + b + "' '" + b + "' '" + b.substr(0, 22) + "' ");
  EXPECT_EQ(shard.Run(R"("no\x00such" "x\x00y" z)"), "-ERR unknown command 'no', with args beginning with: 'x' 'z' ");
  EXPECT_EQ(shard.Run(R"(OBJECT "no\x00such")"), "-ERR unknown subcommand 'no'. Try OBJECT HELP.");
}

}  // namespace
}  // namespace kvorum
