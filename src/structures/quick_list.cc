#include "structures/quick_list.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/allocator.h"
#include "base/check.h"

namespace kvorum {
namespace {

constexpr size_t kFillBytes[] = {4096, 8192, 16384, 32768, 65536};
constexpr size_t kMaxBytesWithFillByCount = 8192;
constexpr size_t kFirstBlockBytes = 48;
// Blocks up to this size are not worth making smaller.
constexpr size_t kSmallBlockBytes = 256;

}  // namespace

QuickList::QuickList(const PackedList& from, const QuickListOptions& options) : QuickList(options) {
  if (!from.empty()) AppendNode(from.raw(), from.size());
}

void QuickList::AppendNode(std::string_view entries, size_t count) {
  CHECK(count > 0 && count <= UINT16_MAX && entries.size() <= UINT32_MAX);
  Node* node = NewNode(nullptr, entries.size());
  std::memcpy(node->block, entries.data(), entries.size());
  node->end = static_cast<uint32_t>(entries.size());
  node->count = static_cast<uint16_t>(count);
  size_ += count;
}

void QuickList::AppendPlainNode(std::string_view value) {
  NewPlainNode(nullptr, value);
  ++size_;
}

QuickList::QuickList(QuickList&& other) noexcept
    : head_(std::exchange(other.head_, nullptr)),
      tail_(std::exchange(other.tail_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      node_count_(std::exchange(other.node_count_, 0)),
      packed_threshold_(other.packed_threshold_),
      fill_(other.fill_) {}

QuickList& QuickList::operator=(QuickList&& other) noexcept {
  if (this == &other) return *this;
  Clear();
  head_ = std::exchange(other.head_, nullptr);
  tail_ = std::exchange(other.tail_, nullptr);
  size_ = std::exchange(other.size_, 0);
  node_count_ = std::exchange(other.node_count_, 0);
  packed_threshold_ = other.packed_threshold_;
  fill_ = other.fill_;
  return *this;
}

QuickList QuickList::Clone() const {
  QuickList copy;
  copy.packed_threshold_ = packed_threshold_;
  copy.fill_ = fill_;
  for (const Node* from = head_; from != nullptr; from = from->next) {
    Node* to = copy.NewNode(nullptr, from->used());
    std::memcpy(to->block, from->first(), from->used());
    to->end = static_cast<uint32_t>(from->used());
    to->count = from->count;
    to->plain = from->plain;
  }
  copy.size_ = size_;
  return copy;
}

void QuickList::Clear() {
  while (head_ != nullptr) RemoveNode(head_);
}

PackedList QuickList::ToPackedList() const {
  if (has_one_node() && !head_->plain) return PackedList::FromRaw({head_->first(), head_->used()}, head_->count);
  PackedList list;
  char buffer[kMaxInt64Chars];
  for (Position position = First(); position; position = Next(position)) list.PushBack(Get(position).View(buffer));
  return list;
}

void QuickList::set_options(const QuickListOptions& options) {
  set_packed_threshold(options.packed_threshold);
  fill_ = static_cast<int16_t>(std::clamp(options.fill, -5, INT16_MAX));
  if (fill_ == 0) fill_ = 1;
}

size_t QuickList::bytes() const {
  size_t bytes = 0;
  for (const Node* node = head_; node != nullptr; node = node->next) bytes += node->used();
  return bytes;
}

size_t QuickList::allocated_bytes() const {
  size_t bytes = 0;
  for (const Node* node = head_; node != nullptr; node = node->next)
    bytes += node->capacity + AllocationSize(sizeof(Node));
  return bytes;
}

void QuickList::PushFront(std::string_view value) { Push(Side::kFront, value); }
void QuickList::PushBack(std::string_view value) { Push(Side::kBack, value); }

void QuickList::Push(Side side, std::string_view value) {
  PackedEntry entry(value);
  size_t bytes = entry.bytes();
  Node* node = side == Side::kFront ? head_ : tail_;
  if (MustBePlain(value, bytes)) {
    if (node != nullptr) Trim(node);
    NewPlainNode(side == Side::kFront ? head_ : nullptr, value);
    ++size_;
    return;
  }
  if (node == nullptr || !Allows(node, bytes, 1) || !MakeRoom(node, side, bytes, false)) {
    if (node != nullptr) Trim(node);
    node = NewNode(side == Side::kFront ? head_ : nullptr, FirstCapacity(bytes));
    if (side == Side::kFront) node->begin = node->end = node->capacity;
  }
  if (side == Side::kFront) {
    node->begin -= static_cast<uint32_t>(bytes);
    entry.Write(node->first());
  } else {
    entry.Write(node->last_end());
    node->end += static_cast<uint32_t>(bytes);
  }
  ++node->count;
  ++size_;
}

void QuickList::PopFront() {
  CHECK(head_ != nullptr);
  Node* node = head_;
  if (node->count == 1) {
    RemoveNode(node);
    return;
  }
  node->begin += static_cast<uint32_t>(PackedEntryBytes(node->first()));
  --node->count;
  --size_;
  if (node->next == nullptr) ShrinkIfSparse(node);  // else it is soon empty
}

void QuickList::PopBack() {
  CHECK(tail_ != nullptr);
  Node* node = tail_;
  if (node->count == 1) {
    RemoveNode(node);
    return;
  }
  node->end = static_cast<uint32_t>(PackedEntryBefore(node->last_end()) - node->block);
  --node->count;
  --size_;
  if (node->prev == nullptr) ShrinkIfSparse(node);
}

QuickList::Position QuickList::Next(Position position) const {
  Node* node = position.node_;
  CHECK(node != nullptr);
  if (!node->plain) {
    const char* next = position.entry_ + PackedEntryBytes(position.entry_);
    if (next < node->last_end()) return {node, next};
  }
  return node->next == nullptr ? Position() : Position(node->next, node->next->first());
}

QuickList::Position QuickList::Prev(Position position) const {
  Node* node = position.node_;
  CHECK(node != nullptr);
  if (position.entry_ > node->first()) return {node, PackedEntryBefore(position.entry_)};
  return node->prev == nullptr ? Position() : LastOf(node->prev);
}

QuickList::Position QuickList::At(int64_t index) const {
  int64_t size = static_cast<int64_t>(size_);
  if (index < 0) index += size;
  if (index < 0 || index >= size) return {};
  Node* node;
  if (index < size / 2) {
    for (node = head_; index >= node->count; node = node->next) index -= node->count;
  } else {
    int64_t from_end = size - index;  // 1 is the last
    for (node = tail_; from_end > node->count; node = node->prev) from_end -= node->count;
    index = node->count - from_end;
  }
  if (node->plain) return {node, node->block};
  const char* entry;
  if (index <= node->count / 2) {
    entry = node->first();
    for (; index > 0; --index) entry += PackedEntryBytes(entry);
  } else {
    entry = node->last_end();
    for (; index < node->count; ++index) entry = PackedEntryBefore(entry);
  }
  return {node, entry};
}

PackedValue QuickList::Get(Position position) const {
  CHECK(position.node_ != nullptr);
  if (position.node_->plain) return {.text = {position.node_->block, position.node_->end}};
  return DecodePackedEntry(position.entry_);
}

bool QuickList::EntryEquals(Position position, const Needle& needle) const {
  CHECK(position.node_ != nullptr);
  if (position.node_->plain) return Get(position).text == needle.text_;
  return needle.entry_.Equals(position.entry_);
}

QuickList::Position QuickList::Set(Position position, std::string_view value) {
  Node* node = position.node_;
  CHECK(node != nullptr);
  PackedEntry entry(value);
  if (!node->plain && !MustBePlain(value, entry.bytes())) {
    size_t old_bytes = PackedEntryBytes(position.entry_);
    if (old_bytes == entry.bytes()) {
      entry.Write(const_cast<char*>(position.entry_));
      return position;
    }
    if (node->count > 1 && node->used() - old_bytes + entry.bytes() + PackedList::kListpackOverhead <= MaxNodeBytes()) {
      const char* at = EraseFromNode(node, position.entry_, old_bytes, 1);
      char* place = InsertIntoNode(node, at, entry.bytes());
      entry.Write(place);
      return {node, place};
    }
  }
  // Behind the old one, which then goes: a plain node on either side or a full node makes no case of its own.
  Position added = InsertAfter(position, value);
  return Erase(Prev(added));
}

QuickList::Position QuickList::InsertBefore(Position position, std::string_view value) {
  CHECK(position.node_ != nullptr);
  return InsertAt(position.node_, position.entry_, value);
}

QuickList::Position QuickList::InsertAfter(Position position, std::string_view value) {
  Node* node = position.node_;
  CHECK(node != nullptr);
  const char* behind = node->plain ? node->last_end() : position.entry_ + PackedEntryBytes(position.entry_);
  return InsertAt(node, behind, value);
}

QuickList::Position QuickList::InsertAt(Node* node, const char* at, std::string_view value) {
  PackedEntry entry(value);
  size_t bytes = entry.bytes();
  bool plain = MustBePlain(value, bytes);
  ++size_;
  if (!plain && Allows(node, bytes, 1)) {
    char* place = InsertIntoNode(node, at, bytes);
    entry.Write(place);
    return {node, place};
  }
  // Between two nodes from here on.
  Node* before = node;
  if (at == node->last_end()) {
    before = node->next;
  } else if (at != node->first()) {
    before = SplitNode(node, at);
  }
  Node* behind = before == nullptr ? tail_ : before->prev;
  if (plain) {
    Node* added = NewPlainNode(before, value);
    return {added, added->block};
  }
  char* place;
  if (behind != nullptr && Allows(behind, bytes, 1)) {
    node = behind;
    place = InsertIntoNode(node, node->last_end(), bytes);
  } else if (before != nullptr && Allows(before, bytes, 1)) {
    node = before;
    place = InsertIntoNode(node, node->first(), bytes);
  } else {
    node = NewNode(before, FirstCapacity(bytes));
    place = InsertIntoNode(node, node->block, bytes);
  }
  entry.Write(place);
  return {node, place};
}

QuickList::Position QuickList::Erase(Position position) { return EraseTowards(position, Side::kBack); }
QuickList::Position QuickList::EraseBackward(Position position) { return EraseTowards(position, Side::kFront); }

QuickList::Position QuickList::EraseTowards(Position position, Side side) {
  Node* node = position.node_;
  CHECK(node != nullptr);
  if (node->count == 1) {
    Position neighbour = side == Side::kBack ? Next(position) : Prev(position);
    RemoveNode(node);
    return neighbour;
  }
  const char* next = EraseFromNode(node, position.entry_, PackedEntryBytes(position.entry_), 1);
  --size_;
  if (side == Side::kFront) return Prev({node, next});
  if (next < node->last_end()) return {node, next};
  return node->next == nullptr ? Position() : Position(node->next, node->next->first());
}

size_t QuickList::EraseRange(size_t index, size_t count) {
  if (index >= size_) return 0;
  count = std::min(count, size_ - index);
  if (count == 0) return 0;
  Position position = At(static_cast<int64_t>(index));
  Node* node = position.node_;
  const char* at = position.entry_;
  Node* kept_before = at == node->first() ? node->prev : node;
  for (size_t left = count; left > 0;) {
    Node* next = node->next;
    if (at == node->first() && left >= node->count) {
      left -= node->count;
      RemoveNode(node);
    } else {
      const char* end = at;
      size_t erased = 0;
      for (; erased < left && end < node->last_end(); ++erased) end += PackedEntryBytes(end);
      EraseFromNode(node, at, static_cast<size_t>(end - at), erased);
      size_ -= erased;
      left -= erased;
    }
    node = next;
    if (node != nullptr) at = node->first();
  }
  Node* cut = kept_before == nullptr ? head_ : kept_before;
  if (cut != nullptr) MergeWithNext(cut);
  return count;
}

void QuickList::Validate() const {
  size_t size = 0;
  size_t nodes = 0;
  const Node* prev = nullptr;
  for (const Node* node = head_; node != nullptr; prev = node, node = node->next) {
    CHECK(node->prev == prev);
    CHECK(node->begin <= node->end && node->end <= node->capacity);
    CHECK(node->count > 0);
    if (node->plain) {
      CHECK(node->count == 1 && node->begin == 0);
    } else {
      size_t count;
      CHECK(ValidatePackedEntries(node->first(), node->used(), &count));
      CHECK(count == node->count);
    }
    size += node->count;
    ++nodes;
  }
  CHECK(tail_ == prev);
  CHECK(nodes == node_count_);
  CHECK(size == size_);
}

size_t QuickListOptions::MaxNodeBytes(int fill) {
  return fill >= 0 ? kMaxBytesWithFillByCount : kFillBytes[-std::max(fill, -5) - 1];
}

bool QuickList::Allows(const Node* node, size_t added_bytes, size_t added_count) const {
  if (node->plain) return false;
  if (fill_ > 0 && node->count + added_count > static_cast<size_t>(fill_)) return false;
  return node->used() + added_bytes + PackedList::kListpackOverhead <= MaxNodeBytes();
}

bool QuickList::MustBePlain(std::string_view value, size_t entry_bytes) const {
  return value.size() >= packed_threshold_ || entry_bytes + PackedList::kListpackOverhead > MaxNodeBytes();
}

QuickList::Node* QuickList::NewNode(Node* before, size_t capacity) {
  Node* node = New<Node>();
  capacity = AllocationSize(capacity);
  CHECK(capacity <= UINT32_MAX);
  node->block = static_cast<char*>(Allocate(capacity));
  node->capacity = static_cast<uint32_t>(capacity);
  node->next = before;
  node->prev = before == nullptr ? tail_ : before->prev;
  (node->prev == nullptr ? head_ : node->prev->next) = node;
  (before == nullptr ? tail_ : before->prev) = node;
  ++node_count_;
  return node;
}

QuickList::Node* QuickList::NewPlainNode(Node* before, std::string_view value) {
  Node* node = NewNode(before, value.size());
  if (!value.empty()) std::memcpy(node->block, value.data(), value.size());
  node->end = static_cast<uint32_t>(value.size());
  node->count = 1;
  node->plain = true;
  return node;
}

void QuickList::RemoveNode(Node* node) {
  size_ -= node->count;
  --node_count_;
  (node->prev == nullptr ? head_ : node->prev->next) = node->next;
  (node->next == nullptr ? tail_ : node->next->prev) = node->prev;
  Free(node->block, node->capacity);
  Delete(node);
}

// Moves what begins at `at`, which is neither the first entry nor the end, into a new node behind this one; returns that.
QuickList::Node* QuickList::SplitNode(Node* node, const char* at) {
  size_t moved_bytes = static_cast<size_t>(node->last_end() - at);
  size_t kept_count = 0;
  for (const char* p = node->first(); p < at; p += PackedEntryBytes(p)) ++kept_count;
  Node* tail = NewNode(node->next, moved_bytes);
  std::memcpy(tail->block, at, moved_bytes);
  tail->end = static_cast<uint32_t>(moved_bytes);
  tail->count = static_cast<uint16_t>(node->count - kept_count);
  node->end -= static_cast<uint32_t>(moved_bytes);
  node->count = static_cast<uint16_t>(kept_count);
  Trim(node);
  return tail;
}

void QuickList::MergeWithNext(Node* node) {
  Node* next = node->next;
  if (next == nullptr || next->plain || !Allows(node, next->used(), next->count)) return;
  size_t moved = next->used();
  CHECK(MakeRoom(node, Side::kBack, moved, true));
  std::memcpy(node->last_end(), next->first(), moved);
  node->end += static_cast<uint32_t>(moved);
  node->count = static_cast<uint16_t>(node->count + next->count);
  size_ += next->count;  // RemoveNode takes them off
  RemoveNode(next);
}

// A long list's new node will be filled, a short list's may never be.
size_t QuickList::FirstCapacity(size_t entry_bytes) const {
  size_t capacity = head_ == nullptr ? kFirstBlockBytes : MaxNodeBytes() / 4;
  if (fill_ > 0) capacity = std::min(capacity, static_cast<size_t>(fill_) * entry_bytes);
  return std::max(capacity, entry_bytes);
}

// Gives the node a block of `capacity` bytes with its entries from `begin` on.
void QuickList::MoveToBlock(Node* node, size_t capacity, size_t begin) {
  size_t used = node->used();
  CHECK(begin + used <= capacity && capacity <= UINT32_MAX);
  char* block = static_cast<char*>(Allocate(capacity));
  std::memcpy(block + begin, node->first(), used);
  Free(node->block, node->capacity);
  node->block = block;
  node->capacity = static_cast<uint32_t>(capacity);
  node->begin = static_cast<uint32_t>(begin);
  node->end = static_cast<uint32_t>(begin + used);
}

void QuickList::Trim(Node* node) {
  size_t capacity = AllocationSize(node->used());
  if (node->capacity - capacity > node->capacity / 8) MoveToBlock(node, capacity, 0);
}

void QuickList::ShrinkIfSparse(Node* node) {
  if (node->capacity <= kSmallBlockBytes || node->used() >= node->capacity / 4) return;
  size_t capacity = AllocationSize(node->used() * 2);
  MoveToBlock(node, capacity, (capacity - node->used()) / 2);
}

// Sees to `bytes` of room on one side, which Allows said the node may hold. False if that would move too much for a push:
// the block is as large as it gets, and mostly full. `tight` does it nevertheless.
bool QuickList::MakeRoom(Node* node, Side side, size_t bytes, bool tight) {
  size_t side_room = side == Side::kFront ? node->begin : node->capacity - node->end;
  if (side_room >= bytes) return true;
  size_t used = node->used();
  size_t room = node->room();
  size_t other_room = room - side_room;
  if (room >= bytes && (tight || room >= used / 4)) {
    // Half of the other side's room, so that pushes at both ends in turns do not slide each time.
    size_t moved = std::max(bytes - side_room, other_room / 2);
    char* old_first = node->first();
    node->begin += static_cast<uint32_t>(side == Side::kFront ? moved : -moved);
    node->end = static_cast<uint32_t>(node->begin + used);
    std::memmove(node->first(), old_first, used);
    return true;
  }
  size_t most = std::max(MaxNodeBytes(), used + bytes);
  if (node->capacity >= most) {
    CHECK(!tight);  // room < bytes there, and Allows would have said no
    return false;
  }
  size_t capacity = std::max(used + bytes, std::min(most, node->capacity + std::max<size_t>(node->capacity / 2, 32)));
  capacity = AllocationSize(capacity);
  size_t kept_room = std::min(other_room, capacity - used - bytes);  // on the other side
  MoveToBlock(node, capacity, side == Side::kFront ? capacity - used - kept_room : kept_room);
  return true;
}

char* QuickList::InsertIntoNode(Node* node, const char* at, size_t bytes) {
  size_t before = static_cast<size_t>(at - node->first());
  size_t behind = node->used() - before;
  Side side = before < behind ? Side::kFront : Side::kBack;
  CHECK(MakeRoom(node, side, bytes, true));
  if (side == Side::kFront) {
    std::memmove(node->first() - bytes, node->first(), before);
    node->begin -= static_cast<uint32_t>(bytes);
  } else {
    char* place = node->first() + before;
    std::memmove(place + bytes, place, behind);
    node->end += static_cast<uint32_t>(bytes);
  }
  ++node->count;
  return node->first() + before;
}

const char* QuickList::EraseFromNode(Node* node, const char* at, size_t bytes, size_t count) {
  size_t before = static_cast<size_t>(at - node->first());
  size_t behind = node->used() - before - bytes;
  if (before < behind) {
    std::memmove(node->first() + bytes, node->first(), before);
    node->begin += static_cast<uint32_t>(bytes);
  } else {
    char* place = node->first() + before;
    std::memmove(place, place + bytes, behind);
    node->end -= static_cast<uint32_t>(bytes);
  }
  node->count = static_cast<uint16_t>(node->count - count);
  ShrinkIfSparse(node);
  return node->first() + before;
}

}  // namespace kvorum
