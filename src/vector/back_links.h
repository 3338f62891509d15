// BackLinks: for each node of a graph, the nodes that link to it and are not linked back.
//
// Together with a node's own links these are all its in-neighbours, so that it can be taken out of the graph without a search for
// them. Most links are mutual and need no entry here, so this costs some 20 to 40 bytes a node instead of as much as the links.
//
// Threads: the writer's only. Ownership: owns its blocks. Complexity: Add amortised O(1), Remove O(entries of the node).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "vector/slot_array.h"

namespace kvorum {

class BackLinks {
 public:
  BackLinks() : lists_(sizeof(List*)) {}
  ~BackLinks();
  BackLinks(const BackLinks&) = delete;
  BackLinks& operator=(const BackLinks&) = delete;

  void Grow(size_t nodes) { lists_.Grow(nodes); }
  void Shrink(size_t nodes) { lists_.Shrink(nodes); }  // those beyond have none

  void Add(uint32_t node, uint32_t from);
  void Remove(uint32_t node, uint32_t from);  // which must be there
  void Clear(uint32_t node);
  std::span<const uint32_t> Of(uint32_t node) const;

  size_t Bytes() const { return lists_.Bytes() + bytes_; }

 private:
  struct List {
    uint32_t capacity;
    uint32_t count;
    uint32_t from[];
  };
  static size_t BytesOf(size_t capacity) { return sizeof(List) + capacity * sizeof(uint32_t); }

  List*& At(uint32_t node) const { return *lists_.As<List*>(node); }
  void Resize(uint32_t node, size_t capacity);

  SlotArray lists_;
  size_t bytes_ = 0;
};

}  // namespace kvorum
