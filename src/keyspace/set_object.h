// SetObject: a set of byte strings, held in the smallest of three forms, as in Redis 7.2:
//
//   intset      only integers, up to set-max-intset-entries: a sorted array (IntSet)
//   listpack    up to set-max-listpack-entries members of up to set-max-listpack-value bytes: in order of arrival (PackedList)
//   hashtable   everything else: one record a member (MemberRecord), in a HashTable
//
// An intset becomes a listpack when the first other member comes, if it has few enough, or else a hashtable; a listpack becomes
// a hashtable. There is no way back when members leave (ConvertToIntSet is for results of SINTERSTORE).
//
// Members are seen as PackedValue, a number or a text; a number is the same member as its decimal text. What is seen lies in
// the set and is good until its next change.
//
// Threads: one. Ownership: owns its members. Complexity: O(1) expected for a hashtable, O(log n) or O(n) for the small forms,
// whose size the settings limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "keyspace/object.h"
#include "keyspace/record.h"
#include "keyspace/record_table.h"
#include "keyspace/settings.h"
#include "structures/int_set.h"
#include "structures/packed_list.h"

namespace kvorum {

class SetObject final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kSet;
  enum class Encoding : uint8_t { kIntSet, kListpack, kHashTable };
  using Table = RecordTable<MemberRecord>;

  explicit SetObject(Encoding encoding = Encoding::kIntSet);
  // A set to which about `count` members are to be added, `first` being the first of them.
  static std::unique_ptr<SetObject> For(std::string_view first, size_t count, const KeyspaceSettings& settings);
  ~SetObject() override;
  SetObject(const SetObject&) = delete;
  SetObject& operator=(const SetObject&) = delete;

  ObjectType type() const override { return kType; }
  std::string_view encoding() const override;
  Encoding form() const { return encoding_; }
  size_t size() const override;
  size_t MemoryBytes(size_t samples) const override;
  size_t FreeEffort() const override { return encoding_ == Encoding::kHashTable ? table_->size() : 1; }
  std::unique_ptr<Object> Clone() const override;
  std::string CanonicalText() const override;
  void Validate() const override;

  // False if it was there already. The member must not lie in this set.
  bool Add(std::string_view member, const KeyspaceSettings& settings);
  bool Add(int64_t member, const KeyspaceSettings& settings);
  bool Add(const PackedValue& member, const KeyspaceSettings& settings) {
    return member.is_number ? Add(member.number, settings) : Add(member.text, settings);
  }
  // False if it was not there. The member may lie in this set.
  bool Remove(std::string_view member);
  bool Remove(int64_t member);
  bool Remove(const PackedValue& member) { return member.is_number ? Remove(member.number) : Remove(member.text); }
  // What Sample gave, in its order.
  void RemoveAll(std::span<const PackedValue> sample);
  bool Contains(std::string_view member) const;
  bool Contains(int64_t member) const;
  bool Contains(const PackedValue& member) const {
    return member.is_number ? Contains(member.number) : Contains(member.text);
  }

  // Before `count` members are added: chooses the hashtable at once if so many would not fit into the present form.
  void PrepareFor(size_t count, const KeyspaceSettings& settings);
  // All members are integers: an intset, if that may hold so many.
  void ConvertToIntSet(const KeyspaceSettings& settings);

  // Each member with the same chance. Not empty.
  PackedValue RandomMember(Random& random) const;
  // `count` different members, any such choice being as likely; all if there are no more. O(count), or O(size) if less.
  std::vector<PackedValue> Sample(size_t count, Random& random) const;

  // `visit` gets each member as a PackedValue, and must not change the set. A small form gives them in its order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    ForEachWhile([&visit](const PackedValue& member) {
      visit(member);
      return true;
    });
  }
  // The same until `visit` returns false.
  template <typename Visit>
  void ForEachWhile(Visit visit) const;

  // Begins to bring what a command on this member will touch towards the caches. False: nothing to do.
  bool WarmUp(std::string_view member, Warmup* warmup) const;

  // Of the form kHashTable, for SSCAN.
  const Table& table() const { return *table_; }
  // Of the forms kListpack and kIntSet.
  const PackedList& packed() const { return list_; }
  const IntSet& integers() const { return integers_; }

  // A set of what a decoder has read, no member twice. A hashtable if there are more than the settings allow.
  static std::unique_ptr<SetObject> FromPacked(PackedList members, const KeyspaceSettings& settings);
  static std::unique_ptr<SetObject> FromIntegers(IntSet members);

 private:
  void ConvertToListpack();
  void ConvertToTable();
  void InsertNew(std::string_view member);
  bool FitsListpack(size_t member_bytes, const KeyspaceSettings& settings) const;
  void Destroy();

  union {
    IntSet integers_;
    PackedList list_;
    Table* table_;
  };
  Encoding encoding_;
};

template <typename Visit>
void SetObject::ForEachWhile(Visit visit) const {
  switch (encoding_) {
    case Encoding::kIntSet:
      for (size_t i = 0; i < integers_.size(); ++i) {
        if (!visit(PackedValue{.number = integers_.At(i), .is_number = true})) return;
      }
      return;
    case Encoding::kListpack:
      for (auto position = list_.First(); position != PackedList::kNone; position = list_.Next(position)) {
        if (!visit(list_.Get(position))) return;
      }
      return;
    case Encoding::kHashTable:
      table_->ForEachWhile(
          [&visit](const MemberRecord* record) { return visit(PackedValue{.text = record->member()}); });
  }
}

}  // namespace kvorum
