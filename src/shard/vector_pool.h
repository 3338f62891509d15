// VectorPool: the threads that search vectors and prepare their insertion, while the shard's goes on (vector/vector_work.h has the contract
// of a job).
//
//   threads   `vector-threads`. With none a job runs and ends within Post: so in tests, replays and the simulation nothing depends on time.
//   manual    jobs wait until RunOne is called: a simulation decides when a thread gets to them.
//
// Searches go before insertions, but for every eighth job. When kMostInsertions wait, whoever posts one more does it itself: so the shard
// becomes one more worker, and nobody holds unlimited vectors that are in no graph yet.
//
// A command that searches:
//
//   std::unique_ptr<VectorJob> job = shard.TakeVectorJob(ctx);
//   if (job == nullptr) {
//     job = ...;                                     // holds all it needs: the query, a shared_ptr to the index
//     if (shard.AwaitVectors(ctx, &job)) return;     // the session sleeps; the command will be run again, from its first word
//   }
//   ... reply of what the job found: it has run ...
//
// Between the two runs other commands may have changed anything: what the job found is looked up again. The session's later
// commands wait, so its replies keep their order. In transactions, in replays and without threads the job runs within AwaitVectors.
//
// Threads: the owner's, but for the workers inside. Ownership: owns threads and jobs. Complexity: O(1) and a lock each.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "vector/vector_index.h"
#include "vector/vector_work.h"

namespace kvorum {

class VectorPool final : public VectorWork {
 public:
  static constexpr size_t kMostThreads = 48;  // of them and the shard's: less than ReaderEpochs::kMaxReaders
  static constexpr size_t kMostInsertions = 512;

  VectorPool();
  ~VectorPool() override;
  VectorPool(const VectorPool&) = delete;
  VectorPool& operator=(const VectorPool&) = delete;

  // Called by a worker when there is something to finish and nobody has been called for it yet; may do no more than wake the owner.
  void SetWake(std::function<void()> wake) { wake_ = std::move(wake); }
  // Ends the threads there are, each after its job, and starts others. What waits, waits on; without threads it runs here and now, and FinishDone
  // ends it.
  void SetThreads(size_t threads);
  // What waits, waits for ever: before the end.
  void EndThreads();
  void SetManual() { manual_ = true; }
  // Whether jobs run elsewhere than in Post.
  bool works_apart() const { return manual_ || !threads_.empty(); }

  void Post(Kind kind, std::unique_ptr<VectorJob> job) override;
  // Runs a job here and now, and ends it.
  void RunHere(VectorJob* job);
  // For searches on the owner's thread without a job.
  SearchContext* context() { return context_.get(); }
  // Ends what has run. Calls jobs' Finish, which may post.
  void FinishDone();
  bool has_done() const { return has_done_.load(std::memory_order_acquire); }
  // Manual: runs the job that is next. False: there is none.
  bool RunOne();
  // Waits until all that was posted has ended: before what nobody may come into.
  void Settle();
  size_t waiting() const;

 private:
  struct Task {
    Kind kind;
    std::unique_ptr<VectorJob> job;
  };

  void Work();
  bool Take(Task* task);  // mutex_ is held
  void Done(Task task);
  void FinishInsertions();

  std::function<void()> wake_;
  bool manual_ = false;
  SearchContextPtr context_;  // the owner's
  std::vector<std::thread> threads_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable ended_;
  // Guarded by mutex_.
  std::deque<std::unique_ptr<VectorJob>> searches_;
  std::deque<std::unique_ptr<VectorJob>> insertions_;
  std::vector<Task> done_;
  size_t running_ = 0;
  uint64_t taken_ = 0;
  bool stopping_ = false;
  std::atomic<bool> has_done_{false};
};

}  // namespace kvorum
