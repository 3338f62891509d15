#include <benchmark/benchmark.h>

#include <string>

#include "base/allocator.h"
#include "structures/packed_list.h"

namespace kvorum {
namespace {

PackedList FieldsAndValues(int64_t pairs) {
  PackedList list;
  for (int64_t i = 0; i < pairs; ++i) {
    list.PushBack("field:" + std::to_string(i));
    list.PushBack("value:" + std::to_string(i));
  }
  return list;
}

void PushBack(benchmark::State& state) {
  for (auto _ : state) {
    PackedList list;
    for (int64_t i = 0; i < state.range(0); ++i) list.PushBack("0123456789abcdef");
    benchmark::DoNotOptimize(list.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(PushBack)->Arg(4)->Arg(16)->Arg(128);

// The last field of all.
void FindField(benchmark::State& state) {
  PackedList list = FieldsAndValues(state.range(0));
  std::string field = "field:" + std::to_string(state.range(0) - 1);
  for (auto _ : state) benchmark::DoNotOptimize(list.Find(field, list.First(), 2));
  state.counters["bytes"] = static_cast<double>(list.allocated_bytes());
}
BENCHMARK(FindField)->Arg(4)->Arg(16)->Arg(128);

void ReplaceValue(benchmark::State& state) {
  PackedList list = FieldsAndValues(state.range(0));
  int64_t i = 0;
  for (auto _ : state) {
    auto value = list.Next(list.Find("field:1", list.First(), 2));
    list.Replace(value, (i++ & 1) != 0 ? "longer value" : "value");
  }
}
BENCHMARK(ReplaceValue)->Arg(4)->Arg(128);

void WalkForward(benchmark::State& state) {
  PackedList list = FieldsAndValues(state.range(0));
  for (auto _ : state) {
    for (auto p = list.First(); p != PackedList::kNone; p = list.Next(p)) benchmark::DoNotOptimize(list.Get(p));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * 2);
}
BENCHMARK(WalkForward)->Arg(128);

}  // namespace
}  // namespace kvorum
