// The hash of keys, fields and members: XXH3 (xxHash, 64 bits) under a secret of the process, drawn at the start, so
// that a client cannot choose keys that collide. Never written to disk and never sent: other processes hash
// differently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace kvorum {

extern uint64_t g_hash_seed;

// Called once, before the first table is made.
void SeedHash(uint64_t seed);

inline uint64_t HashBytes(const char* data, size_t size) { return XXH3_64bits_withSeed(data, size, g_hash_seed); }
inline uint64_t HashBytes(std::string_view bytes) { return HashBytes(bytes.data(), bytes.size()); }

}  // namespace kvorum
