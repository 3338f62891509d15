#include "keyspace/list_object.h"

#include <algorithm>

#include "base/check.h"

namespace kvorum {

ListObject::Limits ListObject::LimitsOf(const KeyspaceSettings& settings) {
  return {static_cast<int>(std::clamp<int64_t>(settings.list_max_listpack_size, INT32_MIN, INT32_MAX)),
          std::min(settings.list_plain_threshold, QuickListOptions::kMaxPackedThreshold)};
}

// --- Small and large --------------------------------------------------------------------------------------------------------

// The bytes to be added count without what an entry has around its text, as in Redis.
void ListObject::PrepareFor(size_t added_bytes, size_t added_count, Limits limits) {
  if (large_ != nullptr) {
    large_->set_packed_threshold(limits.plain_bytes);
    return;
  }
  const size_t bytes = packed_.bytes() + PackedList::kListpackOverhead + added_bytes;
  const size_t count_limit = limits.fill < 0 ? SIZE_MAX : std::max<size_t>(static_cast<size_t>(limits.fill), 1);
  if (bytes > QuickListOptions::MaxNodeBytes(limits.fill) || packed_.size() + added_count > count_limit)
    MakeLarge(limits);
}

void ListObject::MakeLarge(Limits limits) {
  large_.reset(new Large(packed_, QuickListOptions{.fill = limits.fill, .packed_threshold = limits.plain_bytes}));
  packed_.Clear();
}

std::unique_ptr<ListObject> ListObject::FromPacked(PackedList elements) {
  auto list = std::make_unique<ListObject>();
  list->packed_ = std::move(elements);
  return list;
}

std::unique_ptr<ListObject> ListObject::NewLarge(Limits limits) {
  auto list = std::make_unique<ListObject>();
  list->MakeLarge(limits);
  return list;
}

// Of a large list of one node. With a limit by count there is none in bytes here.
void ListObject::PackIfBelow(Limits limits, size_t divisor) {
  if (limits.fill >= 0) {
    const size_t count_limit = std::max<size_t>(static_cast<size_t>(limits.fill), 1);
    if (large_->size() > count_limit / divisor) return;
  }
  size_t bytes = large_->bytes();
  if (large_->size() == 1) {
    // In a node of its own it is kept without what an entry has around its text.
    // As in Redis it is the node that counts: one that was filled when longer values were allowed is taken like any other.
    bool is_plain = false;
    large_->ForEachNode([&](bool plain, std::string_view, size_t) { is_plain = plain; });
    if (is_plain) {
      const PackedValue value = large_->Get(large_->First());
      if (value.text.size() >= limits.plain_bytes) return;
      bytes = PackedEntry(value.text).bytes();
    }
  }
  if (limits.fill < 0 && bytes + PackedList::kListpackOverhead > QuickListOptions::MaxNodeBytes(limits.fill) / divisor)
    return;
  packed_ = large_->ToPackedList();
  large_.reset();
}

// --- The ends ---------------------------------------------------------------------------------------------------------------

void ListObject::PushText(End end, std::string_view value) {
  if (large_ != nullptr) {
    end == End::kHead ? large_->PushFront(value) : large_->PushBack(value);
  } else {
    end == End::kHead ? packed_.PushFront(value) : packed_.PushBack(value);
  }
}

void ListObject::PushAll(End end, std::span<const std::string_view> values, Limits limits) {
  size_t bytes = 0;
  for (std::string_view value : values) bytes += value.size();
  PrepareFor(bytes, values.size(), limits);
  for (std::string_view value : values) PushText(end, value);
}

void ListObject::Push(End end, const PackedValue& value, Limits limits) {
  char digits[kMaxInt64Chars];
  PrepareFor(value.text.size(), 1, limits);
  PushText(end, value.View(digits));
}

PackedValue ListObject::Peek(End end) const {
  if (large_ != nullptr) return large_->Get(end == End::kHead ? large_->First() : large_->Last());
  return packed_.Get(end == End::kHead ? packed_.First() : packed_.Last());
}

void ListObject::Pop(End end) {
  if (large_ != nullptr) {
    end == End::kHead ? large_->PopFront() : large_->PopBack();
  } else {
    packed_.Erase(end == End::kHead ? packed_.First() : packed_.Last());
  }
}

// --- By index ---------------------------------------------------------------------------------------------------------------

bool ListObject::Get(int64_t index, PackedValue* value) const {
  if (large_ != nullptr) {
    const QuickList::Position position = large_->At(index);
    if (!position) return false;
    *value = large_->Get(position);
    return true;
  }
  const PackedList::Position position = packed_.At(index);
  if (position == PackedList::kNone) return false;
  *value = packed_.Get(position);
  return true;
}

bool ListObject::Set(int64_t index, std::string_view value, Limits limits) {
  PrepareFor(value.size(), 1, limits);
  if (large_ != nullptr) {
    const QuickList::Position position = large_->At(index);
    if (!position) return false;
    large_->Set(position, value);
    ShrinkIfSmall(limits);
    return true;
  }
  const PackedList::Position position = packed_.At(index);
  if (position == PackedList::kNone) return false;
  packed_.Replace(position, value);
  return true;
}

void ListObject::EraseRange(size_t index, size_t count) {
  CHECK(index <= size() && count <= size() - index);
  if (count == 0) return;
  if (large_ != nullptr) {
    large_->EraseRange(index, count);
  } else {
    packed_.Erase(packed_.At(static_cast<int64_t>(index)), count);
  }
}

// --- By value ---------------------------------------------------------------------------------------------------------------

bool ListObject::Insert(std::string_view pivot, bool behind, std::string_view value, Limits limits) {
  // Before the pivot is looked for, as in Redis: a list may become large and then get nothing.
  PrepareFor(value.size(), 1, limits);
  if (large_ != nullptr) {
    const QuickList::Needle needle(pivot);
    QuickList::Position position = large_->First();
    while (position && !large_->EntryEquals(position, needle)) position = large_->Next(position);
    if (!position) return false;
    behind ? large_->InsertAfter(position, value) : large_->InsertBefore(position, value);
    return true;
  }
  const PackedList::Position position = packed_.Find(pivot, packed_.First());
  if (position == PackedList::kNone) return false;
  behind ? packed_.InsertAfter(position, value) : packed_.InsertBefore(position, value);
  return true;
}

size_t ListObject::RemovePacked(std::string_view value, size_t count, End from) {
  const PackedEntry needle(value);
  size_t removed = 0;
  if (from == End::kHead) {
    PackedList::Position position = packed_.First();
    while (position != PackedList::kNone && removed < count) {
      if (Equals(packed_, position, needle)) {
        position = packed_.Erase(position);
        ++removed;
      } else {
        position = packed_.Next(position);
      }
    }
    return removed;
  }
  PackedList::Position position = packed_.Last();
  while (position != PackedList::kNone && removed < count) {
    const PackedList::Position before = packed_.Prev(position);
    if (Equals(packed_, position, needle)) {
      packed_.Erase(position);
      ++removed;
    }
    position = before;
  }
  return removed;
}

size_t ListObject::Remove(std::string_view value, size_t count, End from) {
  if (large_ == nullptr) return RemovePacked(value, count, from);
  const bool forward = from == End::kHead;
  const QuickList::Needle needle(value);
  size_t removed = 0;
  QuickList::Position position = forward ? large_->First() : large_->Last();
  while (position && removed < count) {
    if (large_->EntryEquals(position, needle)) {
      position = forward ? large_->Erase(position) : large_->EraseBackward(position);
      ++removed;
    } else {
      position = forward ? large_->Next(position) : large_->Prev(position);
    }
  }
  return removed;
}

// --- Object -----------------------------------------------------------------------------------------------------------------

size_t ListObject::MemoryBytes(size_t) const {
  size_t bytes = AllocationSize(sizeof(*this)) + packed_.allocated_bytes();
  if (large_ != nullptr) bytes += AllocationSize(sizeof(Large)) + large_->allocated_bytes();
  return bytes;
}

std::unique_ptr<Object> ListObject::Clone() const {
  auto clone = std::make_unique<ListObject>();
  clone->packed_ = packed_.Clone();
  if (large_ != nullptr) {
    clone->large_.reset(new Large);
    static_cast<QuickList&>(*clone->large_) = large_->Clone();
  }
  return clone;
}

std::string ListObject::CanonicalText() const {
  std::string text = "list";
  char digits[kMaxInt64Chars];
  VisitRange(0, size(), End::kTail, [&](const PackedValue& value) {
    const std::string_view element = value.View(digits);
    text += ' ';
    text += std::to_string(element.size());
    text += ':';
    text += element;
  });
  return text;
}

void ListObject::Validate() const {
  packed_.Validate();
  if (large_ == nullptr) return;
  CHECK(packed_.empty());
  large_->Validate();
}

}  // namespace kvorum
