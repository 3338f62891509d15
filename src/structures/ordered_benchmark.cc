// The ordered structures against each other, as a sorted set uses them: a million 32-byte members at random addresses, ordered
// by a random score and then by name. docs/decisions/0001-ordered-structure.md holds what it measured.
#include <absl/container/btree_set.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "base/allocator.h"
#include "base/prefetch.h"
#include "structures/avl_tree.h"
#include "structures/t_tree.h"

namespace kvorum {
namespace {

constexpr size_t kSize = 1000000;
constexpr size_t kBatch = 20000;
constexpr size_t kWarmed = 16;

struct Member {
  double score;
  uint32_t length;
  char name[20];
};
static_assert(sizeof(Member) == 32);

int CompareMembers(const Member* a, const Member* b) {
  if (a->score != b->score) return a->score < b->score ? -1 : 1;
  return std::memcmp(a->name, b->name, 16);
}

// The members of a sorted set, and as many more to put in and take out. In random order of scores and of addresses.
struct Members {
  explicit Members(size_t count) : random(2024) {
    for (size_t i = 0; i < count; ++i) {
      Member* member = New<Member>();
      member->score = std::uniform_real_distribution<double>(0, 1e9)(random);
      member->length = 16;
      std::snprintf(member->name, sizeof member->name, "member:%09zu", i);
      all.push_back(member);
    }
    std::shuffle(all.begin(), all.end(), random);
  }
  ~Members() {
    for (Member* member : all) Delete(member);
  }
  std::mt19937_64 random;
  std::vector<Member*> all;
};

// A node an element, the element's pointer in it. Kept by AvlTree, so rank and select work.
class PlainAvl {
  struct Node : AvlNode {
    Member* member;
    double score;  // As TTree's prefix.
  };
  static int Compare(const Member* key, const AvlNode* link) {
    const Node* node = static_cast<const Node*>(link);
    if (key->score != node->score) return key->score < node->score ? -1 : 1;
    return CompareMembers(key, node->member);
  }

 public:
  ~PlainAvl() {
    while (!tree_.empty()) Remove(tree_.root());
  }
  void Insert(Member* member) {
    Node* node = New<Node>();
    node->weight = 1;
    node->member = member;
    node->score = member->score;
    AvlNode* before = tree_.LastWhere([&](const AvlNode* n) { return Compare(member, n) >= 0; });
    if (before != nullptr) {
      tree_.LinkAfter(node, before);
    } else {
      tree_.LinkBefore(node, nullptr);
    }
  }
  void Erase(Member* member) { Remove(Find(member)); }
  size_t Rank(const Member* member) const { return AvlTree::Rank(Find(member)); }
  const Member* Select(size_t rank) const { return static_cast<Node*>(tree_.Select(&rank))->member; }
  double Scan(double score, size_t count) const {
    const AvlNode* node = tree_.LastWhere([&](const AvlNode* n) { return static_cast<const Node*>(n)->score < score; });
    node = node == nullptr ? tree_.First() : AvlTree::Next(node);
    double sum = 0;
    for (; node != nullptr && count > 0; --count, node = AvlTree::Next(node)) {
      sum += static_cast<const Node*>(node)->member->name[15];
    }
    return sum;
  }

 private:
  AvlNode* Find(const Member* member) const {
    return tree_.LastWhere([&](const AvlNode* n) { return Compare(member, n) >= 0; });
  }
  void Remove(AvlNode* node) {
    tree_.Unlink(node);
    Delete(static_cast<Node*>(node));
  }
  AvlTree tree_;
};

struct MemberTraits {
  static double PrefixOf(const Member* member) { return member->score; }
  static double PrefixOf(double score) { return score; }
  static void Prefetch(const Member* member) { PrefetchLine(member); }
  static int Compare(const Member* a, const Member* b) { return CompareMembers(a, b); }
  static int Compare(double score, const Member* b) { return score < b->score ? -1 : score > b->score ? 1 : 0; }
};

class Ttree {
  using Tree = TTree<Member*, MemberTraits>;

