#include <benchmark/benchmark.h>

#include <string>

#include "structures/quick_list.h"

namespace kvorum {
namespace {

constexpr char kElement[] = "an element of about 64 bytes, as LPUSH gets them in a benchmark.";

void PushFront(benchmark::State& state) {
  QuickList list;
  for (auto _ : state) {
    list.PushFront(kElement);
    if (list.size() == 1'000'000) list.Clear();
  }
}
BENCHMARK(PushFront);

void PushBack(benchmark::State& state) {
  QuickList list;
  for (auto _ : state) {
    list.PushBack(kElement);
    if (list.size() == 1'000'000) list.Clear();
  }
}
BENCHMARK(PushBack);

void PushFrontNumbers(benchmark::State& state) {
  QuickList list;
  int64_t i = 0;
  char text[kMaxInt64Chars];
  for (auto _ : state) {
    list.PushFront({text, FormatInt64(++i, text)});
    if (list.size() == 1'000'000) list.Clear();
  }
}
BENCHMARK(PushFrontNumbers);

void Queue(benchmark::State& state) {
  QuickList list;
  for (int64_t i = 0; i < state.range(0); ++i) list.PushFront(kElement);
  for (auto _ : state) {
    list.PushFront(kElement);
    list.PopBack();
  }
}
BENCHMARK(Queue)->Arg(1)->Arg(10)->Arg(100)->Arg(10000);

// Lists of a few elements, made and dropped.
void ShortList(benchmark::State& state) {
  for (auto _ : state) {
    QuickList list;
    for (int64_t i = 0; i < state.range(0); ++i) list.PushBack("0123456789");
    benchmark::DoNotOptimize(list.size());
  }
}
BENCHMARK(ShortList)->Arg(1)->Arg(10)->Arg(100);

void Range(benchmark::State& state) {
  QuickList list;
  for (int i = 0; i < 100000; ++i) list.PushBack("element:" + std::to_string(i));
  for (auto _ : state) {
    auto position = list.At(state.range(0));
    for (int i = 0; i < 100; ++i, position = list.Next(position)) benchmark::DoNotOptimize(list.Get(position));
  }
}
BENCHMARK(Range)->Arg(0)->Arg(50000);

}  // namespace
}  // namespace kvorum
