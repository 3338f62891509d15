// SnapshotValueDecoder: one value out of the bytes of a snapshot (keyspace/snapshot_record.h), which come in pieces cut anywhere.
//
// Nothing is trusted: counts, lengths, order and uniqueness are checked, and memory is taken for bytes that have come only, or for
// what the caller's allowance covers. The value has the form it had, whatever the settings say now, but that a list
// becomes a packed one where it fits.
//
// Threads: one. Ownership: what Take gives is the caller's.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/buffer.h"
#include "json/codec.h"
#include "keyspace/entry.h"
#include "keyspace/hash_object.h"
#include "keyspace/list_object.h"
#include "keyspace/set_object.h"
#include "keyspace/snapshot_record.h"
#include "keyspace/sorted_set_object.h"

namespace kvorum {

class VectorSetLoader;

// For bytes that are announced before they come: what all announcements of a file come to together can be no more than its size.
class SnapshotAllowance {
 public:
  explicit SnapshotAllowance(uint64_t bytes) : left_(bytes) {}
  [[nodiscard]] bool Take(uint64_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  uint64_t left_;
};

class SnapshotValueDecoder {
 public:
  explicit SnapshotValueDecoder(SnapshotAllowance* allowance);
  ~SnapshotValueDecoder();
  SnapshotValueDecoder(const SnapshotValueDecoder&) = delete;
  SnapshotValueDecoder& operator=(const SnapshotValueDecoder&) = delete;

  // Whether there are such values. For a new value; what was there before is dropped.
  [[nodiscard]] bool Begin(ObjectType type, snapshot_record::Form form, const KeyspaceSettings& settings);
  // The next bytes. False: they are damaged, and error() says how.
  [[nodiscard]] bool Feed(std::string_view bytes);
  // No more bytes come. False: some are missing.
  [[nodiscard]] bool Finish();
  const char* error() const { return error_; }

  // After Finish: the value, as an entry without clock and mark.
  Entry* Take(std::string_view key, int64_t deadline_ms);

 private:
  bool Fail(const char* error) {
    error_ = error;
    return false;
  }
  // Takes what is whole off the front. False: damaged.
  bool Parse(std::string_view* in);
  bool ParseHead(std::string_view* in, bool* whole);
  bool ParseText(std::string_view* in);
  bool ParsePacked(std::string_view* in);
  bool ParseIntegers(std::string_view* in);
  bool ParseNodes(std::string_view* in);
  bool ParseFrames(std::string_view* in);
  bool ParseElements(std::string_view* in);
  bool ParseJson(std::string_view* in);
  bool AddElement(double score, std::string_view text, std::string_view value);
  bool FinishPacked(std::string_view entries);
  bool CheckPackedSortedSet(std::string_view entries);
  void Drop();

  SnapshotAllowance* allowance_;
  ObjectType type_ = ObjectType::kString;
  snapshot_record::Form form_ = snapshot_record::Form::kBig;
  ListObject::Limits list_limits_;
  KeyspaceSettings unlimited_;  // under which nothing changes its form
  const char* error_ = "";
  bool has_head_ = false;
  uint64_t left_ = 0;   // bytes of a text, entries' bytes, integers, nodes, elements: that are still to come
  uint64_t count_ = 0;  // entries of a packed form
  size_t width_ = 0;
  int64_t last_integer_ = 0;
  Buffer carry_;  // the beginning of what is not whole
  Buffer packed_;

  BigString* text_ = nullptr;
  std::unique_ptr<ListObject> list_;
  std::unique_ptr<SetObject> set_;
  std::unique_ptr<HashObject> hash_;
  std::unique_ptr<SortedSetBuilder> builder_;
  std::unique_ptr<VectorSetLoader> frames_;
  JsonDecoder json_;
  std::unique_ptr<Object> object_;  // when it is whole
  IntSet integers_;
};

}  // namespace kvorum
