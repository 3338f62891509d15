#include "structures/t_tree.h"

#include <gtest/gtest.h>

#include <iterator>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace kvorum {
namespace {

// As in a sorted set: pointers to members, with the score as prefix.
struct Member {
  double score;
  std::string name;
};

struct ScoreKey {
  double score;
};

struct NameKey {
  std::string name;
};

struct MemberTraits {
  static double PrefixOf(const Member* member) { return member->score; }
  static double PrefixOf(const ScoreKey& key) { return key.score; }
  static void Prefetch(const Member* member) { PrefetchLine(member); }
  static int Compare(const Member* a, const Member* b) {
    if (a->score != b->score) return a->score < b->score ? -1 : 1;
    return a->name.compare(b->name);
  }
  static int Compare(const ScoreKey& key, const Member* b) {
    return key.score < b->score ? -1 : key.score > b->score ? 1 : 0;
  }
  static int Compare(const NameKey& key, const Member* b) { return key.name.compare(b->name); }
};

// As for deadlines: the elements are the data, and equal ones may occur.
struct Deadline {
  int64_t at_ms;
  uint64_t hash;
  bool operator==(const Deadline&) const = default;
  bool operator<(const Deadline& other) const { return at_ms != other.at_ms ? at_ms < other.at_ms : hash < other.hash; }
};

struct DeadlineTraits {
  static int Compare(const Deadline& a, const Deadline& b) { return a < b ? -1 : b < a ? 1 : 0; }
  static int Compare(int64_t at_ms, const Deadline& b) { return at_ms < b.at_ms ? -1 : at_ms > b.at_ms ? 1 : 0; }
};

using MemberTree = TTree<const Member*, MemberTraits>;
using DeadlineTree = TTree<Deadline, DeadlineTraits>;

struct MemberLess {
  using is_transparent = void;
  bool operator()(const Member* a, const Member* b) const { return MemberTraits::Compare(a, b) < 0; }
  bool operator()(const Member* a, const ScoreKey& key) const { return a->score < key.score; }
  bool operator()(const ScoreKey& key, const Member* b) const { return key.score < b->score; }
};

struct DeadlineLess {
  using is_transparent = void;
  bool operator()(const Deadline& a, const Deadline& b) const { return a < b; }
  bool operator()(const Deadline& a, int64_t at_ms) const { return a.at_ms < at_ms; }
  bool operator()(int64_t at_ms, const Deadline& b) const { return at_ms < b.at_ms; }
};

template <typename Tree, typename Model>
void ExpectEqual(const Tree& tree, const Model& model) {
  tree.Validate();
  ASSERT_EQ(tree.size(), model.size());
  ASSERT_EQ(tree.empty(), model.empty());
  auto position = tree.First();
  size_t rank = 0;
  for (const auto& element : model) {
    ASSERT_TRUE(static_cast<bool>(position));
    ASSERT_EQ(Tree::At(position), element);
    ASSERT_EQ(tree.Rank(position), rank);
    ASSERT_EQ(tree.Select(rank), position);
    position = Tree::Next(position);
    ++rank;
  }
  ASSERT_EQ(position, Tree::End());
  ASSERT_EQ(tree.Rank(position), rank);
  ASSERT_EQ(tree.Select(rank), Tree::End());
  position = tree.Last();
  for (auto element = model.rbegin(); element != model.rend(); ++element) {
    ASSERT_EQ(Tree::At(position), *element);
    position = tree.Prev(position);
  }
  ASSERT_EQ(position, Tree::End());
}

template <typename Tree, typename Model, typename Key>
void ExpectSameBounds(const Tree& tree, const Model& model, const Key& key) {
  const auto lower = static_cast<size_t>(std::distance(model.begin(), model.lower_bound(key)));
  const auto upper = static_cast<size_t>(std::distance(model.begin(), model.upper_bound(key)));
  ASSERT_EQ(tree.Rank(tree.LowerBound(key)), lower);
  ASSERT_EQ(tree.Rank(tree.UpperBound(key)), upper);
}

template <typename Tree, typename Model>
void EraseRangeOfBoth(Tree* tree, Model* model, size_t rank, size_t count) {
  const size_t size = model->size();
  auto from = std::next(model->begin(), static_cast<std::ptrdiff_t>(std::min(rank, size)));
  auto visited = from;
  const size_t erased = tree->EraseRange(rank, count, [&](const auto& element) {
    ASSERT_EQ(element, *visited);
    ++visited;
  });
  ASSERT_EQ(erased, rank >= size ? 0 : std::min(count, size - rank));
  model->erase(from, visited);
}

// How the keys of a run are spread.
enum class Pattern { kRandom, kAscending, kDescending, kFewScores, kOneScore };

class TTreePatternTest : public testing::TestWithParam<Pattern> {
 protected:
  int64_t NextScore() {
    switch (GetParam()) {
      case Pattern::kRandom:
        return static_cast<int64_t>(random_() % 1000000);
      case Pattern::kAscending:
        return ++counter_;
      case Pattern::kDescending:
        return --counter_;
      case Pattern::kFewScores:
        return static_cast<int64_t>(random_() % 5);
      case Pattern::kOneScore:
        return 7;
    }
    return 0;
  }

