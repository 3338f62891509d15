// An intrusive AVL tree (Adelson-Velsky and Landis, 1962) of weighted nodes, kept by position.
//
// The tree links nodes that its user owns and allocates, and knows no keys: a node is linked beside another one, and a
// search is a descent steered by a predicate. Each node carries a weight (how many elements it stands for), and each
// knows the weight of its left subtree, so that the rank of a node and the node at a rank cost O(log n). Why the left
// subtree's weight and not the whole subtree's: a descent by rank then reads one cache line a level, and a rotation
// changes one number.
//
// The plain ordered tree is one of these with weight 1 and the element beside the node; TTree (structures/t_tree.h)
// holds a small sorted array in each node.
//
// Threads: one at a time. Ownership: the user's; a node must stay at its address while linked (Replace moves it).
// Invariants (Validate): heights of siblings differ by at most one; height, left_weight and parent are exact.
// Complexity: O(log n) each, First, Last, Next and Prev O(1) amortized over a whole walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/prefetch.h"

namespace kvorum {

struct AvlNode {
  AvlNode* child[2];  // Left, right.
  AvlNode* parent;
  uint32_t left_weight;  // The sum of the weights in the left subtree.
  uint8_t weight;
  uint8_t height;    // 1 for a leaf.
  uint8_t spare[2];  // The user's own.
};

class AvlTree {
 public:
  AvlTree() = default;
  AvlTree(AvlTree&& other) noexcept : root_(std::exchange(other.root_, nullptr)) {}
  AvlTree& operator=(AvlTree&& other) noexcept {
    root_ = std::exchange(other.root_, nullptr);
    return *this;
  }

  bool empty() const { return root_ == nullptr; }
  AvlNode* root() const { return root_; }
  AvlNode* First() const { return End(0); }
  AvlNode* Last() const { return End(1); }
  static AvlNode* Next(const AvlNode* node) { return Neighbor(node, 1); }
  static AvlNode* Prev(const AvlNode* node) { return Neighbor(node, 0); }

  // The last node for which `goes_right` holds, or null. It must hold for a prefix of the nodes, in order.
  template <typename GoesRight>
  AvlNode* LastWhere(GoesRight goes_right) const {
    AvlNode* best = nullptr;
    for (AvlNode* node = root_; node != nullptr;) {
      PrefetchLine(node->child[0]);
      PrefetchLine(node->child[1]);
      const bool right = goes_right(node);
      best = right ? node : best;
      node = node->child[right];
    }
    return best;
  }

  // The weight before the node.
  static size_t Rank(const AvlNode* node) {
    size_t rank = node->left_weight;
    for (const AvlNode* parent = node->parent; parent != nullptr; node = parent, parent = parent->parent) {
      if (node == parent->child[1]) rank += parent->left_weight + parent->weight;
    }
    return rank;
  }

  // The node that holds the element at `rank`, which becomes the element's index in it; null when rank is past the end.
  AvlNode* Select(size_t* rank) const {
    AvlNode* node = root_;
    while (node != nullptr) {
      if (*rank < node->left_weight) {
        node = node->child[0];
      } else if (*rank - node->left_weight < node->weight) {
        *rank -= node->left_weight;
        return node;
      } else {
        *rank -= node->left_weight + node->weight;
        node = node->child[1];
      }
    }
    return nullptr;
  }

  // Link `node`, whose weight is set, directly after or before `where`; where == null means at that end of the tree.
  void LinkAfter(AvlNode* node, AvlNode* where) { LinkBeside(node, where, 1); }
  void LinkBefore(AvlNode* node, AvlNode* where) { LinkBeside(node, where, 0); }
  void Unlink(AvlNode* node);

  // Puts `to`, whose weight must be the same, into the place of `from`.
  void Replace(const AvlNode* from, AvlNode* to);

  // Changes the weight of a linked node.
  void AddWeight(AvlNode* node, int delta) {
    node->weight = static_cast<uint8_t>(node->weight + delta);
    AddWeightAbove(node, delta);
  }

  // Replaces the content by the `count` nodes, weights set, that `next` returns in order. O(count).
  template <typename NextNode>
  void Build(size_t count, NextNode next) {
    size_t weight = 0;
    root_ = BuildSubtree(count, &next, &weight);
    if (root_ != nullptr) root_->parent = nullptr;
  }

  void Forget() { root_ = nullptr; }

  // Aborts when an invariant is broken. O(n).
  void Validate() const;

 private:
  AvlNode* End(int side) const {
    AvlNode* node = root_;
    while (node != nullptr && node->child[side] != nullptr) node = node->child[side];
    return node;
  }

  static AvlNode* Neighbor(const AvlNode* node, int side) {
    if (AvlNode* next = node->child[side]) {
      while (next->child[1 - side] != nullptr) next = next->child[1 - side];
      return next;
    }
    AvlNode* parent = node->parent;
    while (parent != nullptr && node == parent->child[side]) {
      node = parent;
      parent = parent->parent;
    }
    return parent;
  }

  static void AddWeightAbove(const AvlNode* node, int delta) {
    for (AvlNode* parent = node->parent; parent != nullptr; node = parent, parent = parent->parent) {
      parent->left_weight += node == parent->child[0] ? static_cast<uint32_t>(delta) : 0;
    }
  }

  template <typename NextNode>
  AvlNode* BuildSubtree(size_t count, NextNode* next, size_t* weight) {
    if (count == 0) return nullptr;
    size_t left_weight = 0, right_weight = 0;
    AvlNode* left = BuildSubtree((count - 1) / 2, next, &left_weight);
    AvlNode* node = (*next)();
    AvlNode* right = BuildSubtree(count / 2, next, &right_weight);
    node->child[0] = left;
    node->child[1] = right;
    if (left != nullptr) left->parent = node;
    if (right != nullptr) right->parent = node;
    node->left_weight = static_cast<uint32_t>(left_weight);
    UpdateHeight(node);
    *weight = left_weight + node->weight + right_weight;
    return node;
  }

  static int Height(const AvlNode* node) { return node == nullptr ? 0 : node->height; }
  static void UpdateHeight(AvlNode* node);
  void LinkBeside(AvlNode* node, AvlNode* where, int side);
  void SetChild(AvlNode* parent, const AvlNode* old_child, AvlNode* new_child);
  AvlNode* Rotate(AvlNode* node, int side);
  void Rebalance(AvlNode* node);

  AvlNode* root_ = nullptr;
};

}  // namespace kvorum
