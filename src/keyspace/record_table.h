// RecordTable: the hash table of a large set or hash, which owns its records (record.h).
//
// Threads: one. Ownership: owns the records in it; what Erase takes out is the caller's. Complexity: as HashTable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/allocator.h"
#include "base/check.h"
#include "base/hash.h"
#include "keyspace/warmup.h"
#include "structures/hash_table.h"

namespace kvorum {

// A warm-up of one record: its bucket, then the records there that may be it. See warmup.h.
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

template <typename Record>
class RecordTable : public HashTable<Record, typename Record::Traits> {
 public:
  using Base = HashTable<Record, typename Record::Traits>;

  ~RecordTable() {
    this->ForEach([](Record* record) { Record::Destroy(record); });
  }

  // False if there was no such record.
  bool Remove(std::string_view key) {
    Record* record = this->Erase(key);
    if (record == nullptr) return false;
    Record::Destroy(record);
    return true;
  }

  // Of the table and its records: as if all were like the first `samples` (0: all of them).
  size_t MemoryBytes(size_t samples) const {
    size_t seen = 0;
    size_t bytes = 0;
    this->ForEachWhile([&](const Record* record) {
      bytes += record->allocated_bytes();
      return ++seen != samples;
    });
    const double mean = seen > 0 ? static_cast<double>(bytes) / static_cast<double>(seen) : 0;
    return AllocationSize(sizeof(RecordTable)) + this->bytes() +
           static_cast<size_t>(mean * static_cast<double>(this->size()));
  }

  void Validate() const {
    Base::Validate();
    this->ForEach([this](const Record* record) { CHECK(this->Get(Record::Traits::Key(record)) == record); });
  }

  // Begins to bring this record towards the caches. False: a table with so few records lies there already.
  bool WarmUp(std::string_view key, Warmup* warmup) const {
    constexpr size_t kWarmupSize = 2000;
    if (this->size() < kWarmupSize) return false;
    warmup->Start(TableWarmup<Base>(*this, key));
    return true;
  }
};

}  // namespace kvorum
