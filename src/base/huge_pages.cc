#include "base/huge_pages.h"

#include <pthread.h>
#include <sys/mman.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <new>

#include "base/check.h"

namespace kvorum {
namespace {

std::atomic<bool> g_uses_huge_pages{false};

bool SystemSaysNever() {
  FILE* file = std::fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
  if (file == nullptr) return true;
  char text[64] = {};
  const size_t length = std::fread(text, 1, sizeof(text) - 1, file);
  std::fclose(file);
  return length == 0 || std::strstr(text, "[never]") != nullptr;
}

// Keeps one chunk ready.
class ChunkMaker {
 public:
  void* Take() {
    std::lock_guard lock(mutex_);
    if (!started_) Start();
    if (!works_) return nullptr;
    void* chunk = ready_;
    ready_ = nullptr;
    wake_.notify_one();
    return chunk;
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
                   static_cast<ChunkMaker*>(self)->Run();
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
      wake_.wait(lock, [this] { return ready_ == nullptr; });
      lock.unlock();
      auto* chunk = static_cast<char*>(MapChunk());
      // Without a free huge page the first touch gives a small one, and so do those to come.
      madvise(chunk, kHugePageBytes, MADV_HUGEPAGE);
      *static_cast<volatile char*>(chunk) = 0;
      lock.lock();
      ready_ = chunk;
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  void* ready_ = nullptr;
  bool started_ = false;
  bool works_ = false;
};

}  // namespace

void* MapChunk() {
  void* raw =
      mmap(nullptr, 2 * kHugePageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(raw != MAP_FAILED);
  const auto address = reinterpret_cast<uintptr_t>(raw);
  const uintptr_t aligned = (address + kHugePageBytes - 1) & ~(kHugePageBytes - 1);
  if (aligned > address) munmap(raw, aligned - address);
  munmap(reinterpret_cast<void*>(aligned + kHugePageBytes), address + kHugePageBytes - aligned);
  return reinterpret_cast<void*>(aligned);
}

void UseHugePages() { g_uses_huge_pages.store(true, std::memory_order_relaxed); }

void* TakeHugeChunk() {
  if (!g_uses_huge_pages.load(std::memory_order_relaxed)) return nullptr;
  // Never destroyed, as its thread is never joined.
  alignas(ChunkMaker) static char storage[sizeof(ChunkMaker)];
  static ChunkMaker* maker = new (storage) ChunkMaker;
  return maker->Take();
}

}  // namespace kvorum
