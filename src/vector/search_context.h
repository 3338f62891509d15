// What a search works with: the candidates, which nodes it has seen, the prepared query.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vector/codec.h"
#include "vector/vector_index.h"

namespace kvorum {

// The nodes seen, a bit each; clearing costs what was seen.
class VisitedSet {
 public:
  void Begin(size_t nodes) {
    for (const uint32_t node : seen_) words_[node / 64] = 0;
    seen_.clear();
    if (words_.size() * 64 < nodes) words_.resize((nodes + nodes / 8) / 64 + 1);
  }
  // True the first time.
  [[gnu::always_inline]] bool Insert(uint32_t node) {
    uint64_t& word = words_[node / 64];
    const uint64_t bit = uint64_t{1} << (node % 64);
    if ((word & bit) != 0) return false;
    word |= bit;
    seen_.push_back(node);
    return true;
  }
  const std::vector<uint32_t>& seen() const { return seen_; }

 private:
  std::vector<uint64_t> words_;
  std::vector<uint32_t> seen_;
};

struct Candidate {
  float distance;
  uint32_t node;  // with kExpanded while in a pool
};
inline bool operator<(const Candidate& a, const Candidate& b) {
  return a.distance < b.distance || (a.distance == b.distance && a.node < b.node);
}

// The nearest `width` candidates so far, nearest first, each expanded or not yet. (A sorted array, as in NSG of Fu et al. 2019: for the
// widths in use that is faster than two heaps, and does the same.)
class CandidatePool {
 public:
  static constexpr uint32_t kExpanded = 0x80000000;

  // A walk keeps at most so many times its width, when it widens.
  static constexpr size_t kMostWidening = 4;

  void Begin(size_t width) {
    width_ = width;
    most_ = width * kMostWidening;
    size_ = 0;
    next_ = 0;
    if (pool_.size() < width + 1) pool_.resize(width + 1);
  }
  size_t size() const { return size_; }
  bool full() const { return size_ == width_; }
  float worst() const { return pool_[size_ - 1].distance; }
  Candidate operator[](size_t i) const { return {pool_[i].distance, pool_[i].node & ~kExpanded}; }

  // One more may be kept, unless that has been said too often.
  void Widen() {
    if (width_ == most_) return;
    ++width_;
    if (pool_.size() < width_ + 1) pool_.resize(width_ + width_ / 2 + 1);
  }
  bool Takes(float distance) const { return size_ < width_ || distance < worst(); }

  void Insert(float distance, uint32_t node) {
    Candidate* begin = pool_.data();
    Candidate* place = std::upper_bound(begin, begin + size_, distance,
                                        [](float value, const Candidate& other) { return value < other.distance; });
    std::copy_backward(place, begin + size_, begin + size_ + 1);
    *place = {distance, node};
    if (size_ < width_) ++size_;
    next_ = std::min(next_, static_cast<size_t>(place - begin));
  }

  // The nearest not yet expanded, which now is; false if there is none.
  bool Expand(Candidate* nearest) {
    while (next_ < size_ && (pool_[next_].node & kExpanded) != 0) ++next_;
    if (next_ == size_) return false;
    *nearest = pool_[next_];
    pool_[next_++].node |= kExpanded;
    return true;
  }
  // The one that Expand would give, for prefetching.
  const Candidate* Next() const {
    size_t next = next_;
    while (next < size_ && (pool_[next].node & kExpanded) != 0) ++next;
    return next < size_ ? &pool_[next] : nullptr;
  }

 private:
  size_t width_ = 0;
  size_t most_ = 0;
  size_t size_ = 0;
  size_t next_ = 0;  // all before are expanded
  std::vector<Candidate> pool_;
};

// *Twins* are vectors with equal codes: equal texts have them, and there may be any number. A walk that kept them as it keeps others would be full of them
// and end there, with nothing else in sight. So they take no place from others; and of more than the walk's width the rest are passed over, which lead
// nowhere else.
class TwinCount {
 public:
  // Of a twin of the node that is expanded, met at this distance: whether it is to be kept.
  bool Takes(float distance, size_t width) {
    if (distance != distance_) count_ = 0;
    distance_ = distance;
    return ++count_ <= width;
  }

 private:
  float distance_ = -1;
  size_t count_ = 0;
};

struct SearchContext {
  CodecQuery query;
  CodecQuery other;  // for distances between stored vectors
  VisitedSet visited;
  CandidatePool pool;
  std::vector<Candidate> heap;     // candidates of a filtered search
  std::vector<Candidate> results;  // the best so far of one; or what is being chosen from
  std::vector<uint32_t> chosen;
  std::vector<uint32_t> directions;  // those of the chosen that are no twins
  std::vector<uint32_t> nodes;
  size_t hint = 0;
};

}  // namespace kvorum
