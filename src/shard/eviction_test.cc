// maxmemory: what goes, and when it stops.
#include "shard/eviction.h"

#include <gtest/gtest.h>

#include "base/allocator.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

// Keys with long names, each read by sessions that track: telling them of an eviction takes more memory than it gives back.
TEST(Evicting, DoesNotFeedOnWhatItTells) {
  constexpr int kKeys = 300;
  constexpr size_t kExcess = 40000;
  TestShard shard;
  std::vector<TestSession*> trackers;
  for (int i = 0; i < 10; ++i) {
    trackers.push_back(&shard.NewSession());
    shard.Run(*trackers.back(), "HELLO 3");
    shard.Run(*trackers.back(), "CLIENT TRACKING on");
  }
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = std::to_string(i) + std::string(1000, 'x');
    shard.Run("SET " + key + " v");
    for (TestSession* tracker : trackers) shard.Run(*tracker, "GET " + key);
  }
  shard.CheckEffects();
  KeyspaceSettings& settings = shard.keyspace_settings();
  settings.maxmemory_policy = EvictionPolicy::kAllKeysLru;
  settings.maxmemory_eviction_tenacity = 100;
  settings.maxmemory = AllocatedBytes() - kExcess;
  shard.Run("PING");
  settings.maxmemory = 0;
  const uint64_t evicted = shard.shard().keyspace().stats().evicted_keys;
  EXPECT_GE(evicted, 10u);
  EXPECT_LE(evicted, 50u);
  EXPECT_EQ(shard.Run("DBSIZE"), std::to_string(kKeys - static_cast<int>(evicted)));
  EXPECT_GT(trackers[0]->output.memory_bytes(), evicted * 1000) << "each was told of each";
}

TEST(Evicting, GoesOnInTheNextTurnWhileThereIsTooMuch) {
  TestShard shard;
  for (int i = 0; i < 1000; ++i) shard.Run("SET key:" + std::to_string(i) + " " + std::string(100, 'x'));
  KeyspaceSettings& settings = shard.keyspace_settings();
  settings.maxmemory_policy = EvictionPolicy::kAllKeysRandom;
  settings.maxmemory = 1;
  shard.Advance(1);
  shard.Advance(1);
  settings.maxmemory = 0;
  EXPECT_EQ(shard.Run("DBSIZE"), "0");
}

}  // namespace
}  // namespace kvorum
