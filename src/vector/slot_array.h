// SlotArray: records of one size, numbered from 0, at addresses that never change while the array grows.
//
// Records lie in blocks of a power of two of them, about 16 KiB, so that a small index stays small; blocks are allocated one by one at
// first and many together when there are many, so that huge pages can back them. A table of the blocks' addresses is copied
// when it grows, and old copies are kept (together no larger than the present one), so whoever reads an old one goes on.
//
// Threads: one writer calls Grow; any thread calls At for slots that it has learnt of from the writer by a release and an acquire. The
// bytes of a record are the callers' business. Alignment: blocks are on cache lines, so records are where `record_bytes` is a multiple of 64.
// Ownership: owns all memory, through base/allocator.h. Complexity: At O(1); Grow O(new slots), and amortised O(1) a slot for the table.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kvorum {

class SlotArray {
 public:
  // Huge pages: asks the system to back regions of 2 MiB and more with them.
  explicit SlotArray(size_t record_bytes, bool huge_pages = false);
  ~SlotArray();
  SlotArray(const SlotArray&) = delete;
  SlotArray& operator=(const SlotArray&) = delete;

  size_t record_bytes() const { return record_bytes_; }
  size_t capacity() const { return blocks_ << shift_; }

  // Room for at least `slots`. New records are zero.
  void Grow(size_t slots);
  // Gives back what lies wholly beyond `slots`, which nobody reads any more.
  void Shrink(size_t slots);

  uint8_t* At(uint32_t slot) const {
    return table_.load(std::memory_order_acquire)[slot >> shift_] + (slot & mask_) * record_bytes_;
  }
  template <typename T>
  T* As(uint32_t slot) const {
    return reinterpret_cast<T*>(At(slot));
  }

  size_t Bytes() const { return bytes_; }

 private:
  struct Region {
    void* block;
    size_t bytes;
    size_t blocks;
  };

  void AddRegion(size_t blocks);

  const size_t record_bytes_;
  const bool huge_pages_;
  unsigned shift_ = 0;
  uint32_t mask_ = 0;
  size_t blocks_ = 0;
  size_t table_capacity_ = 0;
  std::atomic<uint8_t**> table_{nullptr};
  std::vector<Region> regions_;
  std::vector<Region> tables_;
  size_t bytes_ = 0;
};

}  // namespace kvorum
