// Frees large values on a thread of its own (UNLINK, FLUSHALL ASYNC, lazyfree-* settings).
//
// Threads: Reclaim from the shard's thread; the destructor waits until all is freed.
#pragma once

#include <cstddef>
#include <memory>

#include "keyspace/database.h"

namespace kvorum {

class LazyFree : public Reclaimer {
 public:
  // Objects handed over and not yet freed, and all that were freed, as INFO reports them (lazyfree_pending_objects,
  // lazyfreed_objects).
  virtual size_t pending() const = 0;
  virtual size_t freed() const = 0;
  virtual void ResetFreed() = 0;
};

std::unique_ptr<LazyFree> MakeReclaimer();

}  // namespace kvorum
