// Checksums by variant and size: of an entry of one command, of one turn's, and of a snapshot's block.
#include "base/crc32c.h"

#include <benchmark/benchmark.h>

#include <string>

namespace kvorum {
namespace {

void Checksum(benchmark::State& state, Crc32cVariant variant) {
  const std::string bytes(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(Crc32cBy(variant, 0, bytes.data(), bytes.size()));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(Checksum, hardware, Crc32cVariant::kHardware)->Arg(100)->Arg(10000)->Arg(1 << 20);
BENCHMARK_CAPTURE(Checksum, table, Crc32cVariant::kTable)->Arg(100)->Arg(10000)->Arg(1 << 20);

}  // namespace
}  // namespace kvorum
