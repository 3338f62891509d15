// How the kernel is to share processors between this process's threads, where there are not enough of them for all that want one.
//
// Threads: concerns the caller's only. Errors: none; a kernel that does not know a wish goes on as before.
#pragma once

#include <cstdint>

namespace kvorum {

// For a thread that works shortly and often, and that somebody waits for each time it is woken: it gets the processor at once then, in
// front of threads with longer slices. Without it, on Linux from 6.6 on, a woken thread may wait until whoever runs has used up its slice,
// about 3 ms: longer than a sync takes. It costs the others nothing over time: slices are shorter, shares are the same. Threads that
// the caller starts afterwards have the usual slice. Linux from 6.12 on (sched_setattr(2), EEVDF's request); no effect before.
void SetSlice(int64_t micros);
// Of the thread that answers clients.
inline constexpr int64_t kShardSliceMicros = 500;
// Of the thread that syncs the journal: shorter than the shard's, which it shares a processor with where there are few, and which would keep it
// waiting between the parts of a sync.
inline constexpr int64_t kSyncSliceMicros = 100;

// For a thread that nobody waits for: a tenth of the share of those that want all of it.
inline constexpr int kBackgroundNice = 10;
void RunInBackground();
// Between two pieces of background work: who waits for this processor gets it, instead of at the next tick of the kernel's clock (up to 10 ms).
void LetOthersRun();

}  // namespace kvorum
