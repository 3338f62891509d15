// A T-tree: an AVL tree whose nodes hold small sorted arrays (Lehman and Carey, "A Study of Index Structures for Main
// Memory Database Management Systems", VLDB 1986). Sorted sets, deadlines and whatever else is ordered live on it. A
// multiset: equal elements keep the order of their insertion.
//
// Deviations from the paper: a search compares with a node's first element only, and settles on the last node whose
// first element is not beyond the key; nodes know the number of elements to their left (AvlTree), for rank and select;
// arrays grow in steps, so half-full nodes cost little; an overflowing node splits instead of pushing its least element
// down.
//
// A node's block:  | AvlNode, 32 bytes | Prefix of the first element, if Traits has one | elements, sorted ... | room |
//
// Traits:
//   static int Compare(const Element& or const Key& a, const Element& b);  three-way
//   using Prefix = ...; static Prefix PrefixOf(const Element& or const Key&);  optional. a < b only if PrefixOf(a) <=
//       PrefixOf(b). Nodes keep the prefix of their first element, so that descending need not look at elements (each
//       look is a cache miss when elements are pointers). A Key without a PrefixOf works, and looks at elements.
//   static void Prefetch(const Element&);  optional, for elements that point to their data
//
// Threads: one at a time. Ownership: elements are plain values; what they point to is the user's.
// Positions are valid until the next change, Replace excepted.
// Complexity: O(log n) unless said otherwise. Sizes up to 2^32 - 1.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/allocator.h"
#include "base/check.h"
#include "structures/avl_tree.h"

namespace kvorum {

template <typename Element, typename Traits>
class TTree {
  static_assert(std::is_trivially_copyable_v<Element> && alignof(Element) <= 8 && sizeof(Element) <= 32);

  static constexpr bool kHasPrefix = requires(const Element& element) { Traits::PrefixOf(element); };
  template <bool, typename T>
  struct PrefixField {
    typename T::Prefix prefix;
  };
  template <typename T>
  struct PrefixField<false, T> {};

  struct Node : AvlNode, PrefixField<kHasPrefix, Traits> {
    Element* elements() { return reinterpret_cast<Element*>(this + 1); }
    const Element* elements() const { return reinterpret_cast<const Element*>(this + 1); }
    size_t size() const { return weight; }
    size_t capacity() const { return spare; }
  };

 public:
  // Blocks are multiples of this, so that reallocations are rare.
  static constexpr size_t kBlockStep = 64;
  static constexpr size_t kCapacity = (kMaxSlabBlockBytes - sizeof(Node)) / sizeof(Element);
  // Every node but the first and the last holds at least this many.
  static constexpr size_t kMinimum = kCapacity / 4;

  class Position {
   public:
    Position() = default;
    bool operator==(const Position&) const = default;
    // False for the end.
    explicit operator bool() const { return node_ != nullptr; }

   private:
    friend class TTree;
    Position(AvlNode* node, size_t index) : node_(static_cast<Node*>(node)), index_(index) {}
    Node* node_ = nullptr;
    size_t index_ = 0;
  };

