// SnapshotDecoder: puts what the blocks of a snapshot hold (keyspace/snapshot_record.h) into an empty keyspace.
//
// Nothing is trusted: a record that is not as it must be is an error with its offset, and memory is taken for bytes that have come
// only, or for no more than the whole file could hold. Keys whose deadline has passed are taken in like others: the journal says which of them
// went.
//
// Tables are made for as many keys as the snapshot announces, deadlines are put in order at the end, and keys are inserted in
// batches whose buckets were fetched before: that is most of its speed.
//
// Threads: the shard's. Ownership: borrows the keyspace, which must be empty. After an error the keyspace holds a part of the state, its
// deadlines not in order: good for nothing but to be destroyed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "keyspace/keyspace.h"
#include "shard/snapshot_value.h"

namespace kvorum {

class SnapshotDecoder {
 public:
  // `file_bytes`: of the whole snapshot; nothing is announced beyond that.
  SnapshotDecoder(Keyspace& keyspace, uint64_t file_bytes);
  ~SnapshotDecoder();
  SnapshotDecoder(const SnapshotDecoder&) = delete;
  SnapshotDecoder& operator=(const SnapshotDecoder&) = delete;

  // The next block. False: it is damaged.
  [[nodiscard]] bool Block(std::string_view payload, uint32_t records);
  // After the last. False: something is missing.
  [[nodiscard]] bool Finish();

  uint64_t keys() const { return keys_; }
  // As the snapshot says, once its first block was read.
  uint64_t announced_keys() const { return announced_keys_; }
  // To be replayed when all is there: a command each, encoded.
  std::vector<std::string>& effects() { return effects_; }
  const std::string& error() const { return error_; }
  // Where in the last block.
  size_t error_offset() const { return error_offset_; }

 private:
  static constexpr size_t kBatch = 32;
  struct Sizes {
    bool announced = false;
    uint64_t keys = 0;
    uint64_t deadlines = 0;
    std::vector<Deadlines::Deadline> loaded;
  };
  // An entry that waits for its bucket.
  struct Waiting {
    Entry* entry;
    uint64_t hash;
    int db;
    size_t offset;
  };
  // The head of a key's record.
  struct Shell {
    uint32_t clock;
    ObjectType type;
    snapshot_record::Form form;
    uint8_t flags;
    int64_t deadline_ms;
    std::string_view key;
  };
  // A value of which pieces are still to come.
  struct Open {
    explicit Open(SnapshotAllowance* allowance) : value(allowance) {}
    SnapshotValueDecoder value;
    Shell shell;
    std::string key;
    int db = 0;
  };

  bool Fail(std::string error) {
    if (error_.empty()) error_ = std::move(error);
    return false;
  }
  bool CutOff() { return Fail("a record is cut off"); }
  // Take one record off the front.
  bool Record(std::string_view* in);
  bool DatabaseRecord(std::string_view* in);
  bool SizesRecord(std::string_view* in);
  bool EffectRecord(std::string_view* in);
  bool PieceRecord(std::string_view* in);
  bool KeyRecord(std::string_view* in);
  bool ShortRecord(std::string_view* in, size_t value_offset, size_t value_bytes);
  bool LongRecord(std::string_view* in, const Shell& shell, size_t payload_offset);
  bool FinishValue(SnapshotValueDecoder& value, const Shell& shell, int db);
  bool Add(Entry* entry, int db);
  bool InsertWaiting();

  Keyspace& keyspace_;
  SnapshotAllowance text_allowance_;
  SnapshotAllowance key_allowance_;
  std::vector<Sizes> sizes_;  // by database
  int db_ = -1;
  const char* payload_ = nullptr;
  const char* record_ = nullptr;
  std::array<Waiting, kBatch> waiting_;
  size_t waiting_count_ = 0;
  SnapshotValueDecoder value_;
  std::unordered_map<uint32_t, std::unique_ptr<Open>> open_;
  std::vector<std::string> effects_;
  uint64_t keys_ = 0;
  uint64_t announced_keys_ = 0;
  std::string error_;
  size_t error_offset_ = 0;
};

}  // namespace kvorum
