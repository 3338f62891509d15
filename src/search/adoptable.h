// Adoptable: the vectors of a graph that wait for a document, by their labels.
//
// Several may have one label: whoever asks gets one after the other, the lowest slot first. That one is taken, or went, is seen when it would come
// next: so nothing has to be told.
//
// Threads: one. Complexity: O(1), expected, however many are equal; 8 to 16 bytes a vector and 4 a slot.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vector/vector_index.h"

namespace kvorum {

class Adoptable {
 public:
  bool is_empty() const { return chains_.empty(); }
  // All slots below.
  size_t slots() const { return next_.size(); }
  size_t Bytes() const { return chains_.capacity() * sizeof(Chain) + next_.capacity() * sizeof(VectorSlot); }

  // Anew, of an index's vectors for which waits(slot) is true.
  template <typename Waits>
  void List(const VectorIndex& index, Waits waits);
  // One with this label for which waits(slot) is true, which from now on does not wait; kNoVectorSlot: there is none.
  template <typename Waits>
  VectorSlot Take(const VectorIndex& index, VectorLabel label, Waits waits);
  void Clear() { *this = {}; }

 private:
  static constexpr VectorSlot kUnused = ~VectorSlot{0};
  // Those of one label. When all went it stays, for others that were put behind it.
  struct Chain {
    uint32_t tag = 0;  // the upper half of the label
    VectorSlot first = kUnused;
  };

  std::vector<Chain> chains_;     // a power of two, at most half of them used
  std::vector<VectorSlot> next_;  // of each slot
};

template <typename Waits>
void Adoptable::List(const VectorIndex& index, Waits waits) {
  const size_t vectors = index.size();
  Clear();
  if (vectors == 0) return;
  chains_.resize(std::bit_ceil(2 * vectors));
  size_t seen = 0;
  for (VectorSlot slot = 0; seen < vectors; ++slot) {
    seen += index.LabelOf(slot) != kNoVectorLabel ? 1 : 0;
    next_.push_back(kNoVectorSlot);
  }
  // From the highest, so that the lowest is the first.
  for (size_t left = next_.size(); left > 0; --left) {
    const auto slot = static_cast<VectorSlot>(left - 1);
    const VectorLabel label = index.LabelOf(slot);
    if (label == kNoVectorLabel || !waits(slot)) continue;
    const auto tag = static_cast<uint32_t>(label >> 32);
    size_t at = label & (chains_.size() - 1);
    while (chains_[at].first != kUnused && (chains_[at].tag != tag || index.LabelOf(chains_[at].first) != label)) {
      at = (at + 1) & (chains_.size() - 1);
    }
    next_[slot] = chains_[at].first == kUnused ? kNoVectorSlot : chains_[at].first;
    chains_[at] = {tag, slot};
  }
}

template <typename Waits>
VectorSlot Adoptable::Take(const VectorIndex& index, VectorLabel label, Waits waits) {
  if (chains_.empty()) return kNoVectorSlot;
  const auto tag = static_cast<uint32_t>(label >> 32);
  for (size_t at = label & (chains_.size() - 1); chains_[at].first != kUnused; at = (at + 1) & (chains_.size() - 1)) {
    if (chains_[at].tag != tag) continue;
    VectorSlot& first = chains_[at].first;
    while (first != kNoVectorSlot && (index.LabelOf(first) == kNoVectorLabel || !waits(first))) first = next_[first];
    if (first == kNoVectorSlot || index.LabelOf(first) != label) continue;
    const VectorSlot slot = first;
    first = next_[slot];
    return slot;
  }
  return kNoVectorSlot;
}

}  // namespace kvorum
