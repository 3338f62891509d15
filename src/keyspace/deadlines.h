// The order of deadlines of one database: (deadline, hash of the key), so that entries may move in memory and only a change
// of a deadline touches the order. Two keys with the same hash and deadline are two elements.
//
// Threads: one. Complexity: O(log n).
#pragma once

#include <cstdint>
#include <set>
#include <utility>

namespace kvorum {

class Deadlines {
 public:
  struct Deadline {
    int64_t ms;
    uint64_t key_hash;
    auto operator<=>(const Deadline&) const = default;
  };

  void Add(Deadline deadline) { order_.insert(deadline); }
  void Remove(Deadline deadline) { order_.erase(order_.find(deadline)); }
  void Clear() { order_.clear(); }
  size_t size() const { return order_.size(); }
  size_t bytes() const { return order_.size() * 64; }
  // The earliest; there must be one.
  Deadline First() const { return *order_.begin(); }
  // The one of this rank from 0; below size().
  Deadline Select(size_t rank) const {
    auto it = order_.begin();
    std::advance(it, rank);
    return *it;
  }

 private:
  std::multiset<Deadline> order_;
};

}  // namespace kvorum
