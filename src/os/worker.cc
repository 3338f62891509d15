#include "os/worker.h"

#include <pthread.h>

#include <utility>

#include "os/scheduling.h"

namespace kvorum {

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
  if (priority == Priority::kSync) SetSlice(kSyncSliceMicros);
  if (priority == Priority::kBackground) RunInBackground();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds goes before the next one begins
    if (priority == Priority::kBackground) LetOthersRun();
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
