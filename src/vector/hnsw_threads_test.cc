// One writer and many readers at once. The thread sanitizer (preset tsan) is the judge of the order of memory; here, of what is found: what is never
// removed is always found, and what is found was there.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/random.h"
#include "vector/flat_index.h"
#include "vector/hnsw_index.h"
#include "vector/test_vectors.h"

namespace kvorum {
namespace {

constexpr size_t kDimensions = 16;
constexpr size_t kKept = 300;
constexpr size_t kRows = 1500;
constexpr uint64_t kSeed = 5;

VectorIndexSettings Settings(VectorForm form) {
  VectorIndexSettings settings;
  settings.codec = {.dimensions = kDimensions, .metric = VectorMetric::kL2, .form = form};
  settings.m = 8;
  settings.build_width = 40;
  settings.train_after = 700;  // so that the codec is replaced under the readers
  settings.seed = kSeed;
  return settings;
}

// Threads that prepare what is to be committed, and hand it to the writer.
class Preparers {
 public:
  Preparers(const VectorIndex& index, const std::vector<float>& rows, size_t threads) {
    for (size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([&, i] {
        const SearchContextPtr context = MakeSearchContext();
        Random random(kSeed + i);
        for (size_t row; (row = next_++) < kRows;) {
          PreparedVector prepared;
          index.Prepare(rows.data() + row * kDimensions, random.Next(), context.get(), &prepared);
          const std::lock_guard lock(mutex_);
          ready_.emplace_back(row, std::move(prepared));
          there_is_one_.notify_one();
        }
      });
    }
  }
  ~Preparers() {
    for (std::thread& thread : threads_) thread.join();
  }
  std::pair<size_t, PreparedVector> Take() {
    std::unique_lock lock(mutex_);
    there_is_one_.wait(lock, [&] { return !ready_.empty(); });
    auto one = std::move(ready_.front());
    ready_.pop_front();
    return one;
  }

 private:
  std::atomic<size_t> next_{kKept};
  std::mutex mutex_;
  std::condition_variable there_is_one_;
  std::deque<std::pair<size_t, PreparedVector>> ready_;
  std::vector<std::thread> threads_;
};

template <typename Index>
void WriteWhileReading(VectorForm form) {
  const std::vector<float> rows = ClusteredVectors(kRows, kDimensions, 1);
  Index index(Settings(form));
  std::vector<VectorSlot> slots(kRows, kNoVectorSlot);
  for (size_t row = 0; row < kKept; ++row) slots[row] = index.Add(rows.data() + row * kDimensions, row);
  std::atomic<bool> done{false};
  std::atomic<size_t> searches{0}, missed{0};
  const auto read = [&](uint64_t seed) {
    const SearchContextPtr context = MakeSearchContext();
    std::vector<VectorMatch> matches;
    Random random(seed);
    do {
      const size_t row = random.Below(kKept);
      index.Search(rows.data() + row * kDimensions, {.k = 5, .width = 30}, context.get(), &matches);
      bool found = false;
      for (const VectorMatch& match : matches) {
        ASSERT_LT(match.label, kRows);
        found |= match.label == row;
      }
      ++searches;
      missed += found ? 0 : 1;
    } while (!done);
  };
  std::vector<std::thread> readers;
  for (size_t i = 0; i < 2; ++i) readers.emplace_back(read, i + 1);
  {
    Preparers preparers(index, rows, 2);
    Random random(kSeed);
    for (size_t committed = kKept; committed < kRows; ++committed) {
      auto [row, prepared] = preparers.Take();
      slots[row] = index.Commit(prepared, row);
      if (committed % 100 == 0) {
        (void)index.Compact(5, [&](VectorSlot, VectorSlot to) { slots[index.LabelOf(to)] = to; });
      }
      const size_t victim = kKept + random.Below(kRows - kKept);
      if (slots[victim] == kNoVectorSlot) continue;
      index.Remove(slots[victim]);
      if (victim % 3 == 0) {
        slots[victim] = index.Add(rows.data() + victim * kDimensions, victim);
      } else {
        slots[victim] = kNoVectorSlot;
      }
    }
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  index.Validate();
  EXPECT_LE(missed, searches / 20) << searches;
  for (size_t row = 0; row < kRows; ++row) {
    if (slots[row] == kNoVectorSlot) continue;
    EXPECT_EQ(index.LabelOf(slots[row]), row);
  }
}

TEST(HnswThreadsTest, SearchesAndPreparesGoOnWhileOneWrites) {
  WriteWhileReading<HnswIndex>(VectorForm::kF32);
  WriteWhileReading<HnswIndex>(VectorForm::kQ8);
}

TEST(HnswThreadsTest, FlatToo) { WriteWhileReading<FlatIndex>(VectorForm::kQ8); }

}  // namespace
}  // namespace kvorum
