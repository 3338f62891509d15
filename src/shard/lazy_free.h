// Frees large values on a thread of its own (UNLINK, FLUSHALL ASYNC, lazyfree-* settings).
//
// Threads: Reclaim from the shard's thread; the destructor waits until all is freed.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "keyspace/database.h"

namespace kvorum {

class LazyFree : public Reclaimer {
 public:
  // All that were freed, as INFO reports them (lazyfreed_objects).
  virtual size_t freed() const = 0;
  virtual void ResetFreed() = 0;
  // Calls it on the thread. For what is no value: it is not counted.
  virtual void Free(std::function<void()> free) = 0;
};

std::unique_ptr<LazyFree> MakeReclaimer();

}  // namespace kvorum
