#include "structures/packed_list.h"

#include <utility>

#include "base/allocator.h"

namespace kvorum {

PackedList& PackedList::operator=(PackedList&& other) noexcept {
  if (this != &other) {
    Clear();
    block_ = std::exchange(other.block_, 0);
  }
  return *this;
}

PackedList PackedList::Clone() const { return FromRaw(raw(), size()); }

PackedList PackedList::FromRaw(std::string_view raw, size_t count) {
  PackedList list;
  if (raw.empty()) return list;
  State to;
  list.block_ = NewBlock(raw.size(), &to);
  std::memcpy(to.entries, raw.data(), raw.size());
  to.used = raw.size();
  to.count = count;
  list.Store(to);
  return list;
}

void PackedList::Clear() {
  if (block_ == 0) return;
  FreeBlock(block_, Load().capacity);
  block_ = 0;
}

PackedList::Position PackedList::Last() const {
  if (empty()) return kNone;
  State state = Load();
  return static_cast<size_t>(PackedEntryBefore(state.entries + state.used) - state.entries);
}

PackedList::Position PackedList::Next(Position position) const {
  State state = Load();
  CHECK(position < state.used);
  size_t next = position + PackedEntryBytes(state.entries + position);
  return next < state.used ? next : kNone;
}

PackedList::Position PackedList::Prev(Position position) const {
  State state = Load();
  CHECK(position < state.used);
  if (position == 0) return kNone;
  return static_cast<size_t>(PackedEntryBefore(state.entries + position) - state.entries);
}

PackedList::Position PackedList::At(int64_t index) const {
  State state = Load();
  int64_t count = static_cast<int64_t>(state.count);
  if (index < 0) index += count;
  if (index < 0 || index >= count) return kNone;
  const char* p;
  if (index <= count / 2) {
    p = state.entries;
    for (; index > 0; --index) p += PackedEntryBytes(p);
  } else {
    p = state.entries + state.used;
    for (; index < count; ++index) p = PackedEntryBefore(p);
  }
  return static_cast<size_t>(p - state.entries);
}

PackedValue PackedList::Get(Position position) const {
  State state = Load();
  CHECK(position < state.used);
  return DecodePackedEntry(state.entries + position);
}

PackedList::Position PackedList::Find(std::string_view value, Position from, size_t step) const {
  CHECK(step > 0);
  if (from == kNone) return kNone;
  State state = Load();
  CHECK(from < state.used);
  PackedEntry wanted(value);
  const char* end = state.entries + state.used;
  const char* p = state.entries + from;
  while (true) {
    if (wanted.Equals(p)) return static_cast<size_t>(p - state.entries);
    for (size_t i = 0; i < step; ++i) {
      p += PackedEntryBytes(p);
      if (p == end) return kNone;
    }
  }
}

bool PackedList::EntryEquals(Position position, std::string_view value) const {
  State state = Load();
  CHECK(position < state.used);
  return PackedEntry(value).Equals(state.entries + position);
}

void PackedList::PushBackMany(std::span<const std::string_view> values) {
  if (values.empty()) return;
  size_t added = 0;
  for (std::string_view value : values) added += PackedEntry(value).bytes();
  char* p = Splice(bytes(), 0, added, static_cast<int64_t>(values.size()));
  for (std::string_view value : values) {
    PackedEntry entry(value);
    entry.Write(p);
    p += entry.bytes();
  }
}

PackedList::Position PackedList::InsertBefore(Position position, const PackedEntry& entry) {
  if (position == kNone) position = bytes();
  Insert(position, entry);
  return position;
}

void PackedList::Replace(Position position, const PackedEntry& entry) {
  State state = Load();
  CHECK(position < state.used);
  size_t removed = PackedEntryBytes(state.entries + position);
  entry.Write(removed == entry.bytes() ? state.entries + position : Splice(position, removed, entry.bytes(), 0));
}

PackedList::Position PackedList::Erase(Position position, size_t count) {
  State state = Load();
  if (count == 0) return position;
  CHECK(position < state.used);
  const char* end = state.entries + state.used;
  const char* p = state.entries + position;
  for (size_t i = 0; i < count; ++i) {
    CHECK(p < end);
    p += PackedEntryBytes(p);
  }
  Splice(position, static_cast<size_t>(p - state.entries) - position, 0, -static_cast<int64_t>(count));
  return p < end ? position : kNone;
}

void PackedList::Merge(PackedList&& other) {
  CHECK(this != &other);
  if (other.empty()) return;
  if (empty()) {
    *this = std::move(other);
    return;
  }
  State from = other.Load();
  std::memcpy(Splice(bytes(), 0, from.used, static_cast<int64_t>(from.count)), from.entries, from.used);
  other.Clear();
}

PackedList PackedList::SplitOff(size_t index) {
  State state = Load();
  CHECK(index <= state.count);
  if (index == state.count) return {};
  if (index == 0) return std::move(*this);
  size_t kept = At(static_cast<int64_t>(index));
  size_t moved = state.count - index;
  PackedList tail = FromRaw(raw().substr(kept), moved);
  Splice(kept, state.used - kept, 0, -static_cast<int64_t>(moved));
  return tail;
}

bool PackedList::Equals(const PackedList& other) const {
  State a = Load();
  State b = other.Load();
  return a.count == b.count && a.used == b.used && (a.used == 0 || std::memcmp(a.entries, b.entries, a.used) == 0);
}

void PackedList::Validate() const {
  if (empty()) return;
  State state = Load();
  bool wide = (block_ & kWide) != 0;
  size_t count;
  CHECK(state.count > 0);
  CHECK((wide ? kWideHeaderBytes : kNarrowHeaderBytes) + state.used <= state.capacity);
  CHECK(ValidatePackedEntries(state.entries, state.used, &count));
  CHECK(count == state.count);
}

void PackedList::Store(const State& state) {
  if ((block_ & kWide) == 0) {
    uint16_t header[3] = {static_cast<uint16_t>(state.capacity), static_cast<uint16_t>(state.used),
                          static_cast<uint16_t>(state.count)};
    std::memcpy(reinterpret_cast<char*>(block_), header, sizeof(header));
  } else {
    uint64_t header[3] = {state.capacity, state.used, state.count};
    std::memcpy(reinterpret_cast<char*>(block_ - kWide), header, sizeof(header));
  }
}

uintptr_t PackedList::NewBlock(size_t used, State* state) {
  // An allocator's size below 2^16 leaves used and count (2 bytes an entry at least) below it too.
  state->capacity = AllocationSize(kNarrowHeaderBytes + used);
  bool wide = state->capacity > UINT16_MAX;
  if (wide) state->capacity = AllocationSize(kWideHeaderBytes + used);
  char* block = static_cast<char*>(Allocate(state->capacity));
  state->entries = block + (wide ? kWideHeaderBytes : kNarrowHeaderBytes);
  return reinterpret_cast<uintptr_t>(block) | (wide ? kWide : 0);
}

void PackedList::FreeBlock(uintptr_t block, size_t capacity) {
  Free(reinterpret_cast<void*>(block & ~kWide), capacity);
}

char* PackedList::Splice(size_t offset, size_t removed, size_t added, int64_t count_change) {
  State state = Load();
  CHECK(offset <= state.used && removed <= state.used - offset);
  size_t tail = state.used - offset - removed;
  size_t used = state.used - removed + added;
  if (used == 0) {
    Clear();
    return nullptr;
  }
  size_t count = static_cast<size_t>(static_cast<int64_t>(state.count) + count_change);
  size_t header_bytes = (block_ & kWide) == 0 ? kNarrowHeaderBytes : kWideHeaderBytes;
  bool too_empty = removed > added && header_bytes + used < state.capacity / 2;
  if (header_bytes + used <= state.capacity && !too_empty) {
    if (tail > 0 && removed != added) {
      std::memmove(state.entries + offset + added, state.entries + offset + removed, tail);
    }
    state.used = used;
    state.count = count;
    Store(state);
    return state.entries + offset;
  }
  State grown;
  uintptr_t old_block = block_;
  block_ = NewBlock(used, &grown);
  if (offset > 0) std::memcpy(grown.entries, state.entries, offset);
  if (tail > 0) std::memcpy(grown.entries + offset + added, state.entries + offset + removed, tail);
  if (old_block != 0) FreeBlock(old_block, state.capacity);
  grown.used = used;
  grown.count = count;
  Store(grown);
  return grown.entries + offset;
}

}  // namespace kvorum
