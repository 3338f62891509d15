// SimSession: a client's session that remembers of which entries each part of its output tells.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "shard/session.h"

namespace kvorum::sim {

class SimSession final : public Session {
 public:
  void Wake() override {}

  // Output that came since the last call tells of the entries up to `index`.
  void NoteOutput(uint64_t index);
  // What came in this turn was said under this durability.
  void EndTurn(Durability durability);
  // Takes all that may be sent. What is told by it is in *index and for each durability.
  struct Told {
    uint64_t index[3] = {0, 0, 0};  // by durability
    std::string bytes;
  };
  Told Take(uint64_t committed, Durability now);
  // Output that nobody has taken.
  bool has_output() const { return noted_ > taken_; }

  // The next output may be WAITAOF's word that this index is synced; 0: it is of another command.
  uint64_t awaited_sync = 0;

 private:
  struct Part {
    uint64_t begin;  // in bytes of all output
    uint64_t index;
    Durability durability = Durability::kMemory;
    bool is_asked = false;  // it says so by itself: WAITAOF
    bool is_of_this_turn = false;
  };
  // Of all output that was not taken; *last: its last piece.
  uint64_t PendingBytes(std::string_view* last) const;

  std::deque<Part> parts_;
  uint64_t noted_ = 0;
  uint64_t taken_ = 0;
};

}  // namespace kvorum::sim
