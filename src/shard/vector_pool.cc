#include "shard/vector_pool.h"

#include <utility>

namespace kvorum {
namespace {

// Of so many jobs one is an insertion, even if searches wait.
constexpr uint64_t kInsertionTurn = 8;

}  // namespace

VectorPool::VectorPool() : context_(MakeSearchContext()) {}

VectorPool::~VectorPool() { EndThreads(); }

void VectorPool::EndThreads() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  stopping_ = false;
}

void VectorPool::SetThreads(size_t threads) {
  EndThreads();
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
  if (works_apart()) return;
  while (RunOne()) {
  }
}

bool VectorPool::Take(Task* task) {
  if (searches_.empty() && insertions_.empty()) return false;
  const bool inserts = searches_.empty() || (!insertions_.empty() && ++taken_ % kInsertionTurn == 0);
  auto& queue = inserts ? insertions_ : searches_;
  *task = {inserts ? Kind::kInsertion : Kind::kSearch, std::move(queue.front())};
  queue.pop_front();
  ++running_;
  return true;
}

void VectorPool::Done(Task task) {
  bool is_first;
  {
    const std::lock_guard lock(mutex_);
    --running_;
    is_first = done_.empty();
    done_.push_back(std::move(task));
    has_done_.store(true, std::memory_order_release);
  }
  ended_.notify_one();
  if (is_first && wake_) wake_();
}

void VectorPool::Work() {
  const SearchContextPtr context = MakeSearchContext();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !searches_.empty() || !insertions_.empty(); });
    if (stopping_) return;
    Task task;
    if (!Take(&task)) continue;
    lock.unlock();
    task.job->Run(context.get());
    Done(std::move(task));
    lock.lock();
  }
}

void VectorPool::RunHere(VectorJob* job) {
  job->Run(context_.get());
  job->Finish();
}

void VectorPool::Post(Kind kind, std::unique_ptr<VectorJob> job) {
  if (!works_apart()) return RunHere(job.get());
  bool is_full = false;
  {
    const std::lock_guard lock(mutex_);
    if (kind == Kind::kSearch) {
      searches_.push_back(std::move(job));
    } else if (insertions_.size() + done_.size() < kMostInsertions) {
      insertions_.push_back(std::move(job));
    } else {
      is_full = true;
    }
  }
  if (!is_full) return changed_.notify_one();
  FinishInsertions();
  RunHere(job.get());
}

void VectorPool::FinishInsertions() {
  std::vector<Task> ended;
  {
    const std::lock_guard lock(mutex_);
    std::vector<Task> others;
    for (Task& task : done_) (task.kind == Kind::kInsertion ? ended : others).push_back(std::move(task));
    done_ = std::move(others);
  }
  for (Task& task : ended) task.job->Finish();
}

void VectorPool::FinishDone() {
  std::vector<Task> ended;
  {
    const std::lock_guard lock(mutex_);
    ended.swap(done_);
    has_done_.store(false, std::memory_order_release);
  }
  for (Task& task : ended) task.job->Finish();
}

bool VectorPool::RunOne() {
  Task task;
  {
    const std::lock_guard lock(mutex_);
    if (!Take(&task)) return false;
  }
  task.job->Run(context_.get());
  Done(std::move(task));
  return true;
}

void VectorPool::Settle() {
  while (true) {
    // This thread helps.
    while (RunOne()) {
    }
    FinishDone();
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return running_ == 0 || !done_.empty(); });
    if (running_ == 0 && done_.empty() && searches_.empty() && insertions_.empty()) return;
  }
}

size_t VectorPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return searches_.size() + insertions_.size();
}

}  // namespace kvorum