 public:
  void Insert(Member* member) { tree_.Insert(member); }
  void Erase(Member* member) { tree_.Erase(member); }
  size_t Rank(Member* member) const { return tree_.Rank(tree_.Find(member)); }
  // As for commands that arrived together.
  void Warm(Member* const* members) const {
    std::vector<Tree::Warmup> warmups;
    for (size_t i = 0; i < kWarmed; ++i) warmups.push_back(tree_.StartWarmup(members[i]->score));
    for (bool more = true; more;) {
      more = false;
      for (Tree::Warmup& warmup : warmups) more |= warmup.Step();
    }
  }
  const Member* Select(size_t rank) const { return Tree::At(tree_.Select(rank)); }
  double Scan(double score, size_t count) const {
    double sum = 0;
    tree_.VisitForward(tree_.LowerBound(score), count, [&](const Member* member) { sum += member->name[15]; });
    return sum;
  }

 private:
  Tree tree_;
};

struct LessMember {
  using is_transparent = void;
  bool operator()(const Member* a, const Member* b) const { return CompareMembers(a, b) < 0; }
  bool operator()(const Member* a, double score) const { return a->score < score; }
};

// Pointers in the nodes: as small as TTree, and no ranks.
class BtreeOfPointers {
 public:
  void Insert(Member* member) { set_.insert(member); }
  void Erase(Member* member) { set_.erase(member); }
  double Scan(double score, size_t count) const {
    double sum = 0;
    for (auto at = set_.lower_bound(score); at != set_.end() && count > 0; ++at, --count) sum += (*at)->name[15];
    return sum;
  }

 private:
  absl::btree_set<Member*, LessMember> set_;
};

struct Scored {
  double score;
  Member* member;
};

struct LessScored {
  using is_transparent = void;
  bool operator()(const Scored& a, const Scored& b) const {
    if (a.score != b.score) return a.score < b.score;
    return CompareMembers(a.member, b.member) < 0;
  }
  bool operator()(const Scored& a, double score) const { return a.score < score; }
};

// Scores beside the pointers: no look at members, twice the memory, and no ranks.
class BtreeOfScores {
 public:
  void Insert(Member* member) { set_.insert({member->score, member}); }
  void Erase(Member* member) { set_.erase({member->score, member}); }
  double Scan(double score, size_t count) const {
    double sum = 0;
    for (auto at = set_.lower_bound(score); at != set_.end() && count > 0; ++at, --count) sum += at->member->name[15];
    return sum;
  }

 private:
  absl::btree_set<Scored, LessScored> set_;
};

// What a batch of operations touches; drawn before the clock runs.
template <typename Tree>
class Filled {
 public:
  Filled() {
    for (Member* member : members_.all) tree.Insert(member);
  }
  // The first kBatch of the members become others at random, and the caches forget the tree.
  void DrawBatch() {
    for (size_t i = 0; i < kBatch; ++i) {
      std::swap(batch()[i], batch()[i + random()() % (kSize - i)]);
    }
  }
  void ShuffleBatch() {
    std::shuffle(batch(), batch() + kBatch, random());
    for (char& byte : other_data_) ++byte;
  }
  Member** batch() { return members_.all.data(); }
  std::mt19937_64& random() { return members_.random; }

  Tree tree;

