#include "os/scheduling.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <thread>

namespace kvorum {
namespace {

struct Attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime_ns, deadline_ns, period_ns;
};

// 0 where the kernel does not say.
uint64_t SliceMicros() {
  Attributes attributes{};
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0) return 0;
  return attributes.runtime_ns / 1000;
}

bool KernelHasSlices() {
  utsname name;
  int major = 0;
  int minor = 0;
  return uname(&name) == 0 && std::sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
         std::pair(major, minor) >= std::pair(6, 12);
}

TEST(Scheduling, AThreadGetsItsSliceAndItsChildrenTheUsualOne) {
  uint64_t own = 0, child = 0;
  int nice = 0;
  const int nice_before = getpriority(PRIO_PROCESS, 0);
  std::thread([&] {
    SetSlice(kSyncSliceMicros);
    own = SliceMicros();
    nice = getpriority(PRIO_PROCESS, 0);
    std::thread([&] { child = SliceMicros(); }).join();
  }).join();
  EXPECT_EQ(nice, nice_before);
  if (!KernelHasSlices() || own == 0) GTEST_SKIP() << "this kernel has no slices";
  EXPECT_EQ(own, static_cast<uint64_t>(kSyncSliceMicros));
  if (nice_before >= 0) {
    EXPECT_EQ(child, SliceMicros());
  }
}

TEST(Scheduling, TheBackgroundIsNicerAndNeverLessNiceThanBefore) {
  int first = 0, second = 0;
  const int before = getpriority(PRIO_PROCESS, 0);
  std::thread([&] {
    RunInBackground();
    first = getpriority(PRIO_PROCESS, 0);
    (void)setpriority(PRIO_PROCESS, 0, 15);
    RunInBackground();
    second = getpriority(PRIO_PROCESS, 0);
    LetOthersRun();
  }).join();
  EXPECT_EQ(first, std::max(before, kBackgroundNice));
  EXPECT_EQ(second, std::max(before, 15));
}

}  // namespace
}  // namespace kvorum
