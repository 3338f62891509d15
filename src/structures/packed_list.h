// A short list of byte strings and integers in one block: what a small hash, set, sorted set or list is kept in.
//
//   PackedList = 8 bytes: a pointer to the block, 0 when empty; bit 0 set for the wide header
//   block      = header entry* room
//   header     = capacity u16, used u16, count u16            while the block has less than 2^16 bytes
//              | capacity u64, used u64, count u64            wide
//
// capacity counts the whole block, used the entries' bytes, count the entries. packed_entry.h draws an entry.
//
// Trade-off: every operation but those at the back moves the bytes behind it, and finding is a walk. That is fast and small up to
// a few hundred entries; whoever holds one changes to another structure above that. Room to grow is what the allocator's
// size classes leave; a block less than half used is made smaller.
//
// Entries are named by a Position, the offset of an entry's first byte. Any change invalidates all positions at or behind the
// place of the change; those before it stay good. Views into the list (PackedValue::text) are invalidated by any change, so
// what is inserted must not be such a view.
//
// Invariants (Validate): used is the sum of the entries' bytes; count their number; each entry canonical; empty owns nothing.
// Threads: a plain value. Ownership: owns its block; moves, does not copy (Clone does).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "structures/packed_entry.h"

namespace kvorum {

class PackedList {
 public:
  using Position = size_t;
  static constexpr Position kNone = SIZE_MAX;

  // Redis counts 7 bytes of header and end in a listpack's size; added to bytes(), limits compare as Redis's do.
  static constexpr size_t kListpackOverhead = 7;

  PackedList() = default;
  PackedList(PackedList&& other) noexcept : block_(other.block_) { other.block_ = 0; }
  PackedList& operator=(PackedList&& other) noexcept;
  PackedList(const PackedList&) = delete;
  PackedList& operator=(const PackedList&) = delete;
  ~PackedList() { Clear(); }

  PackedList Clone() const;
  void Clear();

  // O(1).
  size_t size() const { return Load().count; }
  bool empty() const { return block_ == 0; }
  // The entries' bytes, without header and room.
  size_t bytes() const { return Load().used; }
  // What the block takes from the allocator.
  size_t allocated_bytes() const { return Load().capacity; }

  // Walking. First, Last: kNone if empty. Next, Prev: kNone past the ends. O(1).
  Position First() const { return empty() ? kNone : 0; }
  Position Last() const;
  Position Next(Position position) const;
  Position Prev(Position position) const;
  // Negative indexes count from the end, -1 is the last; kNone outside. O(distance to the nearer end).
  Position At(int64_t index) const;

  PackedValue Get(Position position) const;

  // The first entry equal to `value` among `from`, and each `step`th after it; kNone if there is none, or from is kNone.
  // With fields and values in turns, step 2 finds a field.
  Position Find(std::string_view value, Position from, size_t step = 1) const;
  bool EntryEquals(Position position, std::string_view value) const;

  // Changes. T is std::string_view or int64_t.
  void PushBack(std::string_view value) { Insert(bytes(), PackedEntry(value)); }
  void PushBack(int64_t value) { Insert(bytes(), PackedEntry(value)); }
  void PushFront(std::string_view value) { Insert(0, PackedEntry(value)); }
  void PushFront(int64_t value) { Insert(0, PackedEntry(value)); }
  // Appends all, growing once.
  void PushBackMany(std::span<const std::string_view> values);
  // kNone inserts at the end. Returns the new entry's position.
  Position InsertBefore(Position position, std::string_view value) {
    return InsertBefore(position, PackedEntry(value));
  }
  Position InsertBefore(Position position, int64_t value) { return InsertBefore(position, PackedEntry(value)); }
  Position InsertAfter(Position position, std::string_view value) { return InsertBefore(Next(position), value); }
  Position InsertAfter(Position position, int64_t value) { return InsertBefore(Next(position), value); }
  // The position stays good.
  void Replace(Position position, std::string_view value) { Replace(position, PackedEntry(value)); }
  void Replace(Position position, int64_t value) { Replace(position, PackedEntry(value)); }
  // Erases `count` entries (there must be as many) and returns the position of what followed them, or kNone.
  Position Erase(Position position, size_t count = 1);

  // Appends what `other` holds and empties it.
  void Merge(PackedList&& other);
  // Keeps the first `index` entries and returns the others. index <= size().
  PackedList SplitOff(size_t index);

  // The entries as drawn in packed_entry.h, to be copied elsewhere; and a list made of such bytes, which must be `count` whole
  // entries from a list (ValidatePackedEntries tells for bytes from outside).
  std::string_view raw() const { return {Load().entries, bytes()}; }
  static PackedList FromRaw(std::string_view raw, size_t count);

  // Same values in the same order. O(bytes).
  bool Equals(const PackedList& other) const;

  // Aborts on a broken invariant. O(bytes).
  void Validate() const;

 private:
  struct State {
    char* entries;
    size_t used;
    size_t capacity;
    size_t count;
  };

  static constexpr uintptr_t kWide = 1;
  static constexpr size_t kNarrowHeaderBytes = 3 * sizeof(uint16_t);
  static constexpr size_t kWideHeaderBytes = 3 * sizeof(uint64_t);

  State Load() const {
    if (block_ == 0) return {nullptr, 0, 0, 0};
    if ((block_ & kWide) == 0) {
      char* block = reinterpret_cast<char*>(block_);
      uint16_t header[3];
      std::memcpy(header, block, sizeof(header));
      return {block + kNarrowHeaderBytes, header[1], header[0], header[2]};
    }
    char* block = reinterpret_cast<char*>(block_ - kWide);
    uint64_t header[3];
    std::memcpy(header, block, sizeof(header));
    return {block + kWideHeaderBytes, header[1], header[0], header[2]};
  }
  // Writes the header; the block's form and capacity stay.
  void Store(const State& state);

  // Makes a block for `used` bytes of entries, in whichever form fits.
  static uintptr_t NewBlock(size_t used, State* state);
  static void FreeBlock(uintptr_t block, size_t capacity);

  // Replaces `removed` bytes at `offset` with `added` bytes, which the caller writes to the address returned.
  char* Splice(size_t offset, size_t removed, size_t added, int64_t count_change);
  void Insert(size_t offset, const PackedEntry& entry) { entry.Write(Splice(offset, 0, entry.bytes(), 1)); }
  Position InsertBefore(Position position, const PackedEntry& entry);
  void Replace(Position position, const PackedEntry& entry);

  uintptr_t block_ = 0;
};

}  // namespace kvorum
