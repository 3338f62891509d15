// HashObject: fields with values, held in the smaller of two forms, as in Redis 7.2:
//
//   listpack    up to hash-max-listpack-entries fields, none and no value longer than hash-max-listpack-value: field, value,
//               field, value, ... in order of arrival (PackedList)
//   hashtable   everything else: one record a field, its value in it (FieldRecord), in a HashTable
//
// A listpack becomes a hashtable when it outgrows its limits; there is no way back.
//
// Fields and values are seen as PackedValue, a number or a text; a number is the same as its decimal text. What is seen lies in
// the hash and is good until its next change.
//
// Threads: one. Ownership: owns its fields. Complexity: O(1) expected for a hashtable, O(n) for a listpack, whose size the
// settings limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "keyspace/object.h"
#include "keyspace/record.h"
#include "keyspace/record_table.h"
#include "keyspace/settings.h"
#include "structures/packed_list.h"

namespace kvorum {

class HashObject final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kHash;
  enum class Encoding : uint8_t { kListpack, kHashTable };
  using Table = RecordTable<FieldRecord>;
  struct Pair {
    PackedValue field;
    PackedValue value;
  };

  explicit HashObject(Encoding encoding = Encoding::kListpack);
  ~HashObject() override;
  HashObject(const HashObject&) = delete;
  HashObject& operator=(const HashObject&) = delete;

  ObjectType type() const override { return kType; }
  std::string_view encoding() const override { return encoding_ == Encoding::kListpack ? "listpack" : "hashtable"; }
  Encoding form() const { return encoding_; }
  size_t size() const override { return encoding_ == Encoding::kListpack ? list_.size() / 2 : table_->size(); }
  size_t MemoryBytes(size_t samples) const override;
  size_t FreeEffort() const override { return encoding_ == Encoding::kHashTable ? table_->size() : 1; }
  std::unique_ptr<Object> Clone() const override;
  std::string CanonicalText() const override;
  void Validate() const override;

  // False if there is no such field.
  bool Get(std::string_view field, PackedValue* value) const;
  bool Contains(std::string_view field) const;
  // Brings nearer what Get will read, in kPrefetchSteps steps, each after the one before has come: so other hashes' come between.
  static constexpr int kPrefetchSteps = 3;
  void Prefetch(std::string_view field, int step) const;
  // True if the field is new. Neither text may lie in this hash.
  bool Set(std::string_view field, std::string_view value, const KeyspaceSettings& settings);
  // False if there was no such field. The field may lie in this hash.
  bool Remove(std::string_view field);

  // Before several fields are set: chooses the hashtable at once if so many (even if they repeat) would not fit into a listpack,
  // or one of the texts would not. Set does so by itself, but only when it comes to that text.
  struct Batch {
    size_t fields = 1;
    size_t longest_bytes = 0;
    size_t total_bytes = 0;
  };
  void PrepareFor(const Batch& batch, const KeyspaceSettings& settings);

  // Each field with the same chance. Not empty.
  Pair RandomPair(Random& random) const;
  // `count` different ones, any such choice being as likely; all if there are no more. O(count), or O(size) if less.
  std::vector<Pair> Sample(size_t count, Random& random) const;

  // `visit` gets field and value of each as PackedValues, and must not change the hash. A listpack gives them in its order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    ForEachWhile([&visit](const PackedValue& field, const PackedValue& value) {
      visit(field, value);
      return true;
    });
  }
  // The same until `visit` returns false.
  template <typename Visit>
  void ForEachWhile(Visit visit) const;

  // Begins to bring what a command on this field will touch towards the caches. False: nothing to do.
  bool WarmUp(std::string_view field, Warmup* warmup) const;

  // Of the form kHashTable, for HSCAN.
  const Table& table() const { return *table_; }
  // Of the form kListpack.
  const PackedList& packed() const { return list_; }

  // A hash of what a decoder has read: fields and values in turns, no field twice. A hashtable if there are more than the
  // settings allow.
  static std::unique_ptr<HashObject> FromPacked(PackedList pairs, const KeyspaceSettings& settings);

 private:
  void ConvertToTable();
  void Destroy();

  union {
    PackedList list_;
    Table* table_;
  };
  Encoding encoding_;
};

template <typename Visit>
void HashObject::ForEachWhile(Visit visit) const {
  if (encoding_ == Encoding::kHashTable) {
    table_->ForEachWhile([&visit](const FieldRecord* record) {
      return visit(PackedValue{.text = record->field()}, PackedValue{.text = record->value()});
    });
    return;
  }
  for (auto position = list_.First(); position != PackedList::kNone;) {
    const auto value = list_.Next(position);
    if (!visit(list_.Get(position), list_.Get(value))) return;
    position = list_.Next(value);
  }
}

}  // namespace kvorum
