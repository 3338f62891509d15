// The hash table: the longest single insertion while it grows (argument: millions of records), and lookups in what it grew to.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <string_view>
#include <vector>

#include "base/allocator.h"
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

// Times each insertion by itself, by the wall's clock and by the thread's processor time, which leaves out what the machine did
// with the processor meanwhile. The records are there before, so that only the table's own work is timed.
void GrowTo(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0)) * 1000000;
  std::vector<Number> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i].key = i;
  for (auto _ : state) {
    Table table;
    int64_t longest = 0;
    int64_t longest_cpu = 0;
    int64_t over_100us = 0;
    for (Number& number : numbers) {
      const int64_t started_cpu = Nanoseconds(CLOCK_THREAD_CPUTIME_ID);
      const int64_t started = Nanoseconds(CLOCK_MONOTONIC);
      table.Insert(&number);
      const int64_t took = Nanoseconds(CLOCK_MONOTONIC) - started;
      longest = std::max(longest, took);
      longest_cpu = std::max(longest_cpu, Nanoseconds(CLOCK_THREAD_CPUTIME_ID) - started_cpu);
      over_100us += took > 100000;
    }
    state.counters["longest_us"] = static_cast<double>(longest) / 1000;
    state.counters["longest_cpu_us"] = static_cast<double>(longest_cpu) / 1000;
    state.counters["over_100us"] = static_cast<double>(over_100us);
    state.counters["bytes_a_record"] = static_cast<double>(table.bytes()) / static_cast<double>(count);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(count));
}
BENCHMARK(GrowTo)->Arg(1)->Arg(10)->Arg(50)->Iterations(1)->Unit(benchmark::kMillisecond);

// The same loop around nothing: what the machine alone makes of it.
void GrowNothing(benchmark::State& state) {
  for (auto _ : state) {
    int64_t longest = 0;
    int64_t longest_cpu = 0;
    for (int64_t i = 0; i < state.range(0) * 1000000; ++i) {
      const int64_t started_cpu = Nanoseconds(CLOCK_THREAD_CPUTIME_ID);
      const int64_t started = Nanoseconds(CLOCK_MONOTONIC);
      benchmark::ClobberMemory();
      longest = std::max(longest, Nanoseconds(CLOCK_MONOTONIC) - started);
      longest_cpu = std::max(longest_cpu, Nanoseconds(CLOCK_THREAD_CPUTIME_ID) - started_cpu);
    }
    state.counters["longest_us"] = static_cast<double>(longest) / 1000;
    state.counters["longest_cpu_us"] = static_cast<double>(longest_cpu) / 1000;
  }
}
BENCHMARK(GrowNothing)->Arg(50)->Iterations(1)->Unit(benchmark::kMillisecond);

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
