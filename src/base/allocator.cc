#include "base/allocator.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/check.h"
#include "base/huge_pages.h"

#ifndef KVORUM_SANITIZED
#include <jemalloc/jemalloc.h>
#endif

// A slab is one page (kPageBytes, aligned to its size), so a block's slab is found by masking its address:
//
//   +--------------------------+---------+---------+-----+---------+
//   | Slab header (64 bytes)   | block 0 | block 1 | ... | unused  |
//   +--------------------------+---------+---------+-----+---------+
//
// Free blocks of a slab form a list through their first 8 bytes. Slabs with free blocks hang in their owner's list of
// their class; a full slab hangs in none and comes back with its first freed block. Blocks freed by another thread go
// to the slab's `remote_free` and are collected when the owner runs out.

namespace kvorum {
namespace {

// Classes are 8 bytes apart up to 256 bytes, then 32: between those a step of 8 would save little and make many half-empty slabs.
constexpr size_t kFineBytes = 256;
constexpr size_t kFineStep = 8;
constexpr size_t kCoarseStep = 32;
size_t ClassOf(size_t bytes) {
  return bytes <= kFineBytes ? (bytes + kFineStep - 1) / kFineStep
                             : kFineBytes / kFineStep + (bytes - kFineBytes + kCoarseStep - 1) / kCoarseStep;
}
constexpr size_t ClassBytes(size_t size_class) {
  return size_class <= kFineBytes / kFineStep ? size_class * kFineStep
                                              : kFineBytes + (size_class - kFineBytes / kFineStep) * kCoarseStep;
}

#ifndef KVORUM_SANITIZED

constexpr size_t kChunkBytes = kHugePageBytes;
// So many chunks stay on small pages: up to 64 MiB a huge page that is hardly used would cost more than it gains.
constexpr size_t kSmallChunks = 32;
constexpr size_t kClasses = kFineBytes / kFineStep + (kMaxSlabBlockBytes - kFineBytes) / kCoarseStep + 1;
static_assert(ClassBytes(kClasses - 1) == kMaxSlabBlockBytes);
// Empty pages kept with their memory; beyond that they are given back to the system and only their addresses kept.
constexpr size_t kMaxIdlePages = 8;
// Slabs whose remote frees are collected at once. A slab holds at most 8,000 blocks, so this bounds the pause.
constexpr size_t kSlabsACollection = 4;

// What a thread's counters add up to. Written by its own thread only.
struct Counter {
  std::atomic<int64_t> bytes{0};
  Counter* next = nullptr;
  void Add(int64_t n) { bytes.store(bytes.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
};

struct FreeBlock {
  FreeBlock* next;
};

struct Heap;

struct alignas(64) Slab {
  Heap* owner;
  FreeBlock* free;
  Slab* next;
  Slab* previous;
  std::atomic<FreeBlock*> remote_free;
  Slab* next_pending;  // in the owner's list of slabs with remote frees
  uint32_t bump;       // offset of the first block never handed out
  uint32_t used;       // blocks handed out, those in remote_free included
  uint16_t block_bytes;
  bool listed;
};
static_assert(sizeof(Slab) == 64);

// Pages for all heaps. Behind a mutex: one visit per 64 KiB.
class PageSource {
 public:
  // What a page that was given back to the system keeps.
  static constexpr size_t kReturnedLinkBytes = 4096;

  // *used_bytes: of its beginning, how much may hold what was there before; the rest is zero.
  void* Take(size_t* used_bytes) {
    std::lock_guard lock(mutex_);
    if (idle_ == nullptr && returned_ == nullptr) {
      *used_bytes = 0;
      return TakeFresh();
    }
    *used_bytes = idle_ != nullptr ? kPageBytes : kReturnedLinkBytes;
    FreeBlock*& list = idle_ != nullptr ? idle_ : returned_;
    if (&list == &idle_) --idle_count_;
    FreeBlock* page = list;
    list = page->next;
    return page;
  }
  void Give(void* memory) {
    std::lock_guard lock(mutex_);
    auto* page = static_cast<FreeBlock*>(memory);
    // The link lives in the page's first bytes; the rest goes back to the system, where it lets go (of locked memory it does not).
    if (idle_count_ >= kMaxIdlePages &&
        madvise(static_cast<char*>(memory) + kReturnedLinkBytes, kPageBytes - kReturnedLinkBytes, MADV_DONTNEED) == 0) {
      page->next = returned_;
      returned_ = page;
    } else {
      page->next = idle_;
      idle_ = page;
      ++idle_count_;
    }
  }

 private:
  // A page that was never used.
  void* TakeFresh() {
    if (fresh_ == fresh_end_) {
      void* chunk = ++chunks_ > kSmallChunks ? TakeHugeChunk() : nullptr;
      fresh_ = static_cast<char*>(chunk != nullptr ? chunk : MapChunk());
      fresh_end_ = fresh_ + kChunkBytes;
    }
    char* page = fresh_;
    fresh_ += kPageBytes;
    return page;
  }

  std::mutex mutex_;
  FreeBlock* idle_ = nullptr;
  FreeBlock* returned_ = nullptr;
  size_t idle_count_ = 0;
  char* fresh_ = nullptr;  // in the newest chunk: what was never handed out
  char* fresh_end_ = nullptr;
  size_t chunks_ = 0;
};

struct Heap {
  Slab* slabs[kClasses] = {};  // those with free blocks, by class; the first is the one in use
  size_t slab_counts[kClasses] = {};
  Counter counter;
  std::atomic<Slab*> pending{nullptr};  // slabs with remote frees; each at most once
  Slab* taken_pending = nullptr;        // those of them that the owner has taken and not yet looked at
  Heap* next_unused = nullptr;
};

struct Globals {
  PageSource pages;
  std::mutex mutex;
  Heap* unused_heaps = nullptr;  // of threads that ended; their slabs serve the next thread
  std::atomic<Counter*> counters{nullptr};
};

// Never destroyed: blocks are freed until the very end of the process.
Globals& globals() {
  alignas(Globals) static char storage[sizeof(Globals)];
  static Globals* instance = new (storage) Globals;
  return *instance;
}

Heap* AcquireHeap() {
  Globals& g = globals();
  std::lock_guard lock(g.mutex);
  if (g.unused_heaps != nullptr) {
    Heap* heap = g.unused_heaps;
    g.unused_heaps = heap->next_unused;
    return heap;
  }
  void* memory = std::calloc(1, sizeof(Heap));
  CHECK(memory != nullptr);
  Heap* heap = new (memory) Heap;
  heap->counter.next = g.counters.load();
  g.counters.store(&heap->counter);
  return heap;
}

thread_local Heap* t_heap = nullptr;

struct HeapLease {
  ~HeapLease() {
    Globals& g = globals();
    std::lock_guard lock(g.mutex);
    t_heap->next_unused = g.unused_heaps;
    g.unused_heaps = t_heap;
    t_heap = nullptr;
  }
};

__attribute__((noinline)) Heap* FirstHeap() {
  t_heap = AcquireHeap();
  static thread_local HeapLease lease;
  (void)lease;
  return t_heap;
}

inline Heap* ThisHeap() {
  Heap* heap = t_heap;
  return __builtin_expect(heap != nullptr, 1) ? heap : FirstHeap();
}

Slab* SlabOf(void* block) { return reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(block) & ~(kPageBytes - 1)); }

void Link(Heap* heap, Slab* slab, size_t size_class) {
  slab->previous = nullptr;
  slab->next = heap->slabs[size_class];
  if (slab->next != nullptr) slab->next->previous = slab;
  heap->slabs[size_class] = slab;
  slab->listed = true;
}

void Unlink(Heap* heap, Slab* slab, size_t size_class) {
  (slab->previous != nullptr ? slab->previous->next : heap->slabs[size_class]) = slab->next;
  if (slab->next != nullptr) slab->next->previous = slab->previous;
  slab->listed = false;
}

void ReleaseSlab(Heap* heap, Slab* slab, size_t size_class);

// Takes back what other threads freed, of at most kSlabsACollection slabs: this runs between commands. True: there may be more.
bool CollectRemoteFrees(Heap* heap) {
  for (size_t i = 0; i < kSlabsACollection; ++i) {
    if (heap->taken_pending == nullptr)
      heap->taken_pending = heap->pending.exchange(nullptr, std::memory_order_acquire);
    Slab* slab = heap->taken_pending;
    if (slab == nullptr) return false;
    // Before the blocks: once the slab's list is empty, another thread may enter the slab anew.
    heap->taken_pending = slab->next_pending;
    FreeBlock* block = slab->remote_free.exchange(nullptr, std::memory_order_acquire);
    while (block != nullptr) {
      FreeBlock* next = block->next;
      block->next = slab->free;
      slab->free = block;
      --slab->used;
      block = next;
    }
    size_t size_class = ClassOf(slab->block_bytes);
    if (slab->used == 0) {
      ReleaseSlab(heap, slab, size_class);
    } else if (!slab->listed) {
      Link(heap, slab, size_class);
    }
  }
  return true;
}

bool HasRoom(const Slab* slab) { return slab->free != nullptr || slab->bump + slab->block_bytes <= kPageBytes; }

void* TakeFrom(Slab* slab) {
  ++slab->used;
  if (slab->free != nullptr) {
    FreeBlock* block = slab->free;
    slab->free = block->next;
    return block;
  }
  void* block = reinterpret_cast<char*>(slab) + slab->bump;
  slab->bump += slab->block_bytes;
  return block;
}

__attribute__((noinline)) void* AllocateSlow(Heap* heap, size_t size_class) {
  CollectRemoteFrees(heap);
  for (Slab* slab = heap->slabs[size_class]; slab != nullptr; slab = heap->slabs[size_class]) {
    if (HasRoom(slab)) return TakeFrom(slab);
    Unlink(heap, slab, size_class);
  }
  size_t used_bytes;
  auto* slab = new (globals().pages.Take(&used_bytes)) Slab;
  slab->owner = heap;
  slab->free = nullptr;
  slab->remote_free.store(nullptr, std::memory_order_relaxed);
  slab->used = 0;
  slab->block_bytes = static_cast<uint16_t>(ClassBytes(size_class));
  slab->bump = sizeof(Slab);
  ++heap->slab_counts[size_class];
  Link(heap, slab, size_class);
  return TakeFrom(slab);
}

void ReleaseSlab(Heap* heap, Slab* slab, size_t size_class) {
  if (slab->listed) Unlink(heap, slab, size_class);
  --heap->slab_counts[size_class];
  globals().pages.Give(slab);
}

#endif

}  // namespace

#ifndef KVORUM_SANITIZED

namespace {

// Whoever frees the first block of a slab puts the slab on its owner's list. The slab cannot go away meanwhile: the
// block counts as used until the owner has collected it.
void FreeRemote(Slab* slab, FreeBlock* block) {
  FreeBlock* head = slab->remote_free.load(std::memory_order_relaxed);
  do {
    block->next = head;
  } while (!slab->remote_free.compare_exchange_weak(head, block, std::memory_order_acq_rel, std::memory_order_relaxed));
  if (head != nullptr) return;
  Heap* owner = slab->owner;
  Slab* first = owner->pending.load(std::memory_order_relaxed);
  do {
    slab->next_pending = first;
  } while (!owner->pending.compare_exchange_weak(first, slab, std::memory_order_release, std::memory_order_relaxed));
}

}  // namespace

void* Allocate(size_t bytes) {
  Heap* heap = ThisHeap();
  if (__builtin_expect(bytes > kMaxSlabBlockBytes, 0)) {
    void* block = bytes % 64 == 0 ? aligned_alloc(64, bytes) : malloc(bytes);
    CHECK(block != nullptr);
    heap->counter.Add(static_cast<int64_t>(malloc_usable_size(block)));
    return block;
  }
  size_t size_class = bytes == 0 ? 1 : ClassOf(bytes);
  heap->counter.Add(static_cast<int64_t>(ClassBytes(size_class)));
  Slab* slab = heap->slabs[size_class];
  if (__builtin_expect(slab != nullptr && slab->free != nullptr, 1)) {
    FreeBlock* block = slab->free;
    slab->free = block->next;
    ++slab->used;
    return block;
  }
  return AllocateSlow(heap, size_class);
}

void Free(void* block, size_t bytes) {
  if (block == nullptr) return;
  Heap* heap = ThisHeap();
  if (__builtin_expect(bytes > kMaxSlabBlockBytes, 0)) {
    heap->counter.Add(-static_cast<int64_t>(malloc_usable_size(block)));
    free(block);
    return;
  }
  size_t size_class = bytes == 0 ? 1 : ClassOf(bytes);
  heap->counter.Add(-static_cast<int64_t>(ClassBytes(size_class)));
  Slab* slab = SlabOf(block);
  auto* freed = static_cast<FreeBlock*>(block);
  if (__builtin_expect(slab->owner != heap, 0)) return FreeRemote(slab, freed);
  freed->next = slab->free;
  slab->free = freed;
  if (__builtin_expect(--slab->used == 0, 0)) {
    ReleaseSlab(heap, slab, size_class);
  } else if (__builtin_expect(!slab->listed, 0)) {
    Link(heap, slab, size_class);
  }
}

size_t AllocationSize(size_t bytes) {
  if (bytes <= kMaxSlabBlockBytes) return bytes == 0 ? kFineStep : ClassBytes(ClassOf(bytes));
  return nallocx(bytes, 0);
}

void* AllocatePage() {
  // Only what has been used is cleared: to touch all of a page at once would keep an insertion waiting for the system.
  size_t used_bytes;
  void* page = globals().pages.Take(&used_bytes);
  std::memset(page, 0, used_bytes);
  ThisHeap()->counter.Add(kPageBytes);
  return page;
}

void FreePage(void* page) {
  ThisHeap()->counter.Add(-static_cast<int64_t>(kPageBytes));
  globals().pages.Give(page);
}

bool CollectFreed() { return CollectRemoteFrees(ThisHeap()); }

std::vector<SlabClassUsage> SlabUsage() {
  std::vector<SlabClassUsage> usage;
  const Heap* heap = ThisHeap();
  for (size_t size_class = 1; size_class < kClasses; ++size_class) {
    if (heap->slab_counts[size_class] == 0) continue;
    const size_t block_bytes = ClassBytes(size_class);
    SlabClassUsage row{block_bytes, heap->slab_counts[size_class], 0, 0};
    row.blocks = row.used_blocks = row.slabs * ((kPageBytes - sizeof(Slab)) / block_bytes);
    for (const Slab* slab = heap->slabs[size_class]; slab != nullptr; slab = slab->next) {
      row.used_blocks -= (kPageBytes - sizeof(Slab)) / block_bytes - slab->used;
    }
    usage.push_back(row);
  }
  return usage;
}

size_t AllocatedBytes() {
  int64_t sum = 0;
  for (Counter* counter = globals().counters.load(); counter != nullptr; counter = counter->next) {
    sum += counter->bytes.load(std::memory_order_relaxed);
  }
  return static_cast<size_t>(std::max<int64_t>(sum, 0));
}

#else  // Sanitized: one malloc a block, the size kept before it and checked.

namespace {
constexpr size_t kHeaderBytes = 64;
std::atomic<int64_t> g_bytes{0};
}  // namespace

void* Allocate(size_t bytes) {
  auto* raw = static_cast<char*>(aligned_alloc(64, (bytes + kHeaderBytes + 63) & ~size_t{63}));
  CHECK(raw != nullptr);
  std::memcpy(raw, &bytes, sizeof(bytes));
  g_bytes += static_cast<int64_t>(AllocationSize(bytes));
  return raw + kHeaderBytes;
}

void Free(void* block, size_t bytes) {
  if (block == nullptr) return;
  char* raw = static_cast<char*>(block) - kHeaderBytes;
  size_t allocated;
  std::memcpy(&allocated, raw, sizeof(allocated));
  CHECK(allocated == bytes);
  g_bytes -= static_cast<int64_t>(AllocationSize(bytes));
  free(raw);
}

size_t AllocationSize(size_t bytes) { return bytes == 0 ? kFineStep : ClassBytes(ClassOf(bytes)); }

void* AllocatePage() {
  void* page = aligned_alloc(kPageBytes, kPageBytes);
  CHECK(page != nullptr);
  std::memset(page, 0, kPageBytes);
  g_bytes += kPageBytes;
  return page;
}

void FreePage(void* page) {
  g_bytes -= kPageBytes;
  free(page);
}

bool CollectFreed() { return false; }

std::vector<SlabClassUsage> SlabUsage() { return {}; }

size_t AllocatedBytes() { return static_cast<size_t>(std::max<int64_t>(g_bytes.load(), 0)); }

#endif

}  // namespace kvorum

#ifndef KVORUM_SANITIZED
// Everything else, the containers of the standard library among it, counts towards AllocatedBytes too.
namespace {
void* CountedNew(size_t bytes, size_t alignment) {
  void* block = alignment > 16 ? aligned_alloc(alignment, (bytes + alignment - 1) & ~(alignment - 1))
                               : malloc(bytes == 0 ? 1 : bytes);
  CHECK(block != nullptr);
  kvorum::ThisHeap()->counter.Add(static_cast<int64_t>(malloc_usable_size(block)));
  return block;
}
void CountedDelete(void* block) {
  if (block == nullptr) return;
  kvorum::ThisHeap()->counter.Add(-static_cast<int64_t>(malloc_usable_size(block)));
  free(block);
}
}  // namespace
void* operator new(size_t bytes) { return CountedNew(bytes, 0); }
void* operator new[](size_t bytes) { return CountedNew(bytes, 0); }
void* operator new(size_t bytes, std::align_val_t alignment) {
  return CountedNew(bytes, static_cast<size_t>(alignment));
}
void* operator new[](size_t bytes, std::align_val_t alignment) {
  return CountedNew(bytes, static_cast<size_t>(alignment));
}
// jemalloc has these too, and would not count.
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return CountedNew(bytes, 0); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return CountedNew(bytes, 0); }
void* operator new(size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return CountedNew(bytes, static_cast<size_t>(alignment));
}
void* operator new[](size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return CountedNew(bytes, static_cast<size_t>(alignment));
}
void operator delete(void* block) noexcept { CountedDelete(block); }
void operator delete[](void* block) noexcept { CountedDelete(block); }
void operator delete(void* block, size_t) noexcept { CountedDelete(block); }
void operator delete[](void* block, size_t) noexcept { CountedDelete(block); }
void operator delete(void* block, std::align_val_t) noexcept { CountedDelete(block); }
void operator delete[](void* block, std::align_val_t) noexcept { CountedDelete(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { CountedDelete(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { CountedDelete(block); }
#endif
