// SeenKeys: which keys there have been, by 128 bits of hash each: SCAN may give a key twice, a file must not hold it twice. Two keys
// with the same bits are one key to it; among 10^9 keys the chance that there are such is below 10^-20.
//
// Threads: one. Complexity: O(1) expected; 16 to 43 bytes a key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "rdb/crc64.h"

namespace kvorum {

class SeenKeys {
 public:
  // False: it was there already.
  bool Add(std::string_view key) {
    if (10 * (count_ + 1) > 7 * slots_.size()) Grow();
    // Never both zero: that is a free slot.
    if (!Place(slots_, {HashBytes(key) | 1, Crc64(0, key)})) return false;
    ++count_;
    return true;
  }
  size_t size() const { return count_; }

 private:
  struct Slot {
    uint64_t hash = 0;
    uint64_t crc = 0;
    bool operator==(const Slot&) const = default;
  };

  static bool Place(std::vector<Slot>& slots, const Slot& wanted) {
    const size_t mask = slots.size() - 1;
    size_t at = (wanted.hash >> 1) & mask;
    for (; slots[at].hash != 0; at = (at + 1) & mask) {
      if (slots[at] == wanted) return false;
    }
    slots[at] = wanted;
    return true;
  }

  void Grow() {
    std::vector<Slot> larger(slots_.empty() ? 1024 : 2 * slots_.size());
    for (const Slot& slot : slots_) {
      if (slot.hash != 0) (void)Place(larger, slot);
    }
    slots_.swap(larger);
  }

  std::vector<Slot> slots_;  // a power of two
  size_t count_ = 0;
};

}  // namespace kvorum
