// What stating and reading the effects of writes costs: SET of a 16-byte key and a value (argument: its bytes), 16 a
// turn.
#include <benchmark/benchmark.h>

#include <string>

#include "journal/effects.h"

namespace kvorum {
namespace {

constexpr int kCommandsATurn = 16;

void FillTurn(EffectsBuffer& buffer, std::string_view value) {
  for (int i = 0; i < kCommandsATurn; ++i) {
    buffer.Begin(0, 3);
    buffer.Word("SET");
    buffer.Word("key:000000012345");
    buffer.Word(value);
  }
}

void StateEffects(benchmark::State& state) {
  const std::string value(static_cast<size_t>(state.range(0)), 'x');
  EffectsBuffer buffer;
  for (auto _ : state) {
    FillTurn(buffer, value);
    benchmark::DoNotOptimize(buffer.bytes());
    buffer.Clear();
  }
  state.SetItemsProcessed(state.iterations() * kCommandsATurn);
}
BENCHMARK(StateEffects)->Arg(64)->Arg(1024);

void ReadEffects(benchmark::State& state) {
  EffectsBuffer buffer;
  FillTurn(buffer, std::string(static_cast<size_t>(state.range(0)), 'x'));
  for (auto _ : state) {
    EffectsReader reader(buffer.bytes());
    while (reader.Next()) benchmark::DoNotOptimize(reader.words().data());
  }
  state.SetItemsProcessed(state.iterations() * kCommandsATurn);
}
BENCHMARK(ReadEffects)->Arg(64)->Arg(1024);

}  // namespace
}  // namespace kvorum
