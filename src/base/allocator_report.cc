#include "base/allocator_report.h"

#include <cstdint>
#include <cstdio>

#include <fmt/core.h>

#include "base/allocator.h"

#ifndef KVORUM_SANITIZED
#include <jemalloc/jemalloc.h>
#endif

namespace kvorum {

#ifndef KVORUM_SANITIZED

AllocatorUsage LargeBlockUsage() {
  // Statistics stand still until the epoch moves.
  uint64_t epoch = 1;
  size_t size = sizeof(epoch);
  mallctl("epoch", &epoch, &size, &epoch, size);
  AllocatorUsage usage;
  size = sizeof(size_t);
  mallctl("stats.active", &usage.active_bytes, &size, nullptr, 0);
  mallctl("stats.resident", &usage.resident_bytes, &size, nullptr, 0);
  return usage;
}

std::string AllocatorReport() {
  std::string text =
      fmt::format("Blocks of up to {} bytes are in slabs of {} KiB:\n", kMaxSlabBlockBytes, kPageBytes >> 10);
  text += "block bytes      slabs       blocks         used   used %\n";
  size_t slabs = 0;
  for (const SlabClassUsage& row : SlabUsage()) {
    text += fmt::format("{:11} {:10} {:12} {:12} {:8.1f}\n", row.block_bytes, row.slabs, row.blocks, row.used_blocks,
                        100.0 * static_cast<double>(row.used_blocks) / static_cast<double>(row.blocks));
    slabs += row.slabs;
  }
  text += fmt::format("in all: {} slabs, {} bytes\njemalloc has the others:\n", slabs, slabs * kPageBytes);
  malloc_stats_print([](void* out, const char* piece) { *static_cast<std::string*>(out) += piece; }, &text, nullptr);
  return text;
}

void PurgeAllocator() {
  char name[64];
  std::snprintf(name, sizeof(name), "arena.%u.purge", static_cast<unsigned>(MALLCTL_ARENAS_ALL));
  mallctl(name, nullptr, nullptr, nullptr, 0);
}

#else

AllocatorUsage LargeBlockUsage() { return {}; }
std::string AllocatorReport() { return "No statistics in a build with sanitizers\n"; }
void PurgeAllocator() {}

#endif

}  // namespace kvorum
