#include "base/huge_pages.h"

#include <pthread.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <new>

namespace kvorum {
namespace {

// Linux 6.1's MADV_COLLAPSE, which glibc 2.36 does not name yet.
constexpr int kMadviseCollapse = 25;
// Chunks waiting beyond that stay on small pages: memory is being filled much faster than the kernel can move it.
constexpr size_t kMostWaiting = 1024;

bool SystemSaysNever() {
  FILE* file = std::fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
  if (file == nullptr) return true;
  char text[64] = {};
  const size_t length = std::fread(text, 1, sizeof(text) - 1, file);
  std::fclose(file);
  return length == 0 || std::strstr(text, "[never]") != nullptr;
}

class Collapser {
 public:
  void Add(void* memory) {
    std::lock_guard lock(mutex_);
    if (!started_) Start();
    if (!works_ || count_ == kMostWaiting) return;
    waiting_[(first_ + count_++) % kMostWaiting] = memory;
    wake_.notify_one();
  }

 private:
  // The thread is never joined: it holds nothing, and memory lives to the end of the process.
  void Start() {
    started_ = true;
    if (SystemSaysNever()) return;
    pthread_t thread;
    works_ = pthread_create(
                 &thread, nullptr,
                 [](void* self) -> void* {
                   static_cast<Collapser*>(self)->Run();
                   return nullptr;
                 },
                 this) == 0;
    if (!works_) return;
    pthread_setname_np(thread, "huge-pages");
    pthread_detach(thread);
  }

  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return count_ > 0; });
      void* memory = waiting_[first_];
      first_ = (first_ + 1) % kMostWaiting;
      --count_;
      lock.unlock();
      // It may fail for want of a free huge page: then this memory stays as it is. An older kernel is asked to do it in its own time.
      if (madvise(memory, kHugePageBytes, kMadviseCollapse) != 0 && errno == EINVAL) {
        madvise(memory, kHugePageBytes, MADV_HUGEPAGE);
      }
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::array<void*, kMostWaiting> waiting_;
  size_t first_ = 0;
  size_t count_ = 0;
  bool started_ = false;
  bool works_ = false;
};

}  // namespace

void CollapseSoon(void* memory) {
  // Never destroyed, as its thread is never joined.
  alignas(Collapser) static char storage[sizeof(Collapser)];
  static Collapser* collapser = new (storage) Collapser;
  collapser->Add(memory);
}

}  // namespace kvorum
