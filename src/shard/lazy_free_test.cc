// Large values that are freed on another thread: which are, how they are counted, and that their memory comes back.
#include "shard/lazy_free.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/allocator.h"
#include "keyspace/set_object.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

// More than kLazyFreeEffort, and too many for the small forms.
constexpr int kManyElements = 600;

class LazyFreeing : public testing::Test {
 protected:
  std::string Run(std::string_view line) { return shard_.Run(line); }

  // Makes key `k` a large value of a type.
  void MakeLarge(std::string_view type) {
    std::string line = type == "set" ? "SADD k" : type == "hash" ? "HSET k" : "ZADD k";
    for (int i = 0; i < kManyElements; ++i) {
      const std::string element = "element" + std::to_string(i);
      line += type == "set" ? " " + element : type == "hash" ? " " + element + " x" : " 1 " + element;
    }
    Run("DEL k");
    ASSERT_EQ(Run(line), std::to_string(kManyElements));
  }

  // How many values the other thread has freed since the last call.
  size_t Freed() {
    LazyFree& reclaimer = shard_.shard().reclaimer();
    while (reclaimer.pending() > 0) std::this_thread::yield();
    const size_t freed = reclaimer.freed() - seen_;
    seen_ += freed;
    return freed;
  }

  TestShard shard_;
  size_t seen_ = 0;
};

TEST_F(LazyFreeing, OverwritingGoesByServerDel) {
  Run("RPUSH list 2 1");
  Run("SADD set x");
  Run("ZADD scores 1 a");
  Run("SET text t");
  const char* lines[] = {"SET k v",
                         "SETEX k 100 v",
                         "GETSET k v",
                         "MSET k v",
                         "SORT list STORE k",
                         "SORT nothing STORE k",
                         "SUNIONSTORE k set",
                         "SINTERSTORE k nothing",
                         "ZUNIONSTORE k 1 scores",
                         "ZRANGESTORE k scores 0 -1",
                         "ZRANGESTORE k nothing 0 -1",
                         "BITOP NOT k text",
                         "BITOP NOT k nothing",
                         "COPY text k REPLACE",
                         "RENAME text k"};
  for (const char* type : {"set", "hash", "zset"}) {
    for (const char* line : lines) {
      for (bool lazy : {false, true}) {
        Run("SET text t");
        MakeLarge(type);
        Freed();
        shard_.keyspace_settings().lazyfree_lazy_server_del = lazy;
        const std::string reply = Run(line);
        shard_.keyspace_settings().lazyfree_lazy_server_del = false;
        // GETSET replies what was there, and refuses what is no string.
        const bool refused = reply.starts_with("-WRONGTYPE");
        EXPECT_EQ(refused, std::string_view(line).starts_with("GETSET")) << line << ": " << reply;
        EXPECT_EQ(Freed(), lazy && !refused ? 1u : 0u) << line << " over a " << type;
      }
    }
  }
}

TEST_F(LazyFreeing, EachSettingCountsForItsOwn) {
  KeyspaceSettings& settings = shard_.keyspace_settings();
  struct Case {
    bool KeyspaceSettings::*setting;
    const char* line;
  };
  const Case cases[] = {{&KeyspaceSettings::lazyfree_lazy_user_del, "DEL k"},
                        {&KeyspaceSettings::lazyfree_lazy_expire, "PEXPIREAT k 1"},
                        {&KeyspaceSettings::lazyfree_lazy_user_flush, "FLUSHALL"},
                        {&KeyspaceSettings::lazyfree_lazy_user_flush, "FLUSHDB"}};
  for (const Case& one : cases) {
    for (bool lazy : {false, true}) {
      MakeLarge("set");
      Freed();
      settings.*one.setting = lazy;
      Run(one.line);
      settings.*one.setting = false;
      EXPECT_EQ(Run("EXISTS k"), "0");
      EXPECT_EQ(Freed(), lazy ? 1u : 0u) << one.line;
    }
  }
  MakeLarge("set");
  Run("UNLINK k");
  EXPECT_EQ(Freed(), 1u);
  MakeLarge("set");
  Run("FLUSHALL ASYNC");
  EXPECT_EQ(Freed(), 1u);
  settings.lazyfree_lazy_user_flush = true;
  MakeLarge("set");
  Run("FLUSHALL SYNC");
  EXPECT_EQ(Freed(), 0u);
}

