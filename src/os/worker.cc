#include "os/worker.h"

#include <pthread.h>
#include <sys/resource.h>

#include <utility>

namespace kvorum {
namespace {

// Of a background thread: a tenth of the others' share, where they want all of it.
constexpr int kBackgroundNice = 10;

}  // namespace

ThreadWorker::ThreadWorker(const char* name, Priority priority) : thread_([this, priority] { Run(priority); }) {
  pthread_setname_np(thread_.native_handle(), name);
}

ThreadWorker::~ThreadWorker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ThreadWorker::Post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void ThreadWorker::Run(Priority priority) {
  // Linux keeps it for each thread; 0 is the caller.
  if (priority == Priority::kBackground && getpriority(PRIO_PROCESS, 0) < kBackgroundNice) {
    (void)setpriority(PRIO_PROCESS, 0, kBackgroundNice);
  }
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds goes before the next one begins
    lock.lock();
  }
}

bool ManualWorker::RunOne() {
  if (jobs_.empty()) return false;
  const std::function<void()> job = std::move(jobs_.front());
  jobs_.pop_front();
  job();
  return true;
}

}  // namespace kvorum
