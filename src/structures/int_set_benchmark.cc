#include <benchmark/benchmark.h>

#include "structures/int_set.h"

namespace kvorum {
namespace {

void AddAscending(benchmark::State& state) {
  for (auto _ : state) {
    IntSet set;
    for (int64_t i = 0; i < state.range(0); ++i) set.Add(i);
    benchmark::DoNotOptimize(set.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AddAscending)->Arg(16)->Arg(512);

void AddRandom(benchmark::State& state) {
  Random random(1);
  for (auto _ : state) {
    IntSet set;
    for (int64_t i = 0; i < state.range(0); ++i) set.Add(static_cast<int64_t>(random.Below(1000000)));
    benchmark::DoNotOptimize(set.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AddRandom)->Arg(16)->Arg(512);

void Contains(benchmark::State& state) {
  Random random(1);
  IntSet set;
  for (int64_t i = 0; i < state.range(0); ++i) set.Add(static_cast<int64_t>(random.Below(100000)));
  for (auto _ : state) benchmark::DoNotOptimize(set.Contains(static_cast<int64_t>(random.Below(100000))));
}
BENCHMARK(Contains)->Arg(16)->Arg(512);

}  // namespace
}  // namespace kvorum