TEST_F(LazyFreeing, ExpiryAndEviction) {
  KeyspaceSettings& settings = shard_.keyspace_settings();
  settings.lazyfree_lazy_expire = true;
  MakeLarge("hash");
  Run("PEXPIRE k 10");
  shard_.TakeEffects();
  shard_.Advance(20);
  EXPECT_EQ(shard_.TakeEffects(), std::vector<std::string>{"0 UNLINK k"});
  EXPECT_EQ(Freed(), 1u);
  MakeLarge("hash");
  settings.lazyfree_lazy_eviction = true;
  settings.maxmemory_policy = EvictionPolicy::kAllKeysRandom;
  settings.maxmemory = 1;
  shard_.TakeEffects();
  Run("GET nothing");
  settings.maxmemory = 0;
  EXPECT_EQ(shard_.TakeEffects(), std::vector<std::string>{"0 UNLINK k"});
  EXPECT_EQ(Freed(), 1u);
}

TEST_F(LazyFreeing, SmallValuesAreFreedAtOnce) {
  shard_.keyspace_settings().lazyfree_lazy_server_del = true;
  Run("RPUSH k 1 2 3");
  Run("SET k v");
  Run("SADD k2 a b c");
  Run("UNLINK k k2");
  EXPECT_EQ(Freed(), 0u);
}

// Hundreds of thousands of blocks freed on the other thread while this one goes on allocating: all of their memory comes back.
TEST(LazyFreeThread, UnderLoadTheMemoryComesBack) {
  KeyspaceSettings settings;
  settings.lazyfree_lazy_server_del = true;
  std::unique_ptr<LazyFree> reclaimer = MakeReclaimer();
  Keyspace keyspace(2, &settings, reclaimer.get());
  constexpr int kMembers = 1000;
  const auto large = [&settings] {
    auto set = std::make_unique<SetObject>();
    for (int i = 0; i < kMembers; ++i) set->Add("a member of the set " + std::to_string(i), settings);
    return set;
  };
  const auto wait = [&reclaimer] {
    while (reclaimer->pending() > 0) std::this_thread::yield();
  };
  // The first value starts the thread.
  keyspace.database(0).PutObject("k", large(), 0);
  keyspace.database(0).PutInteger("k", 1, 0);
  wait();
  EXPECT_EQ(reclaimer->freed(), 1u);
  const size_t before = AllocatedBytes();
  constexpr size_t kRounds = 500;
  size_t most = 0;
  for (size_t i = 0; i < kRounds; ++i) {
    keyspace.database(0).PutObject("k", large(), 0);
    most = std::max(most, AllocatedBytes());
    if (i % 3 == 0) {
      keyspace.database(0).PutString("k", "over it", 0);
    } else if (i % 3 == 1) {
      keyspace.database(0).DeleteLazily("k", *reclaimer);
    } else {
      reclaimer->ReclaimAll(keyspace.TakeDatabase(0));
    }
  }
  wait();
  keyspace.database(0).PutInteger("k", 1, 0);
  EXPECT_EQ(reclaimer->freed(), 1 + kRounds);
  EXPECT_GT(most, before + size_t{kMembers} * 32);
  EXPECT_LT(AllocatedBytes(), before + (16 << 10)) << "of " << most;
  reclaimer->ResetFreed();
  EXPECT_EQ(reclaimer->freed(), 0u);
}

}  // namespace
}  // namespace kvorum