  TTree() = default;
  TTree(TTree&& other) noexcept
      : tree_(std::move(other.tree_)), size_(std::exchange(other.size_, 0)), bytes_(std::exchange(other.bytes_, 0)) {}
  TTree& operator=(TTree&& other) noexcept {
    if (this != &other) {
      Clear();
      tree_ = std::move(other.tree_);
      size_ = std::exchange(other.size_, 0);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  TTree(const TTree&) = delete;
  ~TTree() { Clear(); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The bytes of the nodes' blocks, as allocated.
  size_t MemoryBytes() const { return bytes_; }

  // Walking. First and Last are the end when the tree is empty; Prev of the end is Last, Prev of First is the end.
  Position First() const { return Position(tree_.First(), 0); }
  Position Last() const {
    AvlNode* node = tree_.Last();
    return Position(node, node == nullptr ? 0 : node->weight - 1);
  }
  static Position End() { return Position(); }
  static const Element& At(Position position) { return position.node_->elements()[position.index_]; }
  static Position Next(Position position) {
    if (++position.index_ < position.node_->size()) return position;
    return Position(AvlTree::Next(position.node_), 0);
  }
  Position Prev(Position position) const {
    if (position.node_ == nullptr) return Last();
    if (position.index_ > 0) return Position(position.node_, position.index_ - 1);
    AvlNode* node = AvlTree::Prev(position.node_);
    return Position(node, node == nullptr ? 0 : node->weight - 1);
  }

  // Calls visit(element) for up to `count` elements from `position` on, forward or backward, and fetches elements
  // ahead. O(count). Returns how many it visited.
  template <typename Visit>
  size_t VisitForward(Position position, size_t count, Visit visit) const;
  template <typename Visit>
  size_t VisitBackward(Position position, size_t count, Visit visit) const;
  // All, in order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    VisitForward(First(), size_, visit);
  }

  // The first position whose element is not before the key, or is after it; the end when there is none.
  template <typename Key>
  Position LowerBound(const Key& key) const {
    return Bound<0>(key);
  }
  template <typename Key>
  Position UpperBound(const Key& key) const {
    return Bound<1>(key);
  }
  // The first position that holds this very element (by ==), or the end. Looks at few other elements.
  Position Find(const Element& element) const;

  // How many elements are before the position; size() for the end.
  size_t Rank(Position position) const {
    return position.node_ == nullptr ? size_ : AvlTree::Rank(position.node_) + position.index_;
  }
  // The position with this rank; the end when rank >= size().
  Position Select(size_t rank) const {
    AvlNode* node = tree_.Select(&rank);
    return Position(node, node == nullptr ? 0 : rank);
  }

  // Adds the element, after those equal to it. Returns its position.
  Position Insert(const Element& element);
  // Puts an element that compares equal into the place of another (its data moved, say). O(1).
  static void Replace(Position position, const Element& element) {
    position.node_->elements()[position.index_] = element;
    if (position.index_ == 0) RefreshPrefix(position.node_);
  }
  void EraseAt(Position position);
  // Erases this very element (by ==). Returns whether it was there.
  bool Erase(const Element& element) {
    const Position position = Find(element);
    if (position) EraseAt(position);
    return static_cast<bool>(position);
  }
  // Erases `count` elements from `rank` on, and calls visit(element) for each, in order; visit may free what it points
  // to. O(log n + count), and a factor log n for each node.
  template <typename Visit>
  size_t EraseRange(size_t rank, size_t count, Visit visit);
  // Frees the nodes; visit elements before, to free what they point to. O(n).
  void Clear();
  // Replaces the content by the `count` elements that next() returns in order. O(n).
  template <typename NextElement>
  void BuildFromSorted(size_t count, NextElement next);

  // Aborts when an invariant is broken. O(n).
  void Validate() const;

 private:
  // Two neighbours that would fill at most this much become one.
  static constexpr size_t kMergeLimit = kCapacity * 3 / 4;
  static_assert(kMinimum >= 1 && kCapacity < 256);

  static size_t BlockBytes(size_t capacity) { return sizeof(Node) + capacity * sizeof(Element); }
  static size_t CapacityFor(size_t size) {
    const size_t bytes = (BlockBytes(size) + kBlockStep - 1) / kBlockStep * kBlockStep;
    return std::min((bytes - sizeof(Node)) / sizeof(Element), kCapacity);
  }

  static void RefreshPrefix(Node* node) {
    if constexpr (kHasPrefix) node->prefix = Traits::PrefixOf(node->elements()[0]);
  }
  static void PrefetchElement(const Element& element) {
    if constexpr (requires { Traits::Prefetch(element); }) Traits::Prefetch(element);
  }

  // Three-way comparison of the key with the first element of the node.
  template <typename Key>
  static int CompareFirst(const Key& key, const Node* node) {
    if constexpr (kHasPrefix && requires { Traits::PrefixOf(key); }) {
      const typename Traits::Prefix prefix = Traits::PrefixOf(key);
      if (prefix < node->prefix) return -1;
      if (node->prefix < prefix) return 1;
    }
    if constexpr (std::is_same_v<Key, Element>) {
      if (key == node->elements()[0]) return 0;
    }
    return Traits::Compare(key, node->elements()[0]);
  }

  // The last node whose first element is before the key, or not after it (kAfterEqual = 1); null when there is none.
  template <int kAfterEqual, typename Key>
  Node* Descend(const Key& key) const {
    return static_cast<Node*>(tree_.LastWhere(
        [&key](const AvlNode* node) { return CompareFirst(key, static_cast<const Node*>(node)) > -kAfterEqual; }));
  }

  // The first index of the node whose element is not before the key, or is after it; the first element is known to be.
  template <int kAfterEqual, typename Key>
  static size_t BoundInNode(const Node* node, const Key& key) {
    const Element* elements = node->elements();
    // The misses of a binary search wait for each other; these do not.
    for (size_t i = 1; i < node->size(); ++i) PrefetchElement(elements[i]);
    size_t low = 1, high = node->size();
    while (low < high) {
      const size_t middle = (low + high) / 2;
      const bool right = Traits::Compare(key, elements[middle]) > -kAfterEqual;
      low = right ? middle + 1 : low;
      high = right ? high : middle;
    }
    return low;
  }

  template <int kAfterEqual, typename Key>
  Position Bound(const Key& key) const {
    Node* node = Descend<kAfterEqual>(key);
    if (node == nullptr) return First();
    const size_t index = BoundInNode<kAfterEqual>(node, key);
    if (index < node->size()) return Position(node, index);
    return Position(AvlTree::Next(node), 0);
  }

  Node* Allocated(size_t capacity) {
    const size_t bytes = BlockBytes(capacity);
    Node* node = new (Allocate(bytes)) Node;
    node->weight = 0;
    node->spare = static_cast<uint8_t>(capacity);
    bytes_ += AllocationSize(bytes);
    return node;
  }
  void Free(Node* node) {
    const size_t bytes = BlockBytes(node->capacity());
    bytes_ -= AllocationSize(bytes);
    kvorum::Free(node, bytes);
  }
  static Node* NextNode(const Node* node) { return static_cast<Node*>(AvlTree::Next(node)); }
  static Node* PrevNode(const Node* node) { return static_cast<Node*>(AvlTree::Prev(node)); }

  Node* Resize(Node* node, size_t capacity);
  Node* FitTo(Node* node, size_t size);
  Node* MakeRoom(Node* node, size_t index, size_t count);
  void CloseGap(Node* node, size_t index, size_t count);
  Position InsertIntoFull(Node* node, size_t index, const Element& element);
  void RefillAfterErase(Node* node);
  void Merge(Node* left, Node* right);
  void Balance(Node* left, Node* right);

  AvlTree tree_;
  size_t size_ = 0;
  size_t bytes_ = 0;
};

template <typename Element, typename Traits>
auto TTree<Element, Traits>::Find(const Element& element) const -> Position {
  if (Node* node = Descend<1>(element)) {
    const Element* elements = node->elements();
    for (size_t i = 0; i < node->size(); ++i) {
      if (elements[i] == element) {
        // Where equal elements are allowed, an earlier node may hold the same one.
        if (i > 0 || CompareFirst(element, node) != 0) return Position(node, i);
        break;
      }
    }
  }
  for (Position position = LowerBound(element); position; position = Next(position)) {
    if (At(position) == element) return position;
    if (Traits::Compare(element, At(position)) != 0) break;
  }
  return End();
}

template <typename Element, typename Traits>
template <typename Visit>
size_t TTree<Element, Traits>::VisitForward(Position position, size_t count, Visit visit) const {
  size_t left = count;
  const Node* node = position.node_;
  size_t begin = position.index_;
  while (node != nullptr && left > 0) {
    const size_t end = std::min(node->size(), begin + left);
    for (size_t i = begin; i < end; ++i) PrefetchElement(node->elements()[i]);
    const Node* next = NextNode(node);
    for (size_t i = begin; i < end; ++i) visit(node->elements()[i]);
    left -= end - begin;
    begin = 0;
    node = next;
  }
  return count - left;
}

template <typename Element, typename Traits>
template <typename Visit>
size_t TTree<Element, Traits>::VisitBackward(Position position, size_t count, Visit visit) const {
  size_t left = count;
  const Node* node = position.node_;
  size_t end = position.index_ + 1;
  while (node != nullptr && left > 0) {
    const size_t begin = end - std::min(end, left);
    for (size_t i = end; i > begin; --i) PrefetchElement(node->elements()[i - 1]);
    const Node* prev = PrevNode(node);
    for (size_t i = end; i > begin; --i) visit(node->elements()[i - 1]);
    left -= end - begin;
    end = prev == nullptr ? 0 : prev->size();
    node = prev;
  }
  return count - left;
}

// Moves the node to a block of another capacity.
template <typename Element, typename Traits>
auto TTree<Element, Traits>::Resize(Node* node, size_t capacity) -> Node* {
  Node* moved = Allocated(capacity);
  tree_.Replace(node, moved);
  moved->weight = node->weight;
  if constexpr (kHasPrefix) moved->prefix = node->prefix;
  std::memcpy(moved->elements(), node->elements(), node->size() * sizeof(Element));
  Free(node);
  return moved;
}

// Makes the block as small as `size` elements allow.
template <typename Element, typename Traits>
auto TTree<Element, Traits>::FitTo(Node* node, size_t size) -> Node* {
  const size_t capacity = CapacityFor(size);
  return capacity == node->capacity() ? node : Resize(node, capacity);
}

// Opens a gap of `count` elements at the index, counted as held already. The node may move.
template <typename Element, typename Traits>
auto TTree<Element, Traits>::MakeRoom(Node* node, size_t index, size_t count) -> Node* {
  if (node->size() + count > node->capacity()) node = Resize(node, CapacityFor(node->size() + count));
  Element* elements = node->elements();
  std::memmove(elements + index + count, elements + index, (node->size() - index) * sizeof(Element));
  tree_.AddWeight(node, static_cast<int>(count));
  return node;
}

template <typename Element, typename Traits>
void TTree<Element, Traits>::CloseGap(Node* node, size_t index, size_t count) {
  Element* elements = node->elements();
  std::memmove(elements + index, elements + index + count, (node->size() - index - count) * sizeof(Element));
  tree_.AddWeight(node, -static_cast<int>(count));
  if (index == 0 && node->size() > 0) RefreshPrefix(node);
}

template <typename Element, typename Traits>
auto TTree<Element, Traits>::Insert(const Element& element) -> Position {
  CHECK(size_ < UINT32_MAX);
  Node* node = Descend<1>(element);
  size_t index = 0;
  if (node != nullptr) {
    index = BoundInNode<1>(node, element);
  } else {
    node = static_cast<Node*>(tree_.First());
  }
  ++size_;
  if (node == nullptr || node->size() == kCapacity) return InsertIntoFull(node, index, element);
  node = MakeRoom(node, index, 1);
  node->elements()[index] = element;
  if (index == 0) RefreshPrefix(node);
  return Position(node, index);
}

// Also for an empty tree, with node == null.
template <typename Element, typename Traits>
auto TTree<Element, Traits>::InsertIntoFull(Node* node, size_t index, const Element& element) -> Position {
  // Growing at an end begins a new node, so that ascending or descending input leaves full ones behind.
  const bool after_last = node == nullptr || (index == kCapacity && NextNode(node) == nullptr);
  if (after_last || (index == 0 && PrevNode(node) == nullptr)) {
    Node* single = Allocated(CapacityFor(1));
    single->weight = 1;
    single->elements()[0] = element;
    RefreshPrefix(single);
    if (after_last) {
      tree_.LinkAfter(single, node);
    } else {
      tree_.LinkBefore(single, node);
    }
    return Position(single, 0);
  }

  const size_t keep = kCapacity / 2;
  const size_t move = kCapacity - keep;
  const bool into_right = index > keep;
  Node* right = Allocated(CapacityFor(move + into_right));
  std::memcpy(right->elements(), node->elements() + keep, move * sizeof(Element));
  RefreshPrefix(right);
  tree_.AddWeight(node, -static_cast<int>(move));
  right->weight = static_cast<uint16_t>(move);
  tree_.LinkAfter(right, node);
  node = FitTo(node, keep + !into_right);
  if (into_right) {
    node = right;
    index -= keep;
  }
  node = MakeRoom(node, index, 1);
  node->elements()[index] = element;
  if (index == 0) RefreshPrefix(node);
  return Position(node, index);
}

template <typename Element, typename Traits>
void TTree<Element, Traits>::EraseAt(Position position) {
  --size_;
  CloseGap(position.node_, position.index_, 1);
  RefillAfterErase(position.node_);
}

template <typename Element, typename Traits>
template <typename Visit>
size_t TTree<Element, Traits>::EraseRange(size_t rank, size_t count, Visit visit) {
  size_t erased = 0;
  while (erased < count) {
    const Position position = Select(rank);
    if (!position) break;
    Node* node = position.node_;
    const size_t index = position.index_;
    const size_t here = std::min(count - erased, node->size() - index);
    for (size_t i = index; i < index + here; ++i) PrefetchElement(node->elements()[i]);
    for (size_t i = index; i < index + here; ++i) visit(node->elements()[i]);
    size_ -= here;
    erased += here;
    CloseGap(node, index, here);
    RefillAfterErase(node);
  }
  return erased;
}

// Restores the rule on small nodes. Those at the ends may be small: there queues grow and drain.
template <typename Element, typename Traits>
void TTree<Element, Traits>::RefillAfterErase(Node* node) {
  if (node->size() == 0) {
    tree_.Unlink(node);
    Free(node);
    return;
  }
  if (node->size() < kMinimum) {
    Node* next = NextNode(node);
    Node* prev = PrevNode(node);
    if (next != nullptr && node->size() + next->size() <= kMergeLimit) return Merge(node, next);
    if (prev != nullptr && prev->size() + node->size() <= kMergeLimit) return Merge(prev, node);
    if (next != nullptr && prev != nullptr) return Balance(node, next);
  }
  // Shrinks only when two steps are free, so that an insert does not grow it again at once.
  if (BlockBytes(node->capacity()) >= BlockBytes(node->size()) + 2 * kBlockStep) FitTo(node, node->size());
}

// Joins neighbours. The one that lacks a child on the other's side leaves: of two neighbours, one does.
template <typename Element, typename Traits>
void TTree<Element, Traits>::Merge(Node* left, Node* right) {
  Node* gone = left->child[1] == nullptr ? left : right;
  Node* kept = gone == left ? right : left;
  tree_.Unlink(gone);
  const size_t index = gone == left ? 0 : kept->size();
  kept = MakeRoom(kept, index, gone->size());
  std::memcpy(kept->elements() + index, gone->elements(), gone->size() * sizeof(Element));
  if (index == 0) RefreshPrefix(kept);
  Free(gone);
}

// Moves elements between neighbours until they hold the same number.
template <typename Element, typename Traits>
void TTree<Element, Traits>::Balance(Node* left, Node* right) {
  const size_t target = (left->size() + right->size()) / 2;
  if (left->size() < target) {
    const size_t count = target - left->size();
    const size_t end = left->size();
    left = MakeRoom(left, end, count);
    std::memcpy(left->elements() + end, right->elements(), count * sizeof(Element));
    CloseGap(right, 0, count);
    FitTo(right, right->size());
  } else {
    const size_t count = left->size() - target;
    right = MakeRoom(right, 0, count);
    std::memcpy(right->elements(), left->elements() + target, count * sizeof(Element));
    RefreshPrefix(right);
    CloseGap(left, target, count);
    FitTo(left, left->size());
  }
}

template <typename Element, typename Traits>
void TTree<Element, Traits>::Clear() {
  // Children are freed first; a freed one is forgotten by its parent.
  AvlNode* node = tree_.root();
  while (node != nullptr) {
    if (node->child[0] != nullptr) {
      node = std::exchange(node->child[0], nullptr);
    } else if (node->child[1] != nullptr) {
      node = std::exchange(node->child[1], nullptr);
    } else {
      AvlNode* parent = node->parent;
      Free(static_cast<Node*>(node));
      node = parent;
    }
  }
  tree_.Forget();
  size_ = 0;
}

template <typename Element, typename Traits>
template <typename NextElement>
void TTree<Element, Traits>::BuildFromSorted(size_t count, NextElement next) {
  CHECK(count <= UINT32_MAX);
  Clear();
  // Nearly full: room for a few inserts before the first splits.
  constexpr size_t kFill = kCapacity - kCapacity / 8;
  const size_t nodes = (count + kFill - 1) / kFill;
  size_t nodes_left = nodes;
  size_t left = count;
  tree_.Build(nodes, [&] {
    const size_t here = (left + nodes_left - 1) / nodes_left;
    Node* node = Allocated(CapacityFor(here));
    for (size_t i = 0; i < here; ++i) node->elements()[i] = next();
    node->weight = static_cast<uint16_t>(here);
    RefreshPrefix(node);
    left -= here;
    --nodes_left;
    return node;
  });
  size_ = count;
}

template <typename Element, typename Traits>
void TTree<Element, Traits>::Validate() const {
  tree_.Validate();
  size_t size = 0, bytes = 0;
  const Element* before = nullptr;
  for (AvlNode* link = tree_.First(); link != nullptr; link = AvlTree::Next(link)) {
    const Node* node = static_cast<const Node*>(link);
    CHECK(node->size() >= 1 && node->size() <= node->capacity() && node->capacity() <= kCapacity);
    CHECK(node->size() >= kMinimum || AvlTree::Next(link) == nullptr || AvlTree::Prev(link) == nullptr);
    if constexpr (kHasPrefix) CHECK(node->prefix == Traits::PrefixOf(node->elements()[0]));
    for (size_t i = 0; i < node->size(); ++i) {
      const Element* element = &node->elements()[i];
      if (before != nullptr) {
        CHECK(Traits::Compare(*before, *element) <= 0);
        if constexpr (kHasPrefix) CHECK(!(Traits::PrefixOf(*element) < Traits::PrefixOf(*before)));
      }
      before = element;
    }
    size += node->size();
    bytes += AllocationSize(BlockBytes(node->capacity()));
  }
  CHECK(size == size_);
  CHECK(bytes == bytes_);
}

}  // namespace kvorum
