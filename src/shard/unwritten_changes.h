// UnwrittenChanges: which keys have changed in memory, while the journal could not be written.
//
// Room on the disk is reserved before a command runs, so a full disk refuses writes before they change anything. A write that fails for
// another reason leaves one turn's changes executed and not kept: nobody may be told of them until they are written after all. Who reads
// other keys must not wait for that, so this knows which those are not.
//
// Threads: the shard's. Ownership: copies the keys. Complexity: Note is O(effects), MayShow O(the command's keys · log keys).
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/table.h"
#include "journal/effects.h"

namespace kvorum {

class UnwrittenChanges {
 public:
  // More keys than these are not told apart: any may have changed.
  static constexpr size_t kMostKeys = 10'000;

  // What the effects change has been executed, and is not written. Databases are not told apart.
  UnwrittenChanges(const EffectsBuffer& effects, const CommandTable& commands);

  // Whether the command's reply may tell of the changes. It may be said of some that cannot, but of none that can otherwise.
  bool MayShow(const Command& command, std::span<const std::string_view> args) const;

 private:
  void Note(const CommandTable& commands, std::span<const std::string_view> words);

  bool any_ = false;  // any key may have changed
  std::set<std::string, std::less<>> keys_;
};

}  // namespace kvorum
