// Warmup: the part of a command's work that only finds what the command will touch inside of a large value, and brings it towards
// the caches. The warm-ups of commands that arrived together take a step each in turn, so that they wait for memory together
// instead of one after another; then the commands run. Nothing is changed in between, so what a warm-up has seen stays true.
//
// A job is a small plain class with `bool Step()`, which does a little, prefetches what its next step reads, and returns false
// when there is nothing left to do.
//
// Threads: one. Ownership: borrows the value and the command's arguments. It ends with the next change of the value.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>

namespace kvorum {

class Warmup {
 public:
  template <typename Job>
  void Start(const Job& job) {
    constexpr size_t kBytes = sizeof(Job);
    constexpr size_t kAlignment = alignof(Job);
    static_assert(kBytes <= sizeof(job_));
    static_assert(kAlignment <= alignof(std::max_align_t));
    static_assert(std::is_trivially_copyable_v<Job> && std::is_trivially_destructible_v<Job>);
    new (job_) Job(job);
    step_ = [](void* state) { return static_cast<Job*>(state)->Step(); };
  }
  // False when nothing is left to do.
  bool Step() { return step_(job_); }

 private:
  bool (*step_)(void*) = nullptr;
  alignas(std::max_align_t) char job_[144];
};

}  // namespace kvorum
