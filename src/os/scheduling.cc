#include "os/scheduling.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kvorum {
namespace {

// struct sched_attr of sched_setattr(2), version 0: the C library of Debian 12 has neither it nor the calls.
struct SchedulingAttributes {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime_ns;  // of SCHED_OTHER: the slice
  uint64_t deadline_ns;
  uint64_t period_ns;
};
static_assert(sizeof(SchedulingAttributes) == 48);

constexpr uint64_t kResetOnFork = 1;

}  // namespace

void SetSlice(int64_t micros) {
  SchedulingAttributes attributes{};
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0) return;
  if (attributes.policy != SCHED_OTHER) return;  // somebody has decided otherwise
  attributes.size = sizeof(attributes);
  attributes.runtime_ns = static_cast<uint64_t>(micros) * 1000;
  // The flag would take a negative nice value, which somebody has given to the whole process, from threads to come.
  attributes.flags = attributes.nice < 0 ? 0 : kResetOnFork;
  (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

void RunInBackground() {
  // Linux keeps it for each thread; 0 is the caller.
  if (getpriority(PRIO_PROCESS, 0) < kBackgroundNice) (void)setpriority(PRIO_PROCESS, 0, kBackgroundNice);
}

void LetOthersRun() { (void)sched_yield(); }

}  // namespace kvorum
