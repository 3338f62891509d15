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
  for (const Region& table : tables_) Free(table.block, table.bytes);
}

void SlotArray::Grow(size_t slots) {
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
}

void SlotArray::AddRegion(size_t blocks) {
  const size_t block_bytes = RoundUp(record_bytes_ << shift_, 64);
  const size_t bytes = blocks * block_bytes;
  auto* region = static_cast<uint8_t*>(Allocate(bytes));
  if (huge_pages_) AskForHugePages(region, bytes);
  std::memset(region, 0, bytes);
  regions_.push_back({region, bytes, blocks});
  bytes_ += bytes;
  uint8_t** table = table_.load(std::memory_order_relaxed);
  if (blocks_ + blocks > table_capacity_) {
    table_capacity_ = std::max(blocks_ + blocks, 2 * table_capacity_);
    const size_t table_bytes = RoundUp(table_capacity_ * sizeof(uint8_t*), 64);
    auto* grown = static_cast<uint8_t**>(Allocate(table_bytes));
    std::copy(table, table + blocks_, grown);
    tables_.push_back({grown, table_bytes, 0});
    bytes_ += table_bytes;
    table = grown;
  }
  for (size_t i = 0; i < blocks; ++i) table[blocks_ + i] = region + i * block_bytes;
  blocks_ += blocks;
  table_.store(table, std::memory_order_release);
}

}  // namespace kvorum
