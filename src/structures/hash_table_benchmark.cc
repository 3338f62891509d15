// The hash table: the longest single insertion while it grows (argument: millions of records), and lookups in what it grew to.
#include <benchmark/benchmark.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <string_view>
#include <vector>

#include "base/allocator.h"
#include "base/check.h"
#include "base/random.h"
#include "structures/hash_table.h"

namespace kvorum {
namespace {

struct Number {
  uint64_t key;
};
struct NumberTraits {
  static std::string_view Key(const Number* number) {
    return {reinterpret_cast<const char*>(&number->key), sizeof(number->key)};
  }
};
using Table = HashTable<Number, NumberTraits>;

int64_t Nanoseconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}

constexpr int64_t kSlowNanoseconds = 100'000;

// An insertion that took longer than kSlowNanoseconds.
struct Slow {
  size_t number;
  int64_t nanoseconds;
};

struct Growth {
  std::vector<Slow> slow;
  double bytes_a_record;
};

// Times each insertion by itself. The records are there before, so that only the table's own work is timed.
Growth Grow(size_t count) {
  std::vector<Number> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i].key = i;
  Growth growth;
  Table table;
  for (size_t i = 0; i < count; ++i) {
    const int64_t started = Nanoseconds(CLOCK_MONOTONIC);
    table.Insert(&numbers[i]);
    const int64_t took = Nanoseconds(CLOCK_MONOTONIC) - started;
    if (took > kSlowNanoseconds) growth.slow.push_back({i, took});
  }
  growth.bytes_a_record = static_cast<double>(table.bytes()) / static_cast<double>(count);
  return growth;
}

// The same in a process of its own, which begins with no memory and the same seed: insertion i does the same work each time.
Growth GrowApart(size_t count) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    const Growth growth = Grow(count);
    FILE* out = fdopen(ends[1], "wb");
    std::fwrite(&growth.bytes_a_record, sizeof(double), 1, out);
    std::fwrite(growth.slow.data(), sizeof(Slow), growth.slow.size(), out);
    std::fclose(out);
    _exit(0);
  }
  close(ends[1]);
  FILE* in = fdopen(ends[0], "rb");
  Growth growth{};
  CHECK(std::fread(&growth.bytes_a_record, sizeof(double), 1, in) == 1);
  Slow slow;
  while (std::fread(&slow, sizeof(slow), 1, in) == 1) growth.slow.push_back(slow);
  std::fclose(in);
  waitpid(child, nullptr, 0);
  return growth;
}

// The longest insertion. The machine adds pauses of its own, of milliseconds on a virtual one, anywhere (see GrowNothing and
// TouchMemory); what the table does comes back at the same insertion each time. So `longest_us` is the longest of all, with those, and
// `repeated_us` the longest that was so long in each of three runs: over all insertions the largest of their shortest times (100: none was
// longer than that each time).
void GrowTo(benchmark::State& state) {
  constexpr int kRuns = 3;
  const auto count = static_cast<size_t>(state.range(0)) * 1000000;
  for (auto _ : state) {
    int64_t longest = 0;
    size_t slow = 0;
    std::map<size_t, std::vector<int64_t>> times;
    double bytes_a_record = 0;
    for (int run = 0; run < kRuns; ++run) {
      const Growth growth = GrowApart(count);
      bytes_a_record = growth.bytes_a_record;
      for (const Slow& one : growth.slow) {
        longest = std::max(longest, one.nanoseconds);
        times[one.number].push_back(one.nanoseconds);
      }
      slow += growth.slow.size();
    }
    int64_t repeated = kSlowNanoseconds;
    for (const auto& [number, all] : times) {
      if (all.size() == kRuns) repeated = std::max(repeated, *std::min_element(all.begin(), all.end()));
    }
    state.counters["longest_us"] = static_cast<double>(longest) / 1000;
    state.counters["repeated_us"] = static_cast<double>(repeated) / 1000;
    state.counters["over_100us_a_run"] = static_cast<double>(slow) / kRuns;
    state.counters["bytes_a_record"] = bytes_a_record;
  }
}
BENCHMARK(GrowTo)->Arg(1)->Arg(10)->Arg(50)->Iterations(1)->Unit(benchmark::kMillisecond);

// The same loop around nothing, and around the first touch of memory, by 4 KiB, as much as the table takes: what the machine alone makes
// of them.
void GrowNothing(benchmark::State& state) {
  for (auto _ : state) {
    int64_t longest = 0;
    for (int64_t i = 0; i < state.range(0) * 1000000; ++i) {
      const int64_t started = Nanoseconds(CLOCK_MONOTONIC);
      benchmark::ClobberMemory();
      longest = std::max(longest, Nanoseconds(CLOCK_MONOTONIC) - started);
    }
    state.counters["longest_us"] = static_cast<double>(longest) / 1000;
  }
}
BENCHMARK(GrowNothing)->Arg(50)->Iterations(1)->Unit(benchmark::kMillisecond);

void TouchMemory(benchmark::State& state) {
  constexpr size_t kPageBytes = 4096;
  const auto bytes = static_cast<size_t>(state.range(0)) << 20;
  for (auto _ : state) {
    auto* memory = static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(memory != MAP_FAILED);
    int64_t longest = 0;
    int64_t over_100us = 0;
    for (size_t i = 0; i < bytes; i += kPageBytes) {
      const int64_t started = Nanoseconds(CLOCK_MONOTONIC);
      memory[i] = 1;
      const int64_t took = Nanoseconds(CLOCK_MONOTONIC) - started;
      longest = std::max(longest, took);
      over_100us += took > kSlowNanoseconds;
    }
    munmap(memory, bytes);
    state.counters["longest_us"] = static_cast<double>(longest) / 1000;
    state.counters["over_100us"] = static_cast<double>(over_100us);
  }
}
BENCHMARK(TouchMemory)->Arg(720)->Iterations(1)->Unit(benchmark::kMillisecond);

// Only the pages that the table takes on its way to 50 million: what the system makes of the first touch of memory.
void TakePages(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<void*> pages;
    int64_t longest = 0;
    int64_t over_100us = 0;
    for (int64_t i = 0; i < state.range(0); ++i) {
      const int64_t started = Nanoseconds(CLOCK_MONOTONIC);
      pages.push_back(AllocatePage());
      const int64_t took = Nanoseconds(CLOCK_MONOTONIC) - started;
      longest = std::max(longest, took);
      over_100us += took > 100000;
    }
    state.counters["longest_us"] = static_cast<double>(longest) / 1000;
    state.counters["over_100us"] = static_cast<double>(over_100us);
    for (void* page : pages) FreePage(page);
  }
}
BENCHMARK(TakePages)->Arg(11500)->Iterations(1)->Unit(benchmark::kMillisecond);

void FindRandom(benchmark::State& state) {
  std::vector<Number> numbers(static_cast<size_t>(state.range(0)) * 1000000);
  Table table;
  for (size_t i = 0; i < numbers.size(); ++i) {
    numbers[i].key = i;
    table.Insert(&numbers[i]);
  }
  Random random(1);
  for (auto _ : state) {
    const Number wanted{random.Below(numbers.size())};
    benchmark::DoNotOptimize(table.Get(NumberTraits::Key(&wanted)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(FindRandom)->Arg(1)->Arg(10);

}  // namespace
}  // namespace kvorum