  const uint32_t seed_ = std::random_device{}();
  std::mt19937_64 random_{seed_};
  int64_t counter_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Patterns, TTreePatternTest,
                         testing::Values(Pattern::kRandom, Pattern::kAscending, Pattern::kDescending,
                                         Pattern::kFewScores, Pattern::kOneScore));

TEST_P(TTreePatternTest, MembersMatchASet) {
  SCOPED_TRACE(testing::Message() << "seed " << seed_);
  MemberTree tree;
  std::set<const Member*, MemberLess> model;
  std::vector<std::unique_ptr<Member>> members;
  for (int step = 0; step < 24000; ++step) {
    const uint64_t choice = random_() % 1000;
    const bool shrinking = (step / 6000) % 2 == 1;
    if (members.empty() || choice < (shrinking ? 200u : 700u)) {
      members.push_back(std::make_unique<Member>(
          Member{static_cast<double>(NextScore()), std::to_string(random_()) + "/" + std::to_string(step)}));
      ASSERT_EQ(MemberTree::At(tree.Insert(members.back().get())), members.back().get());
      model.insert(members.back().get());
    } else if (choice < 900) {
      const size_t victim = random_() % members.size();
      ASSERT_EQ(MemberTree::At(tree.Find(members[victim].get())), members[victim].get());
      ASSERT_TRUE(tree.Erase(members[victim].get()));
      ASSERT_FALSE(tree.Erase(members[victim].get()));
      model.erase(members[victim].get());
      members[victim] = std::move(members.back());
      members.pop_back();
    } else {
      // Its data moves, and changes a little.
      auto& member = members[random_() % members.size()];
      const auto position = tree.Find(member.get());
      auto moved = std::make_unique<Member>(*member);
      model.erase(member.get());
      const auto after = MemberTree::Next(position);
      if (after && MemberTree::At(after)->score > moved->score + 1e-6) {
        moved->score += (MemberTree::At(after)->score - moved->score) / 2;
      }
      MemberTree::Replace(position, moved.get());
      model.insert(moved.get());
      member = std::move(moved);
    }
    if (step % 200 == 0) {
      ExpectEqual(tree, model);
      for (int i = 0; i < 10; ++i) ExpectSameBounds(tree, model, ScoreKey{static_cast<double>(NextScore())});
    }
    if (HasFatalFailure()) return;
  }
}

TEST_P(TTreePatternTest, DeadlinesMatchAMultiset) {
  SCOPED_TRACE(testing::Message() << "seed " << seed_);
  DeadlineTree tree;
  std::multiset<Deadline, DeadlineLess> model;
  for (int step = 0; step < 24000; ++step) {
    const uint64_t choice = random_() % 1000;
    const bool shrinking = (step / 6000) % 2 == 1;
    if (model.empty() || choice < (shrinking ? 200u : 700u)) {
      const Deadline deadline{NextScore(), random_() % 3};
      tree.Insert(deadline);
      model.insert(deadline);
    } else if (choice < 850) {
      const size_t rank = random_() % model.size();
      const Deadline deadline = DeadlineTree::At(tree.Select(rank));
      // The first of equal ones is found.
      ASSERT_EQ(tree.Find(deadline), tree.LowerBound(deadline));
      tree.Erase(deadline);
      model.erase(model.find(deadline));
    } else if (choice < 999) {
      tree.EraseAt(tree.First());
      model.erase(model.begin());
    } else {
      EraseRangeOfBoth(&tree, &model, random_() % (model.size() + 1), random_() % 300);
    }
    if (step % 200 == 0) {
      ExpectEqual(tree, model);
      for (int i = 0; i < 10; ++i) ExpectSameBounds(tree, model, NextScore());
    }
    if (HasFatalFailure()) return;
  }
}

DeadlineTree Ascending(int64_t count) {
  DeadlineTree tree;
  for (int64_t i = 0; i < count; ++i) tree.Insert({i, 0});
  return tree;
}

TEST(TTreeTest, AnEmptyTreeAnswers) {
  DeadlineTree tree;
  EXPECT_TRUE(tree.empty());
  EXPECT_EQ(tree.First(), DeadlineTree::End());
  EXPECT_EQ(tree.Last(), DeadlineTree::End());
  EXPECT_EQ(tree.Prev(DeadlineTree::End()), DeadlineTree::End());
  EXPECT_EQ(tree.LowerBound(int64_t{5}), DeadlineTree::End());
  EXPECT_EQ(tree.Find({1, 1}), DeadlineTree::End());
  EXPECT_FALSE(tree.Erase({1, 1}));
  EXPECT_EQ(tree.EraseRange(0, 5, [](const Deadline&) {}), 0u);
  EXPECT_EQ(tree.MemoryBytes(), 0u);
  tree.Validate();
}

TEST(TTreeTest, AscendingAndDescendingInputFillsNodes) {
  for (const int64_t sign : {1, -1}) {
    DeadlineTree tree;
    for (int64_t i = 0; i < 10000; ++i) tree.Insert({i * sign, 0});
    tree.Validate();
    EXPECT_LT(static_cast<double>(tree.MemoryBytes()) / 10000, 19.0);
  }
}

TEST(TTreeTest, EveryRangeCanBeErased) {
  constexpr size_t kSize = 150;
  for (size_t rank = 0; rank <= kSize; rank += 7) {
    for (size_t count = 0; count <= kSize - rank; count += 5) {
      DeadlineTree tree = Ascending(kSize);
      std::multiset<Deadline, DeadlineLess> model;
      tree.ForEach([&](const Deadline& deadline) { model.insert(deadline); });
      EraseRangeOfBoth(&tree, &model, rank, count);
      ExpectEqual(tree, model);
      ASSERT_FALSE(HasFatalFailure()) << rank << " " << count;
    }
  }
}

TEST(TTreeTest, VisitsForwardAndBackward) {
  const DeadlineTree tree = Ascending(500);
  for (size_t rank = 0; rank < 500; rank += 13) {
    for (const size_t count : {0u, 1u, 5u, 40u, 600u}) {
      int64_t expected = static_cast<int64_t>(rank);
      const size_t forward = tree.VisitForward(
          tree.Select(rank), count, [&](const Deadline& deadline) { EXPECT_EQ(deadline.at_ms, expected++); });
      EXPECT_EQ(forward, std::min(count, 500 - rank));
      expected = static_cast<int64_t>(rank);
      const size_t backward = tree.VisitBackward(
          tree.Select(rank), count, [&](const Deadline& deadline) { EXPECT_EQ(deadline.at_ms, expected--); });
      EXPECT_EQ(backward, std::min(count, rank + 1));
    }
  }
  EXPECT_EQ(tree.VisitForward(DeadlineTree::End(), 5, [](const Deadline&) {}), 0u);
}

TEST(TTreeTest, BuildsFromSorted) {
  for (int64_t count = 0; count < 200; ++count) {
    DeadlineTree tree = Ascending(3);
    std::multiset<Deadline, DeadlineLess> model;
    int64_t next = 0;
    tree.BuildFromSorted(static_cast<size_t>(count), [&] {
      const Deadline deadline{next++ / 2, 0};
      model.insert(deadline);
      return deadline;
    });
    ExpectEqual(tree, model);
    ASSERT_FALSE(HasFatalFailure()) << count;
  }
}

TEST(TTreeTest, MovesAndClears) {
  const size_t before = AllocatedBytes();
  DeadlineTree from = Ascending(1000);
  EXPECT_EQ(from.MemoryBytes(), AllocatedBytes() - before);
  DeadlineTree to = std::move(from);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(to.size(), 1000u);
  from = std::move(to);
  from.Validate();
  from.Clear();
  from.Validate();
  EXPECT_EQ(from.MemoryBytes(), 0u);
  EXPECT_EQ(AllocatedBytes(), before);
  from.Insert({1, 1});
  from.Validate();
}

TEST(TTreeTest, AKeyWithoutPrefixLooksAtElements) {
  MemberTree tree;
  std::vector<std::unique_ptr<Member>> members;
  for (int i = 0; i < 300; ++i) {
    members.push_back(std::make_unique<Member>(Member{1.5, std::to_string(1000 + i)}));
    tree.Insert(members.back().get());
  }
  EXPECT_EQ(tree.Rank(tree.LowerBound(NameKey{"1123"})), 123u);
  EXPECT_EQ(tree.Rank(tree.UpperBound(NameKey{"1123"})), 124u);
  EXPECT_EQ(tree.Rank(tree.UpperBound(NameKey{"11235"})), 124u);
}

TEST(TTreeTest, AWarmupEndsWhateverTheKey) {
  MemberTree tree;
  EXPECT_FALSE(tree.StartWarmup(ScoreKey{1}).Step());
  std::vector<std::unique_ptr<Member>> members;
  for (int i = 0; i < 1000; ++i) {
    members.push_back(std::make_unique<Member>(Member{i % 100 * 1.0, std::to_string(i)}));
    tree.Insert(members.back().get());
  }
  for (const double score : {-1.0, 0.0, 50.5, 99.0, 1000.0}) {
    auto warmup = tree.StartWarmup(ScoreKey{score});
    int steps = 1;
    while (warmup.Step()) ++steps;
    EXPECT_LE(steps, 12);
    EXPECT_FALSE(warmup.Step());
  }
}

// A sorted set's budget: 62 bytes a member less its block and its slot in the hash table.
TEST(TTreeTest, RandomMembersTakeFewBytes) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  MemberTree tree;
  std::vector<std::unique_ptr<Member>> members;
  for (int i = 0; i < 50000; ++i) {
    members.push_back(std::make_unique<Member>(Member{static_cast<double>(random()), ""}));
    tree.Insert(members.back().get());
  }
  EXPECT_LT(static_cast<double>(tree.MemoryBytes()) / 50000, 12.5);
}

}  // namespace
}  // namespace kvorum
