// How fast entries become RDB's bytes, checksum included, and come back.
#include <benchmark/benchmark.h>

#include "base/random.h"
#include "rdb/file_writer.h"
#include "rdb/test_rdb.h"
#include "rdb/value_reader.h"

namespace kvorum {
namespace {

class NullSink final : public ByteSink {
 public:
  std::string Write(std::string_view bytes) override {
    benchmark::DoNotOptimize(bytes.data());
    return {};
  }
};

std::vector<OwnedEntry> Strings(size_t value_bytes, bool repetitive) {
  Random random(1);
  std::vector<OwnedEntry> entries;
  for (int i = 0; i < 10000; ++i) {
    std::string value;
    while (value.size() < value_bytes)
      value += repetitive ? "abcd" : std::string(1, static_cast<char>('!' + random.Below(90)));
    value.resize(value_bytes);
    entries.emplace_back(Entry::NewString("key:" + std::to_string(100000000000 + i), value, Entry::kNoDeadline));
  }
  return entries;
}

void WriteStrings(benchmark::State& state, bool compresses, bool repetitive) {
  const auto entries = Strings(static_cast<size_t>(state.range(0)), repetitive);
  NullSink sink;
  RdbFileWriter writer({.compresses = compresses}, sink);
  for (auto _ : state) {
    for (const OwnedEntry& entry : entries) writer.Key(*entry);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(entries.size()));
}
BENCHMARK_CAPTURE(WriteStrings, plain, false, false)->Arg(16)->Arg(64)->Arg(256);
BENCHMARK_CAPTURE(WriteStrings, compressing_random, true, false)->Arg(16)->Arg(64)->Arg(256);
BENCHMARK_CAPTURE(WriteStrings, compressing_repetitive, true, true)->Arg(64)->Arg(256);

OwnedEntry Hash(int fields) {
  const KeyspaceSettings settings;
  auto hash = std::make_unique<HashObject>();
  for (int i = 0; i < fields; ++i) (void)hash->Set("field:" + std::to_string(i), std::to_string(i * 1000), settings);
  return OwnedEntry(Entry::NewObject("key", std::move(hash), Entry::kNoDeadline));
}

void WriteHash(benchmark::State& state) {
  const OwnedEntry entry = Hash(static_cast<int>(state.range(0)));
  NullSink sink;
  RdbFileWriter writer({.compresses = false}, sink);
  for (auto _ : state) writer.Key(*entry);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(WriteHash)->Arg(10)->Arg(100)->Arg(10000);

void ReadHash(benchmark::State& state) {
  const KeyspaceSettings settings;
  const OwnedEntry entry = Hash(static_cast<int>(state.range(0)));
  RdbWriter writer({.compresses = false});
  writer.Value(*entry);
  for (auto _ : state) {
    RdbReader reader(writer.buffer().view());
    RdbValueReader values(reader, settings);
    RdbValue value;
    CHECK(values.Read(static_cast<uint8_t>(RdbWriter::TypeOf(*entry)), &value));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(ReadHash)->Arg(10)->Arg(100)->Arg(10000);

}  // namespace
}  // namespace kvorum
