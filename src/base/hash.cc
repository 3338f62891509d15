#include "base/hash.h"

namespace kvorum {

uint64_t g_hash_seed = 0x9E3779B97F4A7C15;

void SeedHash(uint64_t seed) { g_hash_seed = seed; }

}  // namespace kvorum
