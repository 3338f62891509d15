#include "keyspace/set_object.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "base/allocator.h"
#include "keyspace/set_object_model.h"

namespace kvorum {
namespace {

TEST(SetObject, IsAsSmallAsItsMembersAllow) {
  KeyspaceSettings settings;
  SetObject set;
  for (int i = 0; i < 512; ++i) EXPECT_TRUE(set.Add(int64_t{i}, settings));
  EXPECT_EQ(set.encoding(), "intset");
  set.Add(int64_t{512}, settings);
  EXPECT_EQ(set.encoding(), "hashtable");

  SetObject small;
  small.Add("1", settings);
  small.Add("one", settings);
  EXPECT_EQ(small.encoding(), "listpack");
  EXPECT_TRUE(small.Contains(int64_t{1}));
  small.Add(std::string(65, 'x'), settings);
  EXPECT_EQ(small.encoding(), "hashtable");
  EXPECT_TRUE(small.Contains(int64_t{1}));
}

TEST(SetObject, IntegersTooManyForAListpackBecomeAHashtable) {
  KeyspaceSettings settings;
  SetObject set;
  for (int i = 0; i < 128; ++i) set.Add(int64_t{i}, settings);
  set.Add("one", settings);
  EXPECT_EQ(set.encoding(), "hashtable");
  EXPECT_EQ(set.size(), 129u);
}

TEST(SetObject, ASampleIsUniform) {
  KeyspaceSettings settings;
  Random random(1);
  for (int members : {20, 400}) {
    SetObject set(SetObject::Encoding::kHashTable);
    for (int i = 0; i < members; ++i) set.Add("m" + std::to_string(i), settings);
    std::map<std::string, int> drawn;
    constexpr int kRounds = 4000;
    const auto count = static_cast<size_t>(members == 20 ? 10 : 40);
    for (int round = 0; round < kRounds; ++round) {
      for (const PackedValue& member : set.Sample(count, random)) ++drawn[std::string(member.text)];
    }
    const double expected = kRounds * static_cast<double>(count) / members;
    for (const auto& [member, times] : drawn) EXPECT_NEAR(times, expected, expected * 0.3) << member;
    EXPECT_EQ(drawn.size(), static_cast<size_t>(members));
  }
}

TEST(SetObject, SixteenByteMembersCostAtMostFortyBytes) {
  constexpr size_t kMembers = 200000;
  KeyspaceSettings settings;
  const size_t before = AllocatedBytes();
  SetObject set;
  for (size_t i = 0; i < kMembers; ++i) {
    std::string member = std::to_string(i);
    set.Add(member.insert(0, 16 - member.size(), 'm'), settings);
  }
  EXPECT_LT(static_cast<double>(AllocatedBytes() - before) / kMembers, 40);
  EXPECT_NEAR(static_cast<double>(set.MemoryBytes(5)), static_cast<double>(AllocatedBytes() - before), 10000);
}

TEST(SetObject, RandomOperationsMatchASet) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  printf("seed %lu\n", seed);
  const size_t before = AllocatedBytes();
  for (uint64_t run = 0; run < 6; ++run) {
    RandomChoices choices(seed + run);
    SetObjectModel model(seed + run);
    for (int i = 0; i < 3000; ++i) {
      model.Step(choices);
      if (i % 8 == 0 || model.size() < 10) model.Compare();
    }
  }
  EXPECT_LT(AllocatedBytes() - before, 1000u);
}

}  // namespace
}  // namespace kvorum
