// Worker: where work goes that may take long: fsync, writing snapshots. One job after another, in the order posted.
//
// The seam is here so that a simulation decides when such work happens: ManualWorker does it when told to, on the
// caller's thread.
//
// Threads: Post from any, also from a job. Ownership: owns the jobs; what they refer to must outlive them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace kvorum {

class Worker {
 public:
  virtual ~Worker() = default;
  virtual void Post(std::function<void()> job) = 0;
};

// A thread of its own, named `name` for top and perf (15 characters). The destructor does what was posted, then joins.
class ThreadWorker : public Worker {
 public:
  enum class Priority : uint8_t {
    kNormal,
    kSync,        // short jobs that many wait for: gets the processor as soon as it is woken
    kBackground,  // gives way to threads that somebody waits for, where there are not enough processors for all
  };

  explicit ThreadWorker(const char* name, Priority priority = Priority::kNormal);
  ~ThreadWorker() override;
  void Post(std::function<void()> job) override;

 private:
  void Run(Priority priority);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

// One thread only.
class ManualWorker : public Worker {
 public:
  void Post(std::function<void()> job) override { jobs_.push_back(std::move(job)); }
  size_t waiting() const { return jobs_.size(); }
  // Does the oldest job. False if there is none.
  bool RunOne();
  void RunAll() {
    while (RunOne()) {
    }
  }
  // As if the process ended here.
  void DropAll() { jobs_.clear(); }

 private:
  std::deque<std::function<void()>> jobs_;
};

}  // namespace kvorum