 private:
  Members members_{kSize};
  std::vector<char> other_data_ = std::vector<char>(64 << 20);
};

// From nothing to a million; and what it takes then.
template <typename Tree>
void Build(benchmark::State& state, Members* members) {
  for (auto _ : state) {
    const size_t before = AllocatedBytes();
    auto tree = std::make_unique<Tree>();
    for (Member* member : members->all) tree->Insert(member);
    state.counters["bytes"] = static_cast<double>(AllocatedBytes() - before) / kSize;
    state.PauseTiming();
    tree.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kSize));
}

template <typename Tree>
void BuildRandom(benchmark::State& state) {
  Members members(kSize);
  Build<Tree>(state, &members);
}

template <typename Tree>
void BuildAscending(benchmark::State& state) {
  Members members(kSize);
  std::sort(members.all.begin(), members.all.end(),
            [](const Member* a, const Member* b) { return CompareMembers(a, b) < 0; });
  Build<Tree>(state, &members);
}

// Into and out of a million.
template <typename Tree>
void Insert(benchmark::State& state) {
  Filled<Tree> filled;
  for (auto _ : state) {
    state.PauseTiming();
    filled.DrawBatch();
    for (size_t i = 0; i < kBatch; ++i) filled.tree.Erase(filled.batch()[i]);
    filled.ShuffleBatch();
    state.ResumeTiming();
    for (size_t i = 0; i < kBatch; ++i) filled.tree.Insert(filled.batch()[i]);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

// In groups, for each of which what it will touch is fetched first.
template <typename Tree>
void InsertWarmed(benchmark::State& state) {
  Filled<Tree> filled;
  for (auto _ : state) {
    state.PauseTiming();
    filled.DrawBatch();
    for (size_t i = 0; i < kBatch; ++i) filled.tree.Erase(filled.batch()[i]);
    filled.ShuffleBatch();
    state.ResumeTiming();
    for (size_t i = 0; i < kBatch; ++i) {
      if (i % kWarmed == 0) filled.tree.Warm(filled.batch() + i);
      filled.tree.Insert(filled.batch()[i]);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

template <typename Tree>
void Erase(benchmark::State& state) {
  Filled<Tree> filled;
  for (auto _ : state) {
    state.PauseTiming();
    filled.DrawBatch();
    filled.ShuffleBatch();
    state.ResumeTiming();
    for (size_t i = 0; i < kBatch; ++i) filled.tree.Erase(filled.batch()[i]);
    state.PauseTiming();
    for (size_t i = 0; i < kBatch; ++i) filled.tree.Insert(filled.batch()[i]);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

template <typename Tree>
void Rank(benchmark::State& state) {
  Filled<Tree> filled;
  for (auto _ : state) {
    state.PauseTiming();
    filled.DrawBatch();
    filled.ShuffleBatch();
    state.ResumeTiming();
    for (size_t i = 0; i < kBatch; ++i) benchmark::DoNotOptimize(filled.tree.Rank(filled.batch()[i]));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

template <typename Tree>
void RankWarmed(benchmark::State& state) {
  Filled<Tree> filled;
  for (auto _ : state) {
    state.PauseTiming();
    filled.DrawBatch();
    filled.ShuffleBatch();
    state.ResumeTiming();
    for (size_t i = 0; i < kBatch; ++i) {
      if (i % kWarmed == 0) filled.tree.Warm(filled.batch() + i);
      benchmark::DoNotOptimize(filled.tree.Rank(filled.batch()[i]));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

template <typename Tree>
void Select(benchmark::State& state) {
  Filled<Tree> filled;
  for (auto _ : state) {
    state.PauseTiming();
    filled.ShuffleBatch();
    state.ResumeTiming();
    for (size_t i = 0; i < kBatch; ++i) {
      benchmark::DoNotOptimize(filled.tree.Select(filled.random()() % kSize)->score);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

// From a score on, as many members as the argument says, each looked at.
template <typename Tree>
void Scan(benchmark::State& state) {
  Filled<Tree> filled;
  const auto length = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    filled.ShuffleBatch();
    state.ResumeTiming();
    for (size_t i = 0; i < kBatch; ++i) {
      benchmark::DoNotOptimize(filled.tree.Scan(static_cast<double>(filled.random()() % 1000000000), length));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

#define BENCHMARK_ORDERED(Tree)                                                    \
  BENCHMARK_TEMPLATE(BuildRandom, Tree)->Unit(benchmark::kMillisecond);            \
  BENCHMARK_TEMPLATE(BuildAscending, Tree)->Unit(benchmark::kMillisecond);         \
  BENCHMARK_TEMPLATE(Insert, Tree)->Unit(benchmark::kMillisecond)->Iterations(40); \
  BENCHMARK_TEMPLATE(Erase, Tree)->Unit(benchmark::kMillisecond)->Iterations(40);  \
  BENCHMARK_TEMPLATE(Scan, Tree)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond)->Iterations(40)

#define BENCHMARK_RANKED(Tree)                                                   \
  BENCHMARK_ORDERED(Tree);                                                       \
  BENCHMARK_TEMPLATE(Rank, Tree)->Unit(benchmark::kMillisecond)->Iterations(40); \
  BENCHMARK_TEMPLATE(Select, Tree)->Unit(benchmark::kMillisecond)->Iterations(40)

BENCHMARK_RANKED(PlainAvl);
BENCHMARK_RANKED(Ttree);
BENCHMARK_TEMPLATE(InsertWarmed, Ttree)->Unit(benchmark::kMillisecond)->Iterations(40);
BENCHMARK_TEMPLATE(RankWarmed, Ttree)->Unit(benchmark::kMillisecond)->Iterations(40);
BENCHMARK_ORDERED(BtreeOfPointers);
BENCHMARK_ORDERED(BtreeOfScores);

}  // namespace
}  // namespace kvorum
