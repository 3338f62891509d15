#include <gtest/gtest.h>

#include <set>

#include "shard/pubsub.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

TEST(PubSub, TellsSubscribersOfChannelsAndPatterns) {
  TestShard shard;
  TestSession& listener = shard.NewSession();
  EXPECT_EQ(shard.Run(listener, "SUBSCRIBE news news weather"),
            "[subscribe, news, 1] [subscribe, news, 1] [subscribe, weather, 2]");
  EXPECT_EQ(shard.Run(listener, "PSUBSCRIBE n*"), "[psubscribe, n*, 3]");
  EXPECT_EQ(shard.Run("PUBLISH news hello"), "2");
  EXPECT_EQ(listener.TakeRaw(),
            "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n"
            "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
  EXPECT_EQ(shard.Run("PUBLISH sports hello"), "0");
  EXPECT_EQ(shard.Run("PUBSUB NUMSUB news sports"), "[news, 1, sports, 0]");
  EXPECT_EQ(shard.Run("PUBSUB NUMPAT"), "1");
  EXPECT_EQ(shard.Run("PUBSUB CHANNELS w*"), "[weather]");
}

TEST(PubSub, SpeaksRespThreeToThoseWhoDo) {
  TestShard shard;
  TestSession& listener = shard.NewSession();
  listener.resp = 3;
  shard.Run(listener, "SUBSCRIBE a");
  shard.Run("PUBLISH a x");
  EXPECT_EQ(listener.TakeRaw(), ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
  EXPECT_EQ(shard.Run(listener, "SET k 1"), "OK") << "RESP3 may do anything while it is subscribed";
}

TEST(PubSub, LimitsWhatRespTwoMayDoWhileSubscribed) {
  TestShard shard;
  shard.Run("SUBSCRIBE a");
  EXPECT_EQ(shard.Run("GET k"),
            "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "
            "this context");
  EXPECT_EQ(shard.Run("UNSUBSCRIBE"), "[unsubscribe, a, 0]");
  EXPECT_EQ(shard.Run("UNSUBSCRIBE"), "[unsubscribe, nil, 0]");
  EXPECT_EQ(shard.Run("GET k"), "nil");
}

TEST(PubSub, SendsToItselfAfterTheReply) {
  TestShard shard;
  shard.session().resp = 3;
  shard.Run("SUBSCRIBE a");
  EXPECT_EQ(shard.Run("PUBLISH a x"), "1 [message, a, x]");
  shard.Run("MULTI");
  shard.Run("PUBLISH a y");
  shard.Run("PING");
  EXPECT_EQ(shard.Run("EXEC"), "[1, PONG] [message, a, y]");
}

TEST(PubSub, ShardChannelsAreApart) {
  TestShard shard;
  TestSession& listener = shard.NewSession();
  EXPECT_EQ(shard.Run(listener, "SUBSCRIBE a"), "[subscribe, a, 1]");
  EXPECT_EQ(shard.Run(listener, "SSUBSCRIBE a"), "[ssubscribe, a, 1]");
  EXPECT_EQ(shard.Run("SPUBLISH a x"), "1");
  EXPECT_EQ(listener.Take(), "[smessage, a, x]");
  EXPECT_EQ(shard.Run("PUBSUB SHARDCHANNELS"), "[a]");
  EXPECT_EQ(shard.Run("PUBSUB SHARDNUMSUB a b"), "[a, 1, b, 0]");
  shard.Run("MULTI");
  shard.Run("SSUBSCRIBE b");
  EXPECT_EQ(shard.Run("EXEC"), "[-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client]");
}

TEST(PubSub, EndsASessionThatSaysTooMuchToItself) {
  TestShard shard;
  shard.settings().pubsub_output_limit = {.hard_bytes = 4096};
  shard.session().resp = 3;
  shard.Run("SUBSCRIBE a");
  shard.Run("MULTI");
  for (int i = 0; i < 10; ++i) shard.Run({"PUBLISH", "a", std::string(1000, 'x')});
  EXPECT_EQ(shard.Run("EXEC"), "");
  EXPECT_TRUE(shard.session().close_now);
  EXPECT_EQ(shard.shard().stats().output_limit_disconnections, 1u);
}

TEST(PubSub, IgnoresThatRepliesAreOff) {
  TestShard shard;
  TestSession& listener = shard.NewSession();
  listener.resp = 3;
  shard.Run(listener, "CLIENT REPLY OFF");
  EXPECT_EQ(shard.Run(listener, "SUBSCRIBE a"), "[subscribe, a, 1]");
  EXPECT_EQ(shard.Run(listener, "GET k"), "");
  shard.Run("PUBLISH a x");
  EXPECT_EQ(listener.Take(), "[message, a, x]");
}

TEST(PubSub, ForgetsSessionsThatGo) {
  TestShard shard;
  PubSub& pubsub = shard.shard().pubsub();
  for (int i = 0; i < 3; ++i) {
    TestSession& listener = shard.NewSession();
    shard.Run(listener, "SUBSCRIBE a b");
    shard.Run(listener, "PSUBSCRIBE *");
    shard.Run(listener, "SSUBSCRIBE c");
  }
  EXPECT_EQ(pubsub.CountSubscribers(PubSub::Kind::kChannel, "a"), 3u);
  // The first leaves, and the others' places must still be right.
  shard.Run(*static_cast<TestSession*>(shard.shard().FindSession(2)), "RESET");
  shard.Run(*static_cast<TestSession*>(shard.shard().FindSession(4)), "UNSUBSCRIBE b");
  EXPECT_EQ(shard.Run("PUBSUB NUMSUB a b"), "[a, 2, b, 1]");
  EXPECT_EQ(shard.Run("CLIENT KILL ID 3"), "1");
  EXPECT_EQ(shard.Run("CLIENT KILL ID 4"), "1");
  for (auto kind : {PubSub::Kind::kChannel, PubSub::Kind::kPattern, PubSub::Kind::kShardChannel}) {
    EXPECT_TRUE(pubsub.topics(kind).empty());
  }
}

TEST(PubSub, AgreesWithAModel) {
  constexpr uint64_t kSeed = 7;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  TestShard shard;
  PubSub& pubsub = shard.shard().pubsub();
  constexpr size_t kSessions = 6;
  std::vector<TestSession*> sessions;
  std::vector<std::set<std::string>> model(kSessions);
  for (size_t i = 0; i < kSessions; ++i) sessions.push_back(&shard.NewSession());
  for (int step = 0; step < 5000; ++step) {
    const size_t who = random.Below(kSessions);
    const std::string name = "c" + std::to_string(random.Below(5));
    const uint64_t what = random.Below(20);
    if (what < 10) {
      EXPECT_EQ(pubsub.Subscribe(*sessions[who], PubSub::Kind::kChannel, name), model[who].insert(name).second);
    } else if (what < 18) {
      EXPECT_EQ(pubsub.Unsubscribe(*sessions[who], PubSub::Kind::kChannel, name), model[who].erase(name) == 1);
    } else {
      pubsub.RemoveSession(*sessions[who]);
      model[who].clear();
    }
    pubsub.Validate();
    size_t listeners = 0;
    for (const auto& names : model) listeners += names.contains(name);
    ASSERT_EQ(pubsub.Publish(name, "x"), listeners);
    for (size_t i = 0; i < kSessions; ++i) {
      ASSERT_EQ(sessions[i]->Take(), model[i].contains(name) ? "[message, " + name + ", x]" : "");
    }
  }
}

TEST(KeyspaceEvents, GoToBothChannels) {
  TestShard shard;
  TestSession& listener = shard.NewSession();
  shard.Run(listener, "PSUBSCRIBE *");
  shard.shard().SetNotifications(event::kKeyspace | event::kKeyevent | event::kAll);
  shard.Run("SET k 1");
  EXPECT_EQ(listener.Take(), "[pmessage, *, __keyspace@0__:k, set] [pmessage, *, __keyevent@0__:set, k]");
  shard.shard().SetNotifications(event::kKeyevent | event::kGeneric);
  shard.Run("SET k 2 PX 1");
  EXPECT_EQ(listener.Take(), "[pmessage, *, __keyevent@0__:expire, k]");
  shard.shard().SetNotifications(event::kAll);
  shard.Run("SET k 2");
  EXPECT_EQ(listener.Take(), "") << "neither K nor E";
}

TEST(KeyspaceEvents, TellOfNewKeysAndMisses) {
  TestShard shard;
  TestSession& listener = shard.NewSession();
  shard.Run(listener, "PSUBSCRIBE *");
  shard.shard().SetNotifications(event::kKeyevent | event::kNew | event::kKeyMiss | event::kExpired);
  shard.Run("SET k 1");
  shard.Run("SET k 2");
  EXPECT_EQ(listener.Take(), "[pmessage, *, __keyevent@0__:new, k]");
  shard.Run("GET nothing");
  EXPECT_EQ(listener.Take(), "[pmessage, *, __keyevent@0__:keymiss, nothing]");
  shard.Run("PEXPIRE k 5");
  shard.Advance(10);
  EXPECT_EQ(listener.Take(), "[pmessage, *, __keyevent@0__:expired, k]");
  shard.Run("FLUSHALL ASYNC");
  shard.Run("SET k 1");
  EXPECT_EQ(listener.Take(), "[pmessage, *, __keyevent@0__:new, k]");
}

}  // namespace
}  // namespace kvorum
