// Huge pages for memory that is in use already.
//
// To ask for huge pages before memory is touched (MADV_HUGEPAGE) makes the first touch of each 2 MiB wait while the kernel finds
// and clears it, milliseconds where it has to move other pages first; and a chunk that holds little is wholly resident. So memory
// is filled on small pages, and when it is full a thread of this module has the kernel put a huge page in its place.
//
// Threads: any. Where the system says "never" to transparent huge pages, nothing happens.
#pragma once

#include <cstddef>

namespace kvorum {

inline constexpr size_t kHugePageBytes = 2 << 20;

// Has `memory`, kHugePageBytes of it and aligned to that, moved to a huge page soon. It must stay mapped, and may be used meanwhile.
void CollapseSoon(void* memory);

}  // namespace kvorum
