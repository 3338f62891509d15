#include "structures/avl_tree.h"

#include <algorithm>

#include "base/check.h"

namespace kvorum {

void AvlTree::UpdateHeight(AvlNode* node) {
  node->height = static_cast<uint8_t>(1 + std::max(Height(node->child[0]), Height(node->child[1])));
}

void AvlTree::SetChild(AvlNode* parent, const AvlNode* old_child, AvlNode* new_child) {
  if (parent == nullptr) {
    root_ = new_child;
  } else {
    parent->child[parent->child[1] == old_child] = new_child;
  }
}

// Lowers `node` to `side`; its child of the other side takes its place and is returned.
AvlNode* AvlTree::Rotate(AvlNode* node, int side) {
  AvlNode* up = node->child[1 - side];
  AvlNode* inner = up->child[side];
  SetChild(node->parent, node, up);
  up->parent = node->parent;
  up->child[side] = node;
  node->parent = up;
  node->child[1 - side] = inner;
  if (inner != nullptr) inner->parent = node;
  if (side == 0) {
    up->left_weight += node->left_weight + node->weight;
  } else {
    node->left_weight -= up->left_weight + up->weight;
  }
  UpdateHeight(node);
  UpdateHeight(up);
  return up;
}

// Restores heights and balance from `node` upwards, after one of its subtrees changed its height by one.
void AvlTree::Rebalance(AvlNode* node) {
  while (node != nullptr) {
    const int old_height = node->height;
    const int lean = Height(node->child[1]) - Height(node->child[0]);
    if (lean < -1 || lean > 1) {
      const int heavy = lean > 0;
      AvlNode* child = node->child[heavy];
      if (Height(child->child[1 - heavy]) > Height(child->child[heavy])) Rotate(child, heavy);
      node = Rotate(node, 1 - heavy);
    } else {
      UpdateHeight(node);
    }
    if (node->height == old_height) return;
    node = node->parent;
  }
}

void AvlTree::LinkBeside(AvlNode* node, AvlNode* where, int side) {
  node->child[0] = node->child[1] = nullptr;
  node->left_weight = 0;
  node->height = 1;
  if (where == nullptr) {
    where = End(side);
  } else if (where->child[side] != nullptr) {
    where = Neighbor(where, side);
    side = 1 - side;
  }
  node->parent = where;
  if (where == nullptr) {
    root_ = node;
    return;
  }
  where->child[side] = node;
  AddWeightAbove(node, node->weight);
  Rebalance(where);
}

void AvlTree::Unlink(AvlNode* node) {
  if (node->child[0] != nullptr && node->child[1] != nullptr) {
    // The successor has no left child, so it is easily taken out; then it stands in for the node.
    AvlNode* successor = Neighbor(node, 1);
    Unlink(successor);
    Replace(node, successor);
    AddWeightAbove(successor, static_cast<int>(successor->weight) - static_cast<int>(node->weight));
    return;
  }
  AddWeightAbove(node, -static_cast<int>(node->weight));
  AvlNode* child = node->child[node->child[0] == nullptr];
  AvlNode* parent = node->parent;
  SetChild(parent, node, child);
  if (child != nullptr) child->parent = parent;
  Rebalance(parent);
}

void AvlTree::Replace(const AvlNode* from, AvlNode* to) {
  to->child[0] = from->child[0];
  to->child[1] = from->child[1];
  to->parent = from->parent;
  to->left_weight = from->left_weight;
  to->height = from->height;
  SetChild(to->parent, from, to);
  if (to->child[0] != nullptr) to->child[0]->parent = to;
  if (to->child[1] != nullptr) to->child[1]->parent = to;
}

namespace {

// Returns the weight of the subtree.
size_t ValidateSubtree(const AvlNode* node, const AvlNode* parent) {
  if (node == nullptr) return 0;
  CHECK(node->parent == parent);
  const size_t left_weight = ValidateSubtree(node->child[0], node);
  const size_t right_weight = ValidateSubtree(node->child[1], node);
  CHECK(node->left_weight == left_weight);
  const int left_height = node->child[0] == nullptr ? 0 : node->child[0]->height;
  const int right_height = node->child[1] == nullptr ? 0 : node->child[1]->height;
  CHECK(left_height - right_height >= -1 && left_height - right_height <= 1);
  CHECK(node->height == 1 + std::max(left_height, right_height));
  return left_weight + node->weight + right_weight;
}

}  // namespace

void AvlTree::Validate() const { ValidateSubtree(root_, nullptr); }

}  // namespace kvorum
