// A set of integers in one sorted array: what a set of few integers is kept in.
//
//   IntSet = 8 bytes: a pointer to the block, null when empty
//   block  = count u32, capacity u32, integer* room
//
// All integers of a set have the width that its widest ever needed: 2, 4 or 8 bytes. Adding a wider one widens all; it never
// narrows again (as in Redis, so that a set does not pay for it twice). The low 2 bits of the capacity field tell the width
// (0, 1, 2 for 2, 4, 8 bytes), the others the block's size in units of 8 bytes.
//
// Invariants (Validate): strictly ascending; the block has room for count integers; empty owns nothing.
// Complexity: Contains O(log n), Add and Remove O(log n) and the bytes behind the place, At O(1).
// Threads: a plain value. Ownership: owns its block; moves, does not copy (Clone does).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.h"

namespace kvorum {

class IntSet {
 public:
  // What the capacity field can tell, with the allocator's rounding. Whoever holds one changes to another structure well
  // before.
  static constexpr size_t kMaxSize = size_t{1} << 29;

  IntSet() = default;
  IntSet(IntSet&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
  IntSet& operator=(IntSet&& other) noexcept;
  IntSet(const IntSet&) = delete;
  IntSet& operator=(const IntSet&) = delete;
  ~IntSet() { Clear(); }

  IntSet Clone() const;
  void Clear();

  // False if it was there already. Size below kMaxSize.
  bool Add(int64_t value);
  // False if it was not there.
  bool Remove(int64_t value);
  bool Contains(int64_t value) const;

  // In ascending order; index < size().
  int64_t At(size_t index) const;
  // The number of integers below `value`: the index of the first that is not, or size().
  size_t LowerBound(int64_t value) const;
  // Each with the same chance. Not empty.
  int64_t Pick(Random& random) const { return At(random.Below(size())); }

  size_t size() const { return block_ == nullptr ? 0 : block_->count; }
  bool empty() const { return block_ == nullptr; }
  // Bytes an integer takes: 2, 4 or 8.
  size_t width() const { return block_ == nullptr ? sizeof(int16_t) : block_->width(); }
  // Header and integers, without room; as many as Redis's intset has.
  size_t bytes() const { return sizeof(Block) + size() * width(); }
  // What the block takes from the allocator.
  size_t allocated_bytes() const { return block_ == nullptr ? 0 : block_->allocated_bytes(); }

  bool Equals(const IntSet& other) const;

  // Aborts on a broken invariant. O(n).
  void Validate() const;

 private:
  struct Block {
    uint32_t count;
    uint32_t capacity_and_width;

    size_t width() const { return size_t{2} << (capacity_and_width & 3); }
    size_t allocated_bytes() const { return size_t{capacity_and_width >> 2} * 8; }
    char* integers() { return reinterpret_cast<char*>(this + 1); }
    const char* integers() const { return reinterpret_cast<const char*>(this + 1); }
  };

  static Block* NewBlock(size_t count, size_t width);
  static void FreeBlock(Block* block);
  // Copies `count` integers from one block to another that may be wider.
  static void CopyIntegers(const Block* from, size_t from_index, Block* to, size_t to_index, size_t count);

  Block* block_ = nullptr;
};

}  // namespace kvorum
