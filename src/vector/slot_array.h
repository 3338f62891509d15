// SlotArray: records of one size, numbered from 0, at addresses that hardly ever change while the array grows.
//
// Records lie in blocks of a power of two of them, about 16 KiB; blocks are allocated one by one at first and many together when there are many, so
// that huge pages can back them. A table of the blocks' addresses is copied when it grows, and old copies are kept (together no larger than the present
// one), so whoever reads an old one goes on. Only the first block begins with room for a few records, so that a tiny index stays tiny, and is copied, with
// all in it, when it grows; its old copies are kept too (together a seventh of it), as somebody may be reading there, but what is written is written to
// the new one. So: addresses stay, but for those of the first block's records while capacity() is less than a block.
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
  size_t capacity() const { return blocks_ == 1 ? first_ : blocks_ << shift_; }

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
  void GrowFirst(size_t slots);
  void Append(uint8_t* first, size_t blocks, size_t stride);
  uint8_t* Clean(size_t bytes);

  const size_t record_bytes_;
  const bool huge_pages_;
  unsigned shift_ = 0;
  uint32_t mask_ = 0;
  size_t blocks_ = 0;
  size_t first_ = 0;  // records that the first block has room for
  size_t table_capacity_ = 0;
  std::atomic<uint8_t**> table_{nullptr};
  std::vector<Region> regions_;
  std::vector<Region> kept_;  // tables, and first blocks that were smaller
  size_t bytes_ = 0;
};

}  // namespace kvorum
