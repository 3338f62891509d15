// The order of deadlines of one database: (deadline, hash of the key), so that entries may move in memory and only a change
// of a deadline touches the order. Two keys with the same hash and deadline are two elements.
//
// Threads: one. Complexity: O(log n), First O(log n) too.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "structures/t_tree.h"

namespace kvorum {

class Deadlines {
 public:
  struct Deadline {
    int64_t ms;
    uint64_t key_hash;
    auto operator<=>(const Deadline&) const = default;
  };

  void Add(Deadline deadline) { order_.Insert(deadline); }
  // It must be there.
  void Remove(Deadline deadline) { CHECK(order_.Erase(deadline)); }
  void Clear() { order_.Clear(); }
  // From all at once, in any order; it must be empty. O(n log n), but much faster than one after another.
  void Build(std::vector<Deadline> deadlines) {
    CHECK(order_.empty());
    std::sort(deadlines.begin(), deadlines.end());
    auto next = deadlines.begin();
    order_.BuildFromSorted(deadlines.size(), [&next] { return *next++; });
  }
  size_t size() const { return order_.size(); }
  size_t bytes() const { return order_.MemoryBytes(); }
  // The earliest; there must be one.
  Deadline First() const { return Order::At(order_.First()); }
  // The one of this rank from 0; below size().
  Deadline Select(size_t rank) const { return Order::At(order_.Select(rank)); }

  void Validate() const { order_.Validate(); }

 private:
  struct Traits {
    static int Compare(const Deadline& a, const Deadline& b) { return a < b ? -1 : b < a ? 1 : 0; }
  };
  using Order = TTree<Deadline, Traits>;

  Order order_;
};

}  // namespace kvorum
