// Trace: what happened in a run, as a hash, so that two runs can be seen to be the same, and on demand as lines to read.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace kvorum::sim {

class Trace {
 public:
  explicit Trace(bool prints) : prints_(prints) {}

  void Note(std::string_view line) {
    hash_ = hash_ * 0x9E3779B97F4A7C15 + HashBytes(line);
    if (prints_) std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
  }
  // Hashed, never printed.
  void Mix(uint64_t number) { hash_ = (hash_ ^ number) * 0xD6E8FEB86659FD93; }
  uint64_t hash() const { return hash_; }
  bool prints() const { return prints_; }

 private:
  const bool prints_;
  uint64_t hash_ = 0;
};

}  // namespace kvorum::sim
