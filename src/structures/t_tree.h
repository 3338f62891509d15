// A T-tree: an AVL tree whose nodes hold small sorted arrays (Lehman and Carey, "A Study of Index Structures for Main
// Memory Database Management Systems", VLDB 1986). Sorted sets, deadlines and whatever else is ordered live on it. A
// multiset: equal elements keep the order of their insertion.
//
// Deviations from the paper: a search compares with a node's first element only, and settles on the last node whose
// first element is not beyond the key; nodes know the number of elements to their left (AvlTree), for rank and select;
// arrays grow in steps, so half-full nodes cost little; an overflowing node splits instead of pushing its least element
// down.
//
// Traits:
//   static int Compare(const Element& or const Key& a, const Element& b);  three-way
//   static double or integer PrefixOf(const Element& or const Key&);  optional. a < b only if PrefixOf(a) <= PrefixOf(b). Nodes
//       keep the prefix of their first element, so that descending need not look at elements (each look is a cache miss when
//       elements are pointers). A Key without a PrefixOf works, and looks at elements.
//   static void Prefetch(const Element&);  for elements that point to their data. With PrefixOf, nodes then also keep two bytes
//       of each element's prefix (structures/t_tree_node.h).
// A key's Compare and PrefixOf must agree with the order of the elements.
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
#include "base/prefetch.h"
#include "structures/avl_tree.h"
#include "structures/t_tree_node.h"

namespace kvorum {

template <typename Element, typename Traits>
class TTree {
  using Node = TTreeNode<Element, Traits>;

 public:
  static constexpr size_t kCapacity = Node::CapacityFor(Node::kMaxBlockBytes / sizeof(Element));
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

  // A search in steps, that only brings what it touches towards the caches. Several, a step each in turn, wait for memory
  // together instead of one after another.
  class Warmup {
   public:
    // False when there is nothing left to do.
    bool Step();

   private:
    friend class TTree;
    Warmup(const AvlNode* node, uint64_t image) : node_(node), image_(image) {}
    const AvlNode* node_;
    uint64_t image_;
    const AvlNode* best_ = nullptr;
    bool tags_fetched_ = false;
  };

  // The same for Select and a walk over up to `count` elements from there.
  class RankWarmup {
   public:
    bool Step();

   private:
    friend class TTree;
    RankWarmup(const AvlNode* node, size_t rank, size_t count) : node_(node), rank_(rank), count_(count) {}
    const AvlNode* node_;
    size_t rank_;  // in the node's subtree, then in the node
    size_t count_;
    bool found_ = false;
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

  // For a key with a prefix. It ends at the next change of the tree.
  template <typename Key>
  Warmup StartWarmup(const Key& key) const {
    return Warmup(tree_.root(), Node::ImageOf(key));
  }

  RankWarmup StartRankWarmup(size_t rank, size_t count) const { return RankWarmup(tree_.root(), rank, count); }

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
  // Puts an element into the place of another: its data moved, or changed so little that its order among its neighbours is
  // the same. The old one is not looked at. O(1).
  static void Replace(Position position, const Element& element) { position.node_->Set(position.index_, element); }
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

  // The last node whose first element is before the key, or not after it (kAfterEqual = 1); null when there is none.
  template <int kAfterEqual, typename Key>
  Node* Descend(const Key& key) const {
    if constexpr (Node::template kKeyHasPrefix<Key>) {
      const uint64_t image = Node::ImageOf(key);
      return static_cast<Node*>(tree_.LastWhere([&key, image](const AvlNode* link) {
        const Node* node = static_cast<const Node*>(link);
        // Elements are looked at only when the prefix does not tell.
        if (__builtin_expect(node->prefix == image, 0)) return node->CompareFirst(key) > -kAfterEqual;
        return node->prefix < image;
      }));
    } else {
      return static_cast<Node*>(tree_.LastWhere(
          [&key](const AvlNode* node) { return static_cast<const Node*>(node)->CompareFirst(key) > -kAfterEqual; }));
    }
  }

  template <int kAfterEqual, typename Key>
  Position Bound(const Key& key) const {
    Node* node = Descend<kAfterEqual>(key);
    if (node == nullptr) return First();
    const size_t index = node->template Bound<kAfterEqual>(key);
    if (index < node->size()) return Position(node, index);
    return Position(AvlTree::Next(node), 0);
  }

