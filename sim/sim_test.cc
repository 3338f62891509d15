// A short set of seeds, and that a seed is all there is to a run.
#include <gtest/gtest.h>

#include "sim/world.h"

namespace kvorum::sim {
namespace {

constexpr uint64_t kSeeds = 200;

TEST(Sim, SeedsHold) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("sim --seed " + std::to_string(seed) + " --verbose");
    const WorldReport report = World({.seed = seed}).Run();
    ASSERT_EQ(report.failure, "");
  }
}

TEST(Sim, ASeedRepeatsItself) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const uint64_t hash = World({.seed = seed}).Run().trace_hash;
    EXPECT_EQ(World({.seed = seed}).Run().trace_hash, hash) << seed;
    EXPECT_NE(World({.seed = seed + 1000}).Run().trace_hash, hash) << seed;
  }
}

}  // namespace
}  // namespace kvorum::sim
