#include "shard/tracking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "shard/test_harness.h"

namespace kvorum {
namespace {

// A shard with a session that speaks RESP3 and another one that writes.
struct TrackingTest : testing::Test {
  TestShard shard;
  TestSession& reader = shard.session();
  TestSession& writer = shard.NewSession();
  void SetUp() override { reader.resp = 3; }
  std::string Read(std::string_view line) { return shard.Run(reader, line); }
  std::string Write(std::string_view line) { return shard.Run(writer, line); }
};

TEST_F(TrackingTest, TellsOnceOfAKeyThatWasRead) {
  EXPECT_EQ(Read("CLIENT TRACKING ON"), "OK");
  Read("MGET a b");
  Write("SET a 1");
  EXPECT_EQ(reader.TakeRaw(), ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n");
  Write("SET a 2");
  Write("SET c 2");
  EXPECT_EQ(reader.Take(), "");
  EXPECT_EQ(shard.shard().tracking().key_count(), 1u);
  Read("CLIENT TRACKING OFF");
  EXPECT_EQ(shard.shard().tracking().key_count(), 0u);
  Write("SET b 2");
  EXPECT_EQ(reader.Take(), "");
}

TEST_F(TrackingTest, TellsAfterTheReplyOfOnesOwnChange) {
  Read("CLIENT TRACKING ON");
  Read("GET a");
  EXPECT_EQ(Read("SET a 1"), "OK [invalidate, [a]]");
  Read("MGET a b");
  Read("MULTI");
  Read("SET a 1");
  Read("GET a");
  EXPECT_EQ(Read("EXEC"), "[OK, 1] [invalidate, [a]]");
  Read("CLIENT TRACKING ON NOLOOP");
  EXPECT_EQ(Read("SET b 1"), "OK");
}

TEST_F(TrackingTest, TellsOfExpiryAndFlush) {
  Read("CLIENT TRACKING ON");
  Write("SET a 1 PX 10");
  Read("GET a");
  shard.Advance(20);
  EXPECT_EQ(reader.Take(), "[invalidate, [a]]");
  Read("GET a");
  Write("FLUSHDB");
  EXPECT_EQ(reader.TakeRaw(), ">2\r\n$10\r\ninvalidate\r\n_\r\n");
  EXPECT_EQ(shard.shard().tracking().item_count(), 0u);
  EXPECT_EQ(Read("FLUSHALL"), "OK [invalidate, nil]");
}

TEST_F(TrackingTest, RedirectsToASubscriber) {
  TestSession& target = shard.NewSession();
  shard.Run(target, "SUBSCRIBE __redis__:invalidate");
  reader.resp = 2;
  EXPECT_EQ(Read("CLIENT TRACKING ON REDIRECT 77"), "-ERR The client ID you want redirect to does not exist");
  EXPECT_EQ(Read("CLIENT TRACKING ON REDIRECT " + std::to_string(target.id)), "OK");
  EXPECT_EQ(Read("CLIENT GETREDIR"), std::to_string(target.id));
  Read("GET a");
  Write("SET a 1");
  EXPECT_EQ(target.Take(), "[message, __redis__:invalidate, [a]]");
  Read("GET a");
  shard.shard().Kill(target);
  reader.resp = 3;
  Write("SET a 1");
  EXPECT_EQ(reader.Take(), "[tracking-redir-broken, " + std::to_string(target.id) + "]");
  EXPECT_EQ(Read("CLIENT TRACKINGINFO"),
            "{flags: [on, broken_redirect], redirect: " + std::to_string(target.id) + ", prefixes: []}");
}

TEST_F(TrackingTest, BroadcastsPrefixesOnceATurn) {
  EXPECT_EQ(Read("CLIENT TRACKING ON BCAST PREFIX user: PREFIX item: NOLOOP"), "OK");
  Write("MSET user:2 x user:1 y other z item:1 w");
  EXPECT_EQ(reader.Take(), "[invalidate, [item:1]] [invalidate, [user:1, user:2]]");
  EXPECT_EQ(Read("SET user:1 x"), "OK");
  EXPECT_EQ(reader.Take(), "");
  EXPECT_EQ(Read("CLIENT TRACKING ON BCAST PREFIX us"),
            "-ERR Prefix 'us' overlaps with an existing prefix 'user:'. Prefixes for a single client must not "
            "overlap.");
  EXPECT_EQ(shard.shard().tracking().prefix_count(), 2u);
  Read("CLIENT TRACKING OFF");
  EXPECT_EQ(shard.shard().tracking().prefix_count(), 0u);
}

TEST_F(TrackingTest, OptsInAndOut) {
  Read("CLIENT TRACKING ON OPTIN");
  Read("GET a");
  Write("SET a 1");
  EXPECT_EQ(reader.Take(), "");
  EXPECT_EQ(Read("CLIENT CACHING YES"), "OK");
  Read("GET a");
  Read("GET b");
  Write("MSET a 1 b 1");
  EXPECT_EQ(reader.Take(), "[invalidate, [a]]");
  Read("CLIENT TRACKING OFF");
  Read("CLIENT TRACKING ON OPTOUT");
  Read("CLIENT CACHING NO");
  Read("GET a");
  Read("GET b");
  Write("MSET a 1 b 1");
  EXPECT_EQ(reader.Take(), "[invalidate, [b]]");
}

TEST_F(TrackingTest, AgreesWithAModel) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  std::vector<TestSession*> readers;
  for (int i = 0; i < 4; ++i) {
    readers.push_back(&shard.NewSession());
    readers.back()->resp = 3;
    shard.Run(*readers.back(), "CLIENT TRACKING ON");
  }
  std::set<std::pair<std::string, TestSession*>> model;
  for (int step = 0; step < 5000; ++step) {
    const std::string key = "k" + std::to_string(random.Below(20));
    TestSession* session = readers[random.Below(readers.size())];
    if (random.Below(3) > 0) {
      shard.Run(*session, "GET " + key);
      model.emplace(key, session);
    } else {
      Write("SET " + key + " 1");
      for (TestSession* each : readers) {
        ASSERT_EQ(each->Take(), model.erase({key, each}) == 1 ? "[invalidate, [" + key + "]]" : "");
      }
    }
    ASSERT_EQ(shard.shard().tracking().item_count(), model.size());
  }
}

TEST_F(TrackingTest, KeepsTheTableBelowItsLimit) {
  Read("CLIENT TRACKING ON");
  for (int i = 0; i < 1000; ++i) Read("GET key" + std::to_string(i));
  EXPECT_EQ(reader.Take(), "");
  EXPECT_EQ(shard.shard().tracking().key_count(), 1000u);
  shard.settings().tracking_table_max_keys = 10;
  for (int i = 0; i < 5; ++i) shard.Advance(1);
  EXPECT_EQ(shard.shard().tracking().key_count(), 10u);
  EXPECT_EQ(shard.shard().tracking().item_count(), 10u);
  std::string told = reader.Take();
  EXPECT_EQ(std::count(told.begin(), told.end(), 'v'), 990) << "one 'invalidate' for each key that was forgotten";
}

}  // namespace
}  // namespace kvorum
