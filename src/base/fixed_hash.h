// FixedHash: a hash that is the same in every process and version: for what is kept in files. Whoever knows it can make collisions, so
// nothing of others' may depend on there being none; tables use HashBytes.
#pragma once

#include <string_view>

#include "base/hash.h"

namespace kvorum {

// XXH3, 64 bits, without a seed.
inline uint64_t FixedHash(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace kvorum
