// Memory for the shard's data: small blocks from slabs, in classes 8 bytes apart up to 256 bytes and 32 beyond; larger ones from
// jemalloc.
//
// Why not jemalloc for all: its classes are 16 bytes apart, and a record of 54 bytes in a class of 56 instead of 64 is
// what lets a key with a 32-byte value cost under 75 bytes in all (docs/decisions/0002-small-blocks.md). Slabs come
// from 2 MiB chunks, of a large heap on huge pages made ahead of need (base/huge_pages.h), so that random access over millions of small
// blocks misses the TLB less.
//
// Threads: any thread may allocate and free. A small block belongs to the thread that allocated it; freed elsewhere it
// goes back through a lock-free list, so large values can be freed off the shard's thread. Sizes: Free gets the size
// that Allocate was asked for, which spares a header per block. Sanitized builds check it. Complexity: O(1). Both abort
// when the system has no memory left (maxmemory is what keeps that from happening).
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace kvorum {

// Blocks up to this size come from slabs.
inline constexpr size_t kMaxSlabBlockBytes = 512;

// What AllocatePage hands out, and what slabs are made of.
inline constexpr size_t kPageBytes = 64 << 10;

// Returns at least `bytes` bytes, aligned to the largest power of two up to 64 that divides `bytes` rounded up to 8.
[[nodiscard]] void* Allocate(size_t bytes);
void Free(void* block, size_t bytes);

// The bytes that a request of `bytes` really takes. Growing within it is free.
size_t AllocationSize(size_t bytes);

// One zeroed page of kPageBytes, aligned to its size, for tables that grow by pieces.
[[nodiscard]] void* AllocatePage();
void FreePage(void* page);

// Bytes in all blocks handed out to all threads by Allocate, AllocatePage and operator new, and not yet freed; what
// `used_memory` reports. O(number of threads); exact when the other threads rest.
size_t AllocatedBytes();

// Takes back blocks of the calling thread that others have freed, of a few slabs; Allocate does so only when it runs out. True: there may be
// more.
bool CollectFreed();

// The slabs of the calling thread, a row for each class that has any. O(slabs with free blocks).
struct SlabClassUsage {
  size_t block_bytes;
  size_t slabs;  // kPageBytes each
  size_t blocks;
  size_t used_blocks;
};
std::vector<SlabClassUsage> SlabUsage();

template <typename T, typename... Args>
[[nodiscard]] T* New(Args&&... args) {
  return new (Allocate(sizeof(T))) T(static_cast<Args&&>(args)...);
}

template <typename T>
void Delete(T* object) {
  if (object == nullptr) return;
  object->~T();
  Free(object, sizeof(T));
}

}  // namespace kvorum
