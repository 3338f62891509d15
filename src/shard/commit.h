// CommitLog: where a shard's effects go, and from where it learns what can no longer be lost.
//
// The shard hands over the effects of one turn of the event loop as one entry, and holds the replies of that turn until the
// entry is as durable as their sessions ask for. Before it runs a command that writes it asks for room, so that what was executed can
// be kept. A shard without a log keeps nothing: its replies leave at once.
//
// Threads: the shard's; what committed() says may grow between its turns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "journal/effects.h"

namespace kvorum {

// What must be true of a write before anybody is told of it, or reads it.
enum class Durability : uint8_t {
  kMemory,    // nothing
  kPeriodic,  // it outlives the process; within a second, about, it outlives a power cut
  kSync,      // it outlives a power cut
};

// "memory", "periodic", "sync".
std::string_view DurabilityName(Durability durability);

class CommitLog {
 public:
  virtual ~CommitLog() = default;

  // Makes sure that effects of so many bytes can be appended in this turn, and returns of how many: at least that, or 0 if writes must be
  // refused now, and refusal() says why.
  virtual uint64_t Reserve(uint64_t bytes) = 0;
  // Why writes are refused, for people; empty while they are not.
  virtual std::string refusal() const = 0;

  // The effects of one turn, at least one command, and when the turn began. Returns the entry's index, greater than any before.
  virtual uint64_t Append(const EffectsBuffer& effects, int64_t unix_micros) = 0;
  // Everything up to this index is so durable.
  virtual uint64_t committed(Durability durability) const = 0;
  // Somebody waits for all that was appended to become kSync: it shall, soon.
  virtual void RequestSync() = 0;
};

}  // namespace kvorum
