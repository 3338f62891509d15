// What a server holds beside its keyspace: the definitions of search indexes, which are data, and the indexes, which must follow it.
#pragma once

#include <cstdint>
#include <string>

#include "shard/shard.h"

namespace kvorum::sim {

uint64_t DigestOfIndexes(Shard& shard);
// As lines, for people.
std::string IndexesOf(Shard& shard);
// Compares each index with one made anew of the keys there are; returns what is wrong.
std::string CheckIndexes(Shard& shard, int64_t now_ms);

}  // namespace kvorum::sim
