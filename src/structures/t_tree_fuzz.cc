// Bytes are operations on a TTree and on a std::multiset, which must agree. Few distinct keys, so that equal elements
// and equal prefixes are common.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>

#include "base/check.h"
#include "structures/t_tree.h"

namespace {

struct Pair {
  uint16_t key;
  uint16_t name;
  bool operator==(const Pair&) const = default;
  bool operator<(const Pair& other) const { return key != other.key ? key < other.key : name < other.name; }
};

struct Traits {
  // Coarser than the order, so that whole elements must be looked at too.
  static double PrefixOf(const Pair& pair) { return pair.key / 4 - 5000; }
  // Nothing to fetch, but it is what gives nodes tags.
  static void Prefetch(const Pair&) {}
  static int Compare(const Pair& a, const Pair& b) { return a < b ? -1 : b < a ? 1 : 0; }
};

using Tree = kvorum::TTree<Pair, Traits>;
using Model = std::multiset<Pair>;

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), end_(data + size) {}
  bool empty() const { return data_ == end_; }
  uint8_t Byte() { return empty() ? 0 : *data_++; }
  uint16_t Short() { return static_cast<uint16_t>(Byte() << 8 | Byte()); }

 private:
  const uint8_t* data_;
  const uint8_t* end_;
};

void CheckEqual(const Tree& tree, const Model& model) {
  tree.Validate();
  CHECK(tree.size() == model.size());
  auto expected = model.begin();
  tree.ForEach([&](const Pair& pair) { CHECK(pair == *expected++); });
}

void InsertRun(Tree* tree, Model* model, Pair first, int count, int step) {
  for (int i = 0; i < count; ++i) {
    const Pair pair{static_cast<uint16_t>(first.key + i * step), first.name};
    CHECK(Tree::At(tree->Insert(pair)) == pair);
    model->insert(pair);
  }
}

void EraseRange(Tree* tree, Model* model, size_t rank, size_t count) {
  auto from = std::next(model->begin(), static_cast<std::ptrdiff_t>(rank));
  auto visited = from;
  CHECK(tree->EraseRange(rank, count, [&](const Pair& pair) { CHECK(pair == *visited++); }) ==
        std::min(count, model->size() - rank));
  model->erase(from, visited);
}

void EraseOne(Tree* tree, Model* model, Pair pair) {
  const auto found = model->find(pair);
  CHECK(tree->Erase(pair) == (found != model->end()));
  if (found != model->end()) model->erase(found);
}

void Look(const Tree& tree, const Model& model, Pair pair, size_t rank) {
  CHECK(tree.Rank(tree.LowerBound(pair)) == static_cast<size_t>(std::distance(model.begin(), model.lower_bound(pair))));
  CHECK(tree.Rank(tree.UpperBound(pair)) == static_cast<size_t>(std::distance(model.begin(), model.upper_bound(pair))));
  const Tree::Position position = tree.Select(rank);
  CHECK(static_cast<bool>(position) == (rank < model.size()));
  CHECK(tree.Rank(position) == std::min(rank, model.size()));
  if (rank < model.size()) CHECK(Tree::At(position) == *std::next(model.begin(), static_cast<std::ptrdiff_t>(rank)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Tree tree;
  Model model;
  while (!input.empty()) {
    const uint8_t operation = input.Byte();
    const Pair pair{input.Short(), static_cast<uint16_t>(operation >> 4)};
    const size_t rank = model.empty() ? 0 : pair.key % (model.size() + 1);
    switch (operation % 8) {
      case 0:
        InsertRun(&tree, &model, pair, 1, 0);
        break;
      case 1:
        InsertRun(&tree, &model, pair, input.Byte(), 1);
        break;
      case 2:
        InsertRun(&tree, &model, pair, input.Byte(), -3);
        break;
      case 3:
        EraseOne(&tree, &model, pair);
        break;
      case 4:
        EraseRange(&tree, &model, rank, input.Byte());
        break;
      case 5:
        Look(tree, model, pair, rank);
        break;
      case 6:
        if (rank < model.size()) EraseOne(&tree, &model, Tree::At(tree.Select(rank)));
        break;
      case 7: {
        auto next = model.begin();
        if (pair.key % 8 == 0) tree.BuildFromSorted(model.size(), [&] { return *next++; });
        break;
      }
    }
    if (model.size() > 20000) break;
  }
  CheckEqual(tree, model);
  return 0;
}
