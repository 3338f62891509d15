#include "shard/vector_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace kvorum {
namespace {

struct Counts {
  std::atomic<int> run{0};
  int finished = 0;
  std::string order;
};

class CountingJob final : public VectorJob {
 public:
  CountingJob(Counts* counts, char name) : counts_(counts), name_(name) {}
  void Run(SearchContext* context) override {
    EXPECT_NE(context, nullptr);
    ++counts_->run;
  }
  void Finish() override {
    ++counts_->finished;
    counts_->order += name_;
  }

 private:
  Counts* counts_;
  char name_;
};

using Kind = VectorWork::Kind;

TEST(VectorPool, WithoutThreadsAJobEndsInPost) {
  Counts counts;
  VectorPool pool;
  EXPECT_FALSE(pool.works_apart());
  pool.Post(Kind::kSearch, std::make_unique<CountingJob>(&counts, 's'));
  EXPECT_EQ(counts.finished, 1);
  EXPECT_FALSE(pool.has_done());
}

TEST(VectorPool, ManualJobsWaitAndSearchesGoFirst) {
  Counts counts;
  VectorPool pool;
  pool.SetManual();
  pool.Post(Kind::kInsertion, std::make_unique<CountingJob>(&counts, 'i'));
  pool.Post(Kind::kSearch, std::make_unique<CountingJob>(&counts, 's'));
  EXPECT_EQ(counts.run, 0);
  EXPECT_EQ(pool.waiting(), 2U);
  EXPECT_TRUE(pool.RunOne());
  EXPECT_TRUE(pool.RunOne());
  EXPECT_FALSE(pool.RunOne());
  EXPECT_EQ(counts.finished, 0);
  EXPECT_TRUE(pool.has_done());
  pool.FinishDone();
  EXPECT_EQ(counts.order, "si");
}

TEST(VectorPool, WhoPostsTooManyDoesThemItself) {
  Counts counts;
  VectorPool pool;
  pool.SetManual();
  for (size_t i = 0; i < VectorPool::kMostInsertions; ++i) {
    pool.Post(Kind::kInsertion, std::make_unique<CountingJob>(&counts, 'i'));
  }
  EXPECT_EQ(counts.run, 0);
  pool.Post(Kind::kInsertion, std::make_unique<CountingJob>(&counts, 'x'));
  EXPECT_EQ(counts.order, "x");
  pool.Settle();
  EXPECT_EQ(counts.finished, static_cast<int>(VectorPool::kMostInsertions) + 1);
}

TEST(VectorPool, ThreadsRunWhatIsPostedAndCallOnce) {
  constexpr int kJobs = 5000;
  Counts counts;
  std::mutex mutex;
  std::condition_variable woken;
  bool is_woken = false;
  VectorPool pool;
  pool.SetWake([&] {
    const std::lock_guard lock(mutex);
    is_woken = true;
    woken.notify_one();
  });
  pool.SetThreads(3);
  for (int i = 0; i < kJobs; ++i) {
    pool.Post(i % 3 == 0 ? Kind::kInsertion : Kind::kSearch, std::make_unique<CountingJob>(&counts, 'j'));
    if (i == kJobs / 2) pool.SetThreads(2);
  }
  while (counts.finished < kJobs) {
    if (!pool.has_done()) {
      std::unique_lock lock(mutex);
      woken.wait(lock, [&] { return is_woken; });
      is_woken = false;
    }
    pool.FinishDone();
  }
  EXPECT_EQ(counts.run, kJobs);
}

TEST(VectorPool, WhatWaitsRunsWhenTheThreadsGo) {
  constexpr int kJobs = 200;
  Counts counts;
  VectorPool pool;
  for (int round = 0; round < 20; ++round) {
    pool.SetThreads(1);
    for (int i = 0; i < kJobs; ++i) pool.Post(Kind::kSearch, std::make_unique<CountingJob>(&counts, 's'));
    pool.SetThreads(0);
    EXPECT_EQ(pool.waiting(), 0U);
    pool.FinishDone();
    EXPECT_EQ(counts.finished, kJobs * (round + 1));
  }
}

TEST(VectorPool, WhatNobodyRanIsDropped) {
  Counts counts;
  {
    VectorPool pool;
    pool.SetManual();
    pool.Post(Kind::kSearch, std::make_unique<CountingJob>(&counts, 's'));
  }
  EXPECT_EQ(counts.run + counts.finished, 0);
}

}  // namespace
}  // namespace kvorum
