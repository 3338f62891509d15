// ReaderEpochs: tells the one writer of a structure when nobody reads any more what it has taken out of it.
//
// A reader enters before it reads and leaves afterwards. The writer unlinks something, asks for the epoch it retires in (Retire), and
// may reuse it once Passed says so: then every reader that may have seen it has left. (Epoch-based reclamation, Fraser 2004; with one
// writer, who never waits.)
//
// Threads: any enter and leave, kMaxReaders at once; more wait for one to leave. One writer calls Retire and Passed.
//
// Memory order: to enter is to write the reader's cell, to look for readers is to write it too (a read-modify-write that changes nothing), so the two are
// ordered: either the writer sees the reader, or the reader, entering later, sees everything the writer had unlinked.
// Complexity: O(1) to enter and leave, O(kMaxReaders) for Passed.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace kvorum {

class ReaderEpochs {
 public:
  static constexpr size_t kMaxReaders = 64;

  // Reads while it lives.
  class Guard {
   public:
    explicit Guard(const ReaderEpochs& epochs, size_t hint = 0) : cell_(epochs.Enter(hint)) {}
    ~Guard() { cell_->store(kIdle, std::memory_order_release); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    std::atomic<uint64_t>* cell_;
  };

  // The epoch in which what was unlinked before this call is retired.
  uint64_t Retire() { return epoch_.fetch_add(1, std::memory_order_acq_rel); }

  // Whether all readers have left that may have seen what was retired in `epoch`.
  bool Passed(uint64_t epoch) {
    if (epoch < passed_) return true;
    uint64_t oldest = epoch_.load(std::memory_order_relaxed);
    for (Cell& cell : cells_) {
      const uint64_t entered = cell.epoch.fetch_add(0, std::memory_order_acq_rel);
      if (entered != kIdle && entered < oldest) oldest = entered;
    }
    passed_ = oldest;
    return epoch < passed_;
  }

 private:
  static constexpr uint64_t kIdle = 0;
  struct alignas(64) Cell {
    std::atomic<uint64_t> epoch{kIdle};
  };

  std::atomic<uint64_t>* Enter(size_t hint) const {
    const uint64_t epoch = epoch_.load(std::memory_order_acquire);
    for (size_t i = hint;; ++i) {
      std::atomic<uint64_t>& cell = cells_[i % kMaxReaders].epoch;
      uint64_t expected = kIdle;
      if (cell.compare_exchange_strong(expected, epoch, std::memory_order_acq_rel)) return &cell;
    }
  }

  std::atomic<uint64_t> epoch_{1};
  uint64_t passed_ = 0;  // all epochs before have passed
  mutable std::array<Cell, kMaxReaders> cells_;
};

}  // namespace kvorum
