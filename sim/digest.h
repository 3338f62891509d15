// What a keyspace holds, as a number or as text: types, values, deadlines. Keys that have expired and are still there count.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "keyspace/keyspace.h"

namespace kvorum::sim {

// "0 name" (database and key), to its type, value and deadline.
using Contents = std::map<std::string, std::string>;

// The same for the same contents, in whatever order tables hold them.
uint64_t DigestOf(Keyspace& keyspace);
Contents ContentsOf(Keyspace& keyspace);
// Checks each value's own invariants.
void Validate(Keyspace& keyspace);
// What differs, a line a key, for people.
std::string Difference(const Contents& expected, const Contents& found);

}  // namespace kvorum::sim
