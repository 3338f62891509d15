// ListObject: a sequence of byte strings with two cheap ends.
//
// Small ones are a PackedList ("listpack"), others a QuickList ("quicklist"). A list becomes large when what is about to be
// added may take it above the limit of one node (list-max-listpack-size), and small again when, after a removal or a
// replacement, it is one node of at most half that: so a list whose size goes up and down around the limit is not converted
// each time. Both rules count as Redis does, to the byte.
//
// A large list keeps the fill factor with which it was made.
//
// What is pushed, set or inserted must not be a view into the same list.
// Threads: one at a time. Ownership: owns its elements; the views in values are good until the list changes.
// Complexity: of the ends O(1) amortized (at the head of a small list O(its bytes)); else O(n), or, to get to an index of a large
// list, O(its nodes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "keyspace/object.h"
#include "keyspace/settings.h"
#include "structures/packed_list.h"
#include "structures/quick_list.h"

namespace kvorum {

class ListObject final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kList;

  enum class End : uint8_t { kHead, kTail };

  struct Limits {
    int fill;            // list-max-listpack-size
    size_t plain_bytes;  // an element of so many bytes has a node of its own
  };
  static Limits LimitsOf(const KeyspaceSettings& settings);

  ListObject() = default;
  ~ListObject() override = default;

  ObjectType type() const override { return kType; }
  std::string_view encoding() const override { return large_ == nullptr ? "listpack" : "quicklist"; }
  size_t size() const override { return large_ == nullptr ? packed_.size() : large_->size(); }
  size_t MemoryBytes(size_t samples) const override;
  size_t FreeEffort() const override { return large_ == nullptr ? 1 : large_->node_count(); }
  std::unique_ptr<Object> Clone() const override;
  std::string CanonicalText() const override;
  void Validate() const override;

  // Null if it is large.
  const PackedList* packed() const { return large_ == nullptr ? &packed_ : nullptr; }
  // Null if it is small.
  const QuickList* large() const { return large_.get(); }

  // For what a decoder has read: a large list without elements, and nodes that are put behind what there is, one a call, whatever
  // the limits say. PackIfFits when all are there.
  static std::unique_ptr<ListObject> NewLarge(Limits limits);
  // A small list, whatever the limits say.
  static std::unique_ptr<ListObject> FromPacked(PackedList elements);
  void AppendNode(std::string_view packed_entries, size_t count) { large_->AppendNode(packed_entries, count); }
  void AppendPlainNode(std::string_view value) { large_->AppendPlainNode(value); }

  // 1 for a listpack.
  size_t node_count() const { return large_ == nullptr ? 1 : large_->node_count(); }
  // The elements' bytes as they are kept, without room.
  size_t element_bytes() const { return large_ == nullptr ? packed_.bytes() : large_->bytes(); }

  // --- The ends. There must be an element to peek at or to pop.
  // One after another: at the head the last one ends up first.
  void PushAll(End end, std::span<const std::string_view> values, Limits limits);
  void Push(End end, const PackedValue& value, Limits limits);
  PackedValue Peek(End end) const;
  void Pop(End end);

  // --- By index; negative ones count from the end. False: there is no such element.
  bool Get(int64_t index, PackedValue* value) const;
  bool Set(int64_t index, std::string_view value, Limits limits);
  // `index` from 0; there must be as many.
  void EraseRange(size_t index, size_t count);
  // visit(PackedValue) for `count` elements, from `index` on towards `towards`. There must be as many.
  template <typename Visit>
  void VisitRange(size_t index, size_t count, End towards, Visit visit) const;

  // --- By value.
  // Before or behind the first element equal to `pivot`. False: there is none.
  bool Insert(std::string_view pivot, bool behind, std::string_view value, Limits limits);
  // At most `count` elements equal to `value`, the first ones as seen from `from`. Returns how many.
  size_t Remove(std::string_view value, size_t count, End from);
  // visit(index) for each element equal to `value` among the first `count` as seen from `from`; as long as it returns true.
  template <typename Visit>
  void FindAll(std::string_view value, size_t count, End from, Visit visit) const;

  // After elements went: makes a large list small if it is far enough below the limit.
  void ShrinkIfSmall(Limits limits) {
    if (large_ != nullptr && large_->has_one_node()) PackIfBelow(limits, 2);
  }
  // After a list was made of many elements at once: makes it small if it is not above the limit.
  void PackIfFits(Limits limits) {
    if (large_ != nullptr && large_->has_one_node()) PackIfBelow(limits, 1);
  }

 private:
  struct Large : QuickList {
    using QuickList::QuickList;
    static void* operator new(size_t bytes) { return Allocate(bytes); }
    static void operator delete(void* block, size_t bytes) { Free(block, bytes); }
  };

  static bool Equals(const PackedList& list, PackedList::Position position, const PackedEntry& needle) {
    return needle.Equals(list.raw().data() + position);
  }
  // What has to be seen to before elements are added.
  void PrepareFor(size_t added_bytes, size_t added_count, Limits limits);
  void MakeLarge(Limits limits);
  void PackIfBelow(Limits limits, size_t divisor);
  void PushText(End end, std::string_view value);
  size_t RemovePacked(std::string_view value, size_t count, End from);

  PackedList packed_;
  std::unique_ptr<Large> large_;
};

// --- Templates --------------------------------------------------------------------------------------------------------------

template <typename Visit>
void ListObject::VisitRange(size_t index, size_t count, End towards, Visit visit) const {
  if (count == 0) return;
  const auto first = static_cast<int64_t>(index);
  if (large_ == nullptr) {
    PackedList::Position position = packed_.At(first);
    for (size_t i = 0;;) {
      visit(packed_.Get(position));
      if (++i == count) return;
      position = towards == End::kTail ? packed_.Next(position) : packed_.Prev(position);
    }
  }
  QuickList::Position position = large_->At(first);
  for (size_t i = 0;;) {
    visit(large_->Get(position));
    if (++i == count) return;
    position = towards == End::kTail ? large_->Next(position) : large_->Prev(position);
  }
}

template <typename Visit>
void ListObject::FindAll(std::string_view value, size_t count, End from, Visit visit) const {
  const bool forward = from == End::kHead;
  const size_t last = size() - 1;
  if (large_ == nullptr) {
    const PackedEntry needle(value);
    PackedList::Position position = forward ? packed_.First() : packed_.Last();
    for (size_t i = 0; i < count && position != PackedList::kNone; ++i) {
      if (Equals(packed_, position, needle) && !visit(forward ? i : last - i)) return;
      position = forward ? packed_.Next(position) : packed_.Prev(position);
    }
    return;
  }
  const QuickList::Needle needle(value);
  QuickList::Position position = forward ? large_->First() : large_->Last();
  for (size_t i = 0; i < count && position; ++i) {
    if (large_->EntryEquals(position, needle) && !visit(forward ? i : last - i)) return;
    position = forward ? large_->Next(position) : large_->Prev(position);
  }
}

}  // namespace kvorum
