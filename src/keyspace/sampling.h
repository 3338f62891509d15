// Choosing some of many, each choice being as likely: what SRANDMEMBER, HRANDFIELD, ZRANDMEMBER and SPOP with a count share.
// Threads: no state but the caller's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_set>

#include "base/random.h"

namespace kvorum {

// Goes with a walk over all: TakesNext is asked once for each element, until left() is 0. (Selection sampling, Knuth, The Art
// of Computer Programming, volume 2, algorithm 3.4.2S.)
class SampleOf {
 public:
  SampleOf(size_t count, size_t size, Random& random) : random_(random), left_(std::min(count, size)), ahead_(size) {}
  size_t left() const { return left_; }
  bool TakesNext() {
    const bool takes = left_ > 0 && (left_ == ahead_ || random_.Below(ahead_) < left_);
    --ahead_;
    if (takes) --left_;
    return takes;
  }

 private:
  Random& random_;
  size_t left_;
  size_t ahead_;
};

// Whether so few are wanted that drawing one after another, again when one was drawn before, beats a walk.
inline bool IsSparseSample(size_t count, size_t size) { return count < size / 4; }

// `visit` gets `count` different records of a HashTable, drawn one after another. count < table.size().
template <typename Table, typename Visit>
void SampleRecords(const Table& table, size_t count, Random& random, Visit visit) {
  std::unordered_set<const void*> drawn(2 * count);
  while (drawn.size() < count) {
    auto* record = table.RandomRecord(random);
    if (drawn.insert(record).second) visit(record);
  }
}

}  // namespace kvorum
