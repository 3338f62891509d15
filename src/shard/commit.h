// CommitLog: where a shard's effects go, and from where it learns what can no longer be lost.
//
// The shard hands over the effects of one turn of the event loop as one entry, and holds the replies of that turn until the
// entry is committed. A server without durability has none: its replies leave at once.
//
// Threads: the shard's; committed() may grow between its turns.
#pragma once

#include <cstdint>

#include "journal/effects.h"

namespace kvorum {

class CommitLog {
 public:
  virtual ~CommitLog() = default;
  // The effects of one turn, at least one command. Returns the entry's index, greater than any before.
  virtual uint64_t Append(const EffectsBuffer& effects) = 0;
  // Everything up to this index can no longer be lost.
  virtual uint64_t committed() const = 0;
};

}  // namespace kvorum