  Node* Allocated(size_t capacity) {
    const size_t bytes = Node::BlockBytes(capacity);
    Node* node = new (Allocate(bytes)) Node;
    node->weight = 0;
    node->set_capacity(capacity);
    bytes_ += AllocationSize(bytes);
    return node;
  }
  // One that holds the element, unlinked.
  Node* Single(const Element& element) {
    Node* node = Allocated(Node::CapacityFor(1));
    node->weight = 1;
    node->elements()[0] = element;
    node->RefreshPrefix();
    node->Retag();
    return node;
  }
  void Free(Node* node) {
    const size_t bytes = Node::BlockBytes(node->capacity());
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
    const size_t index = node->IndexOf(element);
    // Where equal elements are allowed, an earlier node may hold the same one.
    if (index < node->size() && (index > 0 || node->CompareFirst(element) != 0)) return Position(node, index);
  }
  for (Position position = LowerBound(element); position; position = Next(position)) {
    if (At(position) == element) return position;
    if (Traits::Compare(element, At(position)) != 0) break;
  }
  return End();
}

template <typename Element, typename Traits>
bool TTree<Element, Traits>::Warmup::Step() {
  if (node_ != nullptr) {
    const bool right = static_cast<const Node*>(node_)->prefix <= image_;
    best_ = right ? node_ : best_;
    node_ = node_->child[right];
    if (node_ != nullptr) {
      PrefetchLine(node_);
      return true;
    }
  }
  if (best_ == nullptr) return false;
  const Node* node = static_cast<const Node*>(best_);
  if constexpr (Node::kHasTags) {
    if (!tags_fetched_) {
      tags_fetched_ = true;
      for (const uint16_t* tags = node->tags(); tags < node->tags() + node->size(); tags += 32) PrefetchLine(tags);
      return true;
    }
    PrefetchLine(node->elements() + node->UndecidedByTag(image_).begin);
  } else {
    PrefetchLine(node->elements() + node->size() / 2);
  }
  best_ = nullptr;
  return false;
}

template <typename Element, typename Traits>
bool TTree<Element, Traits>::RankWarmup::Step() {
  if (node_ == nullptr) return false;
  const Node* node = static_cast<const Node*>(node_);
  if (found_) {
    const size_t end = std::min(node->size(), rank_ + count_);
    for (size_t i = rank_; i < end; ++i) Node::Prefetch(node->elements()[i]);
    return false;
  }
  if (rank_ < node_->left_weight) {
    node_ = node_->child[0];
  } else if (rank_ - node_->left_weight < node_->weight) {
    rank_ -= node_->left_weight;
    found_ = true;
    const Element* elements = node->elements();
    const size_t end = std::min(node->size(), rank_ + count_);
    for (size_t i = rank_; i < end; i += 8) PrefetchLine(elements + i);
    return true;
  } else {
    rank_ -= node_->left_weight + node_->weight;
    node_ = node_->child[1];
  }
  PrefetchLine(node_);
  return true;
}

template <typename Element, typename Traits>
template <typename Visit>
size_t TTree<Element, Traits>::VisitForward(Position position, size_t count, Visit visit) const {
  size_t left = count;
  const Node* node = position.node_;
  size_t begin = position.index_;
  while (node != nullptr && left > 0) {
    const size_t end = std::min(node->size(), begin + left);
    for (size_t i = begin; i < end; ++i) Node::Prefetch(node->elements()[i]);
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
    for (size_t i = end; i > begin; --i) Node::Prefetch(node->elements()[i - 1]);
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
  if constexpr (Node::kHasPrefix) moved->prefix = node->prefix;
  moved->CopyTagRule(*node);
  moved->Copy(0, *node, 0, node->size());
  Free(node);
  return moved;
}

// Makes the block as small as `size` elements allow.
template <typename Element, typename Traits>
auto TTree<Element, Traits>::FitTo(Node* node, size_t size) -> Node* {
  const size_t capacity = Node::CapacityFor(size);
  return capacity == node->capacity() ? node : Resize(node, capacity);
}

// Opens a gap of `count` elements at the index, counted as held already. The node may move.
template <typename Element, typename Traits>
auto TTree<Element, Traits>::MakeRoom(Node* node, size_t index, size_t count) -> Node* {
  if (node->size() + count > node->capacity()) node = Resize(node, Node::CapacityFor(node->size() + count));
  node->Shift(index + count, index, node->size() - index);
  tree_.AddWeight(node, static_cast<int>(count));
  return node;
}

template <typename Element, typename Traits>
void TTree<Element, Traits>::CloseGap(Node* node, size_t index, size_t count) {
  node->Shift(index, index + count, node->size() - index - count);
  tree_.AddWeight(node, -static_cast<int>(count));
  if (index == 0 && node->size() > 0) node->RefreshPrefix();
}

template <typename Element, typename Traits>
auto TTree<Element, Traits>::Insert(const Element& element) -> Position {
  CHECK(size_ < UINT32_MAX);
  Node* node = Descend<1>(element);
  size_t index = 0;
  if (node != nullptr) {
    index = node->template Bound<1>(element);
  } else {
    node = static_cast<Node*>(tree_.First());
  }
  ++size_;
  if (node == nullptr || node->size() == kCapacity) return InsertIntoFull(node, index, element);
  const bool grows = node->size() == node->capacity();
  node = MakeRoom(node, index, 1);
  node->Set(index, element);
  if (grows && node->IsClumpedAt(index)) node->Retag();
  return Position(node, index);
}

// Also for an empty tree, with node == null.
template <typename Element, typename Traits>
auto TTree<Element, Traits>::InsertIntoFull(Node* node, size_t index, const Element& element) -> Position {
  // Growing at an end begins a new node, so that ascending or descending input leaves full ones behind.
  if (node == nullptr || (index == kCapacity && NextNode(node) == nullptr)) {
    Node* single = Single(element);
    tree_.LinkAfter(single, node);
    return Position(single, 0);
  }
  if (index == 0 && PrevNode(node) == nullptr) {
    Node* single = Single(element);
    tree_.LinkBefore(single, node);
    return Position(single, 0);
  }

  const size_t keep = kCapacity / 2;
  const size_t move = kCapacity - keep;
  const bool into_right = index > keep;
  Node* right = Allocated(Node::CapacityFor(move + into_right));
  right->CopyTagRule(*node);
  right->Copy(0, *node, keep, move);
  right->weight = static_cast<uint8_t>(move);
  right->RefreshPrefix();
  tree_.AddWeight(node, -static_cast<int>(move));
  tree_.LinkAfter(right, node);
  node = FitTo(node, keep + !into_right);
  if (node->TagsAreCoarse()) node->Retag();
  if (right->TagsAreCoarse()) right->Retag();
  if (into_right) {
    node = right;
    index -= keep;
  }
  node = MakeRoom(node, index, 1);
  node->Set(index, element);
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
    for (size_t i = index; i < index + here; ++i) Node::Prefetch(node->elements()[i]);
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
  if (Node::BlockBytes(node->capacity()) >= Node::BlockBytes(node->size()) + 2 * Node::kBlockStep)
    FitTo(node, node->size());
}

// Joins neighbours. The one that lacks a child on the other's side leaves: of two neighbours, one does.
template <typename Element, typename Traits>
void TTree<Element, Traits>::Merge(Node* left, Node* right) {
  Node* gone = left->child[1] == nullptr ? left : right;
  Node* kept = gone == left ? right : left;
  tree_.Unlink(gone);
  const size_t index = gone == left ? 0 : kept->size();
  kept = MakeRoom(kept, index, gone->size());
  kept->Copy(index, *gone, 0, gone->size());
  kept->RefreshPrefix();
  kept->Retag();
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
    left->Copy(end, *right, 0, count);
    left->Retag();
    CloseGap(right, 0, count);
    FitTo(right, right->size());
  } else {
    const size_t count = left->size() - target;
    right = MakeRoom(right, 0, count);
    right->Copy(0, *left, target, count);
    right->RefreshPrefix();
    right->Retag();
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
    Node* node = Allocated(Node::CapacityFor(here));
    for (size_t i = 0; i < here; ++i) node->elements()[i] = next();
    node->weight = static_cast<uint8_t>(here);
    node->RefreshPrefix();
    node->Retag();
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
    if constexpr (Node::kHasPrefix) CHECK(node->prefix == Node::ImageOf(node->elements()[0]));
    for (size_t i = 0; i < node->size(); ++i) {
      const Element* element = &node->elements()[i];
      if (before != nullptr) {
        CHECK(Traits::Compare(*before, *element) <= 0);
        if constexpr (Node::kHasPrefix) CHECK(Node::ImageOf(*before) <= Node::ImageOf(*element));
      }
      if constexpr (Node::kHasTags) CHECK(node->tags()[i] == node->TagOf(Node::ImageOf(*element)));
      before = element;
    }
    size += node->size();
    bytes += AllocationSize(Node::BlockBytes(node->capacity()));
  }
  CHECK(size == size_);
  CHECK(bytes == bytes_);
}

}  // namespace kvorum
