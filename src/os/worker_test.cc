#include "os/worker.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <vector>

namespace kvorum {
namespace {

TEST(ThreadWorker, DoesEverythingInOrderBeforeItEnds) {
  std::vector<int> done;
  {
    ThreadWorker worker("test");
    for (int i = 0; i < 1000; ++i) {
      worker.Post([&done, &worker, i] {
        done.push_back(i);
        if (i == 999) worker.Post([&done] { done.push_back(1000); });
      });
    }
  }
  ASSERT_EQ(done.size(), 1001u);
  for (int i = 0; i <= 1000; ++i) EXPECT_EQ(done[static_cast<size_t>(i)], i);
}

TEST(ThreadWorker, TheBackgroundGivesWay) {
  const auto nice_of = [](ThreadWorker::Priority priority) {
    int nice = 0;
    {
      ThreadWorker worker("test", priority);
      worker.Post([&nice] { nice = getpriority(PRIO_PROCESS, 0); });
    }
    return nice;
  };
  const int caller = getpriority(PRIO_PROCESS, 0);
  EXPECT_EQ(nice_of(ThreadWorker::Priority::kNormal), caller);
  EXPECT_EQ(nice_of(ThreadWorker::Priority::kBackground), std::max(caller, 10));
}

TEST(ManualWorker, WaitsToBeTold) {
  ManualWorker worker;
  int done = 0;
  worker.Post([&] {
    ++done;
    worker.Post([&] { ++done; });
  });
  EXPECT_EQ(done, 0);
  EXPECT_TRUE(worker.RunOne());
  EXPECT_EQ(done, 1);
  EXPECT_EQ(worker.waiting(), 1u);
  worker.RunAll();
  EXPECT_EQ(done, 2);
  EXPECT_FALSE(worker.RunOne());
  worker.Post([&] { ++done; });
  worker.DropAll();
  worker.RunAll();
  EXPECT_EQ(done, 2);
}

}  // namespace
}  // namespace kvorum
