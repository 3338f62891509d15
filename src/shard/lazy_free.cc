#include "shard/lazy_free.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace kvorum {
namespace {

class LazyFreeThread final : public LazyFree {
 public:
  ~LazyFreeThread() override {
    if (!thread_.joinable()) return;
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void Reclaim(Entry* entry) override {
    Enqueue({1, [entry] { Entry::Destroy(entry); }});
  }
  void ReclaimAll(std::unique_ptr<Database> database) override {
    const size_t objects = database->size();
    // std::function wants to be copyable: the pointer is released into it.
    Enqueue({objects, [raw = database.release()] { delete raw; }});
  }

  void Free(std::function<void()> free) override { Enqueue({0, std::move(free)}); }

  size_t pending() const override { return pending_.load(std::memory_order_acquire); }
  size_t freed() const override { return freed_.load(std::memory_order_relaxed); }
  void ResetFreed() override { freed_.store(0, std::memory_order_relaxed); }

 private:
  struct Job {
    size_t objects;
    std::function<void()> free;
  };

  void Enqueue(Job job) {
    // The thread starts with the first work, so that servers that never need it do not have it.
    if (!thread_.joinable()) {
      try {
        thread_ = std::thread([this] { Run(); });
      } catch (const std::system_error&) {
        // No room for another thread.
        job.free();
        freed_ += job.objects;
        return;
      }
    }
    pending_ += job.objects;
    {
      std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job.free();
      // In this order: what is not pending any more has been counted.
      freed_ += job.objects;
      pending_ -= job.objects;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::atomic<size_t> pending_{0};
  std::atomic<size_t> freed_{0};
  std::thread thread_;
};

}  // namespace

std::unique_ptr<LazyFree> MakeReclaimer() { return std::make_unique<LazyFreeThread>(); }

}  // namespace kvorum
