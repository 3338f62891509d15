// The allocator's own view of its memory, for MEMORY MALLOC-STATS, MEMORY PURGE and INFO.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <string>

namespace kvorum {

struct AllocatorUsage {
  size_t active_bytes = 0;    // in pages that hold something
  size_t resident_bytes = 0;  // in memory
};
// Zeros where the allocator does not tell (sanitizer builds).
AllocatorUsage LargeBlockUsage();
std::string AllocatorReport();
// Gives back to the system what is not in use.
void PurgeAllocator();

}  // namespace kvorum
