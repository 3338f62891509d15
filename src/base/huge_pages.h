// Huge pages, made ahead of need by a thread of its own.
//
// The first touch of memory that is to be a huge page waits until the kernel has found and cleared 2 MiB, milliseconds where it has
// to move other pages first; and to have memory in use replaced by huge pages (MADV_COLLAPSE) stops every page fault of the process
// meanwhile. So a large heap takes chunks that were touched before.
//
// Even so, what the kernel does to find huge pages can hold up the process for milliseconds now and then, so there are none unless UseHugePages asks for
// them (`disable-thp no`); and none where the system says "never" to transparent huge pages.
//
// Threads: any.
#pragma once

#include <cstddef>

namespace kvorum {

inline constexpr size_t kHugePageBytes = 2 << 20;

// kHugePageBytes of zeroed memory, aligned to that, which is never unmapped. On small pages, touched by nobody.
void* MapChunk();

// From now on TakeHugeChunk has chunks. Not to be undone.
void UseHugePages();

// The same on a huge page, if one is ready; nullptr if not. Has the next one made ready.
void* TakeHugeChunk();

}  // namespace kvorum
