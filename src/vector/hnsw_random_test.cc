// All that can be done with a graph in random order, one seed a world: batches that are prepared and wait, commits in any order, removals of
// a few and of nearly all, compaction, searches of each kind, saving and loading; also with threads that prepare and search meanwhile. Run under
// sanitizers, it looks for what is read where it is no more.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "base/random.h"
#include "vector/hnsw_file.h"
#include "vector/hnsw_index.h"
#include "vector/test_vectors.h"

namespace kvorum {
namespace {

constexpr size_t kFewRows = 400;
// Of so many some go with whole blocks of memory (vector/slot_array.h).
constexpr size_t kManyRows = 6000;
constexpr size_t kMostWaiting = 120;

class OddLabels final : public VectorFilter {
 public:
  bool Matches(VectorSlot, VectorLabel label) const override { return label % 2 == 1; }
};

VectorIndexSettings AnySettings(Random& random) {
  constexpr VectorForm kForms[] = {VectorForm::kF32, VectorForm::kF16, VectorForm::kQ8, VectorForm::kBinary};
  VectorIndexSettings settings;
  settings.codec = {.dimensions = 1 + random.Below(random.Below(2) == 0 ? 6 : 70),
                    .metric = static_cast<VectorMetric>(random.Below(3)),
                    .form = kForms[random.Below(std::size(kForms))]};
  settings.m = 2 + random.Below(8);
  settings.build_width = 1 + random.Below(40);
  settings.train_after = 20 + random.Below(300);
  settings.seed = random.Next();
  return settings;
}

// Some of them are the same.
std::vector<float> AnyRows(Random& random, size_t count, size_t dimensions) {
  std::vector<float> rows(count * dimensions);
  for (size_t row = 0; row < count; ++row) {
    float* vector = &rows[row * dimensions];
    if (row > 0 && random.Below(6) == 0) {
      std::copy_n(&rows[random.Below(row) * dimensions], dimensions, vector);
      continue;
    }
    for (size_t i = 0; i < dimensions; ++i) vector[i] = static_cast<float>(random.Below(2000)) / 100 - 9.995F;
  }
  return rows;
}

class World {
 public:
  World(uint64_t seed, size_t rows, size_t threads)
      : count_(rows),
        random_(seed),
        settings_(AnySettings(random_)),
        rows_(AnyRows(random_, count_, settings_.codec.dimensions)),
        index_(std::make_unique<HnswIndex>(settings_)) {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this, i] { Help(i); });
  }
  ~World() {
    ends_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  void Run(size_t steps) {
    for (size_t step = 0; step < steps; ++step) {
      Step();
      if (step % 64 == 63) Check();
    }
    while (CommitOne()) {
    }
    Check();
    for (size_t left = 1 + random_.Below(3); slots_.size() > left;) RemoveOne();
    Compact(count_);
    Check();
  }

 private:
  struct Waiting {
    VectorLabel label;
    PreparedVector prepared;
  };

  const float* Row(VectorLabel label) const { return &rows_[label % count_ * settings_.codec.dimensions]; }

  // --- Helpers: they prepare rows of their own choice, and search

  void Help(size_t number) {
    Random random(settings_.seed + number);
    const SearchContextPtr context = MakeSearchContext();
    std::vector<VectorMatch> matches;
    while (!ends_) {
      if (random.Below(2) == 0) {
        SearchAny(random, context.get(), &matches);
        continue;
      }
      std::vector<Waiting> batch(1 + random.Below(8));
      for (Waiting& one : batch) PrepareAny(random, context.get(), &one);
      const std::lock_guard lock(mutex_);
      while (!batch.empty() && waiting_.size() < kMostWaiting) {
        waiting_.push_back(std::move(batch.back()));
        batch.pop_back();
      }
    }
  }

  void PrepareAny(Random& random, SearchContext* context, Waiting* one) {
    one->label = next_label_++;
    if (random.Below(4) == 0) one->prepared.build_width = 1 + random.Below(60);
    index_->Prepare(Row(one->label), random.Next(), context, &one->prepared);
  }

  void SearchAny(Random& random, SearchContext* context, std::vector<VectorMatch>* matches) const {
    const OddLabels odd;
    VectorSearchOptions options;
    options.k = 1 + random.Below(random.Below(3) == 0 ? count_ : 12);
    options.width = 1 + random.Below(80);
    options.exact = random.Below(4) == 0;
    if (random.Below(3) == 0) options.filter = &odd;
    index_->Search(Row(random.Below(count_)), options, context, matches);
    CHECK(matches->size() <= options.k);
    CHECK(std::is_sorted(matches->begin(), matches->end(),
                         [](const VectorMatch& a, const VectorMatch& b) { return a.distance < b.distance; }));
    for (const VectorMatch& match : *matches) {
      CHECK(match.label != kNoVectorLabel && (options.filter == nullptr || match.label % 2 == 1));
    }
  }

  // --- The writer

  void Step() {
    const uint64_t choice = random_.Below(100);
    if (choice < 20) {
      if (threads_.empty()) PrepareBatch();
    } else if (choice < 60) {
      (void)CommitOne();
    } else if (choice < 64) {
      const size_t more = count_ == kManyRows && random_.Below(8) == 0 && slots_.size() < count_ ? 4000 : 1;
      for (size_t i = 0; i < more; ++i) AddOne();
    } else if (choice < 80) {
      RemoveOne();
    } else if (choice < 82) {
      if (random_.Below(6) > 0) return;
      for (size_t left = random_.Below(random_.Below(2) == 0 ? 10 : slots_.size() + 1); slots_.size() > left;)
        RemoveOne();
    } else if (choice < 90) {
      Compact(random_.Below(20));
    } else if (choice < 91) {
      Compact(count_);
    } else if (choice < 98) {
      SearchAny(random_, context_.get(), &matches_);
    } else if (threads_.empty()) {
      choice == 98 ? Reload() : index_->Reserve(random_.Below(count_));
    }
  }

  void PrepareBatch() {
    for (uint64_t count = 1 + random_.Below(8); count > 0 && waiting_.size() < kMostWaiting; --count) {
      waiting_.emplace_back();
      PrepareAny(random_, context_.get(), &waiting_.back());
    }
  }

  bool CommitOne() {
    Waiting one;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) return false;
      std::swap(waiting_[random_.Below(waiting_.size())], waiting_.back());
      one = std::move(waiting_.back());
      waiting_.pop_back();
    }
    Note(index_->Commit(one.prepared, one.label), one.label);
    return true;
  }

  void Note(VectorSlot slot, VectorLabel label) {
    ASSERT_TRUE(slots_.emplace(slot, label).second) << "a slot was given twice";
  }

  void AddOne() {
    const VectorLabel label = next_label_++;
    Note(index_->Add(Row(label), label), label);
  }

  void RemoveOne() {
    if (slots_.empty()) return;
    auto found = slots_.lower_bound(static_cast<VectorSlot>(random_.Below(slots_.rbegin()->first + 1)));
    index_->Remove(found->first);
    slots_.erase(found);
  }

  void Compact(size_t moves) {
    (void)index_->Compact(moves, [this](VectorSlot from, VectorSlot to) {
      const auto node = slots_.find(from);
      ASSERT_TRUE(node != slots_.end());
      const VectorLabel label = node->second;
      slots_.erase(node);
      Note(to, label);
    });
  }

  // What was prepared for one graph is of no use to another.
  void Reload() {
    HnswSaver saver(*index_);
    HnswLoader loader(false);
    for (std::string piece; saver.Next(&piece);) ASSERT_TRUE(loader.Take(piece)) << loader.error();
    std::unique_ptr<HnswIndex> loaded = loader.Finish();
    ASSERT_NE(loaded, nullptr) << loader.error();
    index_ = std::move(loaded);
    waiting_.clear();
  }

  void Check() {
    index_->Validate();
    ASSERT_EQ(index_->size(), slots_.size());
    for (const auto& [slot, label] : slots_) ASSERT_EQ(index_->LabelOf(slot), label);
    // All there are, found by walking and by looking at each.
    for (const bool exact : {false, true}) {
      VectorSearchOptions options;
      options.k = options.width = slots_.size() + 1;
      options.exact = exact;
      index_->Search(Row(random_.Below(count_)), options, context_.get(), &matches_);
      std::map<VectorSlot, VectorLabel> found;
      for (const VectorMatch& match : matches_) found.emplace(match.slot, match.label);
      ASSERT_EQ(found, slots_) << "exact: " << exact;
    }
  }

  const size_t count_;
  Random random_;
  const VectorIndexSettings settings_;
  const std::vector<float> rows_;
  std::unique_ptr<HnswIndex> index_;
  std::map<VectorSlot, VectorLabel> slots_;
  const SearchContextPtr context_ = MakeSearchContext();
  std::vector<VectorMatch> matches_;
  std::atomic<VectorLabel> next_label_{0};
  std::mutex mutex_;  // guards waiting_
  std::deque<Waiting> waiting_;
  std::atomic<bool> ends_{false};
  std::vector<std::thread> threads_;  // the last member: they use the others
};

// By hand: KVORUM_SEEDS=1000.
uint64_t Seeds(uint64_t few) {
  const char* wanted = std::getenv("KVORUM_SEEDS");
  return wanted == nullptr ? few : static_cast<uint64_t>(std::atoll(wanted));
}

TEST(HnswRandomTest, InAnyOrder) {
  for (uint64_t seed = 1; seed <= Seeds(12); ++seed) {
    SCOPED_TRACE(seed);
    World(seed, kFewRows, 0).Run(1500);
    if (seed % 4 == 0) World(seed, kManyRows, 0).Run(400);
    if (HasFatalFailure()) return;
  }
}

TEST(HnswRandomTest, InAnyOrderWithThreads) {
  for (uint64_t seed = 1; seed <= Seeds(4); ++seed) {
    SCOPED_TRACE(seed);
    World(seed, kFewRows, 2).Run(6000);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace kvorum
