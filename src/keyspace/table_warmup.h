// A warm-up of one record in a hash table: its bucket, then the records there that may be it. See warmup.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/hash.h"

namespace kvorum {

// Tables with fewer records fit the caches, and commands find what they need there.
inline constexpr size_t kWarmupTableSize = 2000;

template <typename Table>
class TableWarmup {
 public:
  TableWarmup(const Table& table, std::string_view key) : table_(&table), hash_(HashBytes(key)) {
    table.PrefetchBucket(hash_);
  }
  bool Step() {
    table_->PrefetchRecords(hash_);
    return false;
  }

 private:
  const Table* table_;
  uint64_t hash_;
};

}  // namespace kvorum
