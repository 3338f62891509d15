#include "structures/int_set.h"

#include <gtest/gtest.h>

#include <random>

#include "base/allocator.h"
#include "structures/int_set_model.h"

namespace kvorum {
namespace {

TEST(IntSet, WidensAndStaysWide) {
  IntSet set;
  EXPECT_EQ(sizeof(set), 8u);
  EXPECT_TRUE(set.Add(5));
  EXPECT_TRUE(set.Add(-32768));
  EXPECT_EQ(set.width(), 2u);
  EXPECT_TRUE(set.Add(32768));
  EXPECT_EQ(set.width(), 4u);
  EXPECT_TRUE(set.Add(INT64_MIN));
  EXPECT_EQ(set.width(), 8u);
  EXPECT_EQ(set.At(0), INT64_MIN);
  EXPECT_EQ(set.At(1), -32768);
  EXPECT_EQ(set.At(3), 32768);
  EXPECT_TRUE(set.Remove(INT64_MIN));
  EXPECT_FALSE(set.Remove(INT64_MIN));
  EXPECT_EQ(set.width(), 8u);
  EXPECT_EQ(set.bytes(), 8u + 3 * 8);
  set.Validate();
}

TEST(IntSet, NarrowSetAnswersForWideValues) {
  IntSet set;
  EXPECT_FALSE(set.Contains(0));
  set.Add(1);
  EXPECT_FALSE(set.Contains(65537));  // its low 16 bits are 1
  EXPECT_FALSE(set.Remove(65537));
  EXPECT_EQ(set.LowerBound(INT64_MIN), 0u);
  EXPECT_EQ(set.LowerBound(INT64_MAX), 1u);
}

TEST(IntSet, PickReachesAll) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  Random random(seed);
  IntSet set;
  for (int i = 0; i < 8; ++i) set.Add(i);
  std::set<int64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(set.Pick(random));
  EXPECT_EQ(seen.size(), 8u);
}

TEST(IntSet, RandomOperationsMatchASet) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  printf("seed %lu\n", seed);
  size_t before = AllocatedBytes();
  {
    RandomChoices choices(seed);
    IntSetModel model;
    for (int i = 0; i < 100000; ++i) {
      model.Step(choices);
      if (i % 16 == 0) model.Compare();
    }
  }
  EXPECT_EQ(AllocatedBytes(), before);
}

TEST(IntSetDeathTest, MisuseAborts) {
  IntSet set;
  EXPECT_DEATH((void)set.At(0), "CHECK failed");
}

}  // namespace
}  // namespace kvorum
