#include "vector/slot_array.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "base/allocator.h"
#include "base/check.h"
#include "base/huge_pages.h"

namespace kvorum {
namespace {

constexpr size_t kBlockBytes = 16 << 10;
constexpr size_t kMaxRegionBytes = 32 << 20;
constexpr size_t kFirstRecords = 4;
constexpr size_t kFirstGrowth = 8;
constexpr size_t kLineBytes = 64;

size_t RoundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// Only whole huge pages; what is left at both ends stays on small ones.
void AskForHugePages(void* block, size_t bytes) {
  const auto begin = RoundUp(reinterpret_cast<uintptr_t>(block), kHugePageBytes);
  const auto end = (reinterpret_cast<uintptr_t>(block) + bytes) / kHugePageBytes * kHugePageBytes;
  if (begin < end) (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace

SlotArray::SlotArray(size_t record_bytes, bool huge_pages) : record_bytes_(record_bytes), huge_pages_(huge_pages) {
  CHECK(record_bytes > 0);
  while (shift_ < 12 && (record_bytes << (shift_ + 1)) <= kBlockBytes) ++shift_;
  mask_ = (1U << shift_) - 1;
}

SlotArray::~SlotArray() {
  for (const Region& region : regions_) Free(region.block, region.bytes);
  for (const Region& kept : kept_) Free(kept.block, kept.bytes);
}

void SlotArray::Grow(size_t slots) {
  const bool is_small = first_ > 0 || slots <= mask_;
  if (slots > first_ && first_ <= mask_ && is_small) GrowFirst(slots);
  const size_t needed = (slots + mask_) >> shift_;
  while (blocks_ < needed) {
    // A sixteenth more at a time, so that little is idle; asked for more at once, that.
    const size_t block_bytes = record_bytes_ << shift_;
    const size_t most = std::max<size_t>(1, kMaxRegionBytes / block_bytes);
    AddRegion(std::clamp<size_t>(std::max(needed - blocks_, blocks_ / 16), 1, most));
  }
}

void SlotArray::Shrink(size_t slots) {
  const size_t needed = (slots + mask_) >> shift_;
  while (!regions_.empty() && blocks_ - regions_.back().blocks >= needed) {
    const Region last = regions_.back();
    regions_.pop_back();
    blocks_ -= last.blocks;
    bytes_ -= last.bytes;
    Free(last.block, last.bytes);
  }
  if (blocks_ == 0) first_ = 0;
}

uint8_t* SlotArray::Clean(size_t bytes) {
  auto* region = static_cast<uint8_t*>(Allocate(bytes));
  if (huge_pages_) AskForHugePages(region, bytes);
  std::memset(region, 0, bytes);
  bytes_ += bytes;
  return region;
}

// Of the first block: makes it, or replaces it by a larger one.
void SlotArray::GrowFirst(size_t slots) {
  size_t records = std::max(first_ * kFirstGrowth, kFirstRecords);
  while (records < slots) records *= kFirstGrowth;
  records = std::min<size_t>(records, size_t{mask_} + 1);
  const size_t bytes = RoundUp(records * record_bytes_, kLineBytes);
  uint8_t* block = Clean(bytes);
  const bool is_new = first_ == 0;
  first_ = records;
  if (is_new) {
    regions_.push_back({block, bytes, 1});
    return Append(block, 1, 0);
  }
  Region& region = regions_.front();
  std::memcpy(block, region.block, region.bytes);
  kept_.push_back(region);
  region = {block, bytes, 1};
  // In a new table: somebody may be reading this one.
  blocks_ = 0;
  table_capacity_ = 0;
  Append(block, 1, 0);
}

void SlotArray::AddRegion(size_t blocks) {
  const size_t block_bytes = RoundUp(record_bytes_ << shift_, kLineBytes);
  const size_t bytes = blocks * block_bytes;
  uint8_t* region = Clean(bytes);
  regions_.push_back({region, bytes, blocks});
  first_ = size_t{mask_} + 1;
  Append(region, blocks, block_bytes);
}

void SlotArray::Append(uint8_t* first, size_t blocks, size_t stride) {
  uint8_t** table = table_.load(std::memory_order_relaxed);
  if (blocks_ + blocks > table_capacity_) {
    table_capacity_ = std::max(blocks_ + blocks, 2 * table_capacity_);
    const size_t table_bytes = RoundUp(table_capacity_ * sizeof(uint8_t*), kLineBytes);
    auto* grown = reinterpret_cast<uint8_t**>(Clean(table_bytes));
    std::copy(table, table + blocks_, grown);
    kept_.push_back({grown, table_bytes, 0});
    table = grown;
  }
  for (size_t i = 0; i < blocks; ++i) table[blocks_ + i] = first + i * stride;
  blocks_ += blocks;
  table_.store(table, std::memory_order_release);
}

}  // namespace kvorum
