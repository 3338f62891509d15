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
  // All that were freed, as INFO reports them (lazyfreed_objects).
  virtual size_t freed() const = 0;
  virtual void ResetFreed() = 0;
};

std::unique_ptr<LazyFree> MakeReclaimer();

}  // namespace kvorum
