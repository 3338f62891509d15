#include "structures/avl_tree.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace kvorum {
namespace {

struct Item : AvlNode {
  int name;
};

// The tree beside a vector of the same items in the same order.
struct Model {
  AvlTree tree;
  std::vector<std::unique_ptr<Item>> items;

  Item* Link(size_t at, int name, uint8_t weight, bool after) {
    auto item = std::make_unique<Item>();
    item->name = name;
    item->weight = weight;
    Item* raw = item.get();
    if (after) {
      tree.LinkAfter(raw, at == 0 ? nullptr : items[at - 1].get());
      if (at == 0) at = items.size();
    } else {
      tree.LinkBefore(raw, at == items.size() ? nullptr : items[at].get());
      if (at == items.size()) at = 0;
    }
    items.insert(items.begin() + static_cast<std::ptrdiff_t>(at), std::move(item));
    return raw;
  }

  void Unlink(size_t at) {
    tree.Unlink(items[at].get());
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void Compare() const {
    tree.Validate();
    AvlNode* node = tree.First();
    AvlNode* before = nullptr;
    size_t rank = 0;
    for (const auto& item : items) {
      ASSERT_EQ(node, item.get());
      ASSERT_EQ(AvlTree::Prev(node), before);
      ASSERT_EQ(AvlTree::Rank(node), rank);
      for (size_t i = 0; i < item->weight; i += 2) {
        size_t index = rank + i;
        ASSERT_EQ(tree.Select(&index), node);
        ASSERT_EQ(index, i);
      }
      rank += item->weight;
      before = node;
      node = AvlTree::Next(node);
    }
    ASSERT_EQ(node, nullptr);
    ASSERT_EQ(tree.Last(), before);
    ASSERT_EQ(tree.Select(&rank), nullptr);
  }
};

TEST(AvlTreeTest, AnEmptyTreeHasNoNodes) {
  AvlTree tree;
  size_t rank = 0;
  EXPECT_TRUE(tree.empty());
  EXPECT_EQ(tree.First(), nullptr);
  EXPECT_EQ(tree.Last(), nullptr);
  EXPECT_EQ(tree.Select(&rank), nullptr);
  tree.Validate();
}

TEST(AvlTreeTest, RandomLinksAndUnlinksMatchAVector) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  Model model;
  for (int step = 0; step < 3000; ++step) {
    const bool shrinking = (step / 500) % 2 == 1;
    if (!model.items.empty() && random() % 10 < (shrinking ? 8u : 3u)) {
      model.Unlink(random() % model.items.size());
    } else {
      model.Link(random() % (model.items.size() + 1), step, static_cast<uint8_t>(random() % 5), random() % 2 == 0);
    }
    if (!model.items.empty() && random() % 4 == 0) {
      Item* item = model.items[random() % model.items.size()].get();
      model.tree.AddWeight(item, item->weight == 0 ? 3 : -1);
    }
    if (!model.items.empty() && random() % 4 == 0) {
      auto& item = model.items[random() % model.items.size()];
      auto moved = std::make_unique<Item>(*item);
      model.tree.Replace(item.get(), moved.get());
      item = std::move(moved);
    }
    if (step % 20 == 0) model.Compare();
    if (HasFatalFailure()) return;
  }
  while (!model.items.empty()) model.Unlink(random() % model.items.size());
  model.Compare();
}

TEST(AvlTreeTest, AscendingAndDescendingLinksStayBalanced) {
  for (const bool after : {true, false}) {
    Model model;
    for (int i = 0; i < 1000; ++i) model.Link(after ? 0 : model.items.size(), i, 1, after);
    model.Compare();
    EXPECT_EQ(model.tree.root()->height, 10);
  }
}

TEST(AvlTreeTest, LastWhereFindsTheLastOfAPrefix) {
  Model model;
  for (int i = 0; i < 100; ++i) model.Link(0, i, 1, true);
  for (int limit = -1; limit <= 100; ++limit) {
    AvlNode* node = model.tree.LastWhere([&](const AvlNode* n) { return static_cast<const Item*>(n)->name <= limit; });
    if (limit < 0) {
      EXPECT_EQ(node, nullptr);
    } else {
      EXPECT_EQ(static_cast<Item*>(node)->name, std::min(limit, 99));
    }
  }
}

TEST(AvlTreeTest, BuildsBalancedFromSorted) {
  for (size_t count : {0u, 1u, 2u, 3u, 7u, 8u, 100u}) {
    Model model;
    model.tree.Build(count, [&] {
      model.items.push_back(std::make_unique<Item>());
      model.items.back()->weight = 3;
      return model.items.back().get();
    });
    model.Compare();
  }
}

}  // namespace
}  // namespace kvorum
