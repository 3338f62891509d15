// Snapshots of small strings: the walk alone, with commands between its slices, to a file, and back. The argument is the number of
// keys; files are made in a folder in the working directory.
//
//   snapshot_walk_benchmark --benchmark_filter=/5000000
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/random.h"
#include "keyspace/hash_object.h"
#include "keyspace/list_object.h"
#include "keyspace/snapshot_walk.h"
#include "keyspace/sorted_set_object.h"
#include "os/clock.h"
#include "os/file.h"
#include "shard/snapshot.h"
#include "shard/snapshot_load.h"

namespace kvorum {
namespace {

constexpr size_t kValueBytes = 64;

std::string KeyOf(uint64_t number) { return fmt::format("key:{:012}", number); }

struct Data {
  explicit Data(uint64_t count) : keys(count), keyspace(16, &settings) {
    const std::string value(kValueBytes, 'v');
    for (uint64_t i = 0; i < count; ++i) keyspace.database(0).PutString(KeyOf(i), value, 0);
  }
  uint64_t keys;
  KeyspaceSettings settings;
  Keyspace keyspace;
};

// One for all benchmarks with so many keys.
Data& DataOf(const benchmark::State& state) {
  static std::unique_ptr<Data> data;
  const auto keys = static_cast<uint64_t>(state.range(0));
  if (data == nullptr || data->keys != keys) {
    data.reset();
    data = std::make_unique<Data>(keys);
  }
  return *data;
}

class NullSink final : public SnapshotSink {
 public:
  void TakeBlock(Buffer* block, uint32_t) override {
    bytes += block->size();
    block->Clear();
  }
  uint64_t bytes = 0;
};

void Rate(benchmark::State& state) { state.SetItemsProcessed(state.iterations() * state.range(0)); }

void WalkAlone(benchmark::State& state) {
  Data& data = DataOf(state);
  NullSink sink;
  for (auto _ : state) {
    SnapshotWalk walk(data.keyspace, sink);
    while (walk.Step(16 << 10)) {
    }
  }
  Rate(state);
}

void WalkToMarkOnly(benchmark::State& state) {
  Data& data = DataOf(state);
  NullSink sink;
  for (auto _ : state) {
    SnapshotWalk walk(data.keyspace, sink);
    walk.Drop();
    while (walk.Step(16 << 10)) {
    }
  }
  Rate(state);
}

// SETs of random keys, without a snapshot, and as first changes after its begin.
void Sets(benchmark::State& state, bool with_snapshot) {
  Data& data = DataOf(state);
  Random random(1);
  const std::string value(kValueBytes, 'w');
  const int64_t count = state.range(0) / 10;
  for (auto _ : state) {
    NullSink sink;
    std::unique_ptr<SnapshotWalk> walk;
    if (with_snapshot) walk = std::make_unique<SnapshotWalk>(data.keyspace, sink);
    const auto started = std::chrono::steady_clock::now();
    for (int64_t i = 0; i < count; ++i) data.keyspace.database(0).PutString(KeyOf(random.Below(data.keys)), value, 0);
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
    while (walk != nullptr && walk->Step(16 << 10)) {
    }
  }
  state.SetItemsProcessed(state.iterations() * count);
}
void SetsWithoutSnapshot(benchmark::State& state) { Sets(state, false); }
void SetsThatWriteFirst(benchmark::State& state) { Sets(state, true); }

std::string MakeFolder() {
  char path[] = "snapshot-benchmark-XXXXXX";
  CHECK(mkdtemp(path) != nullptr);
  return path;
}

void WriteFile(Data& data, const std::string& folder, Worker& worker, benchmark::State* state) {
  SystemClock clock;
  Snapshot snapshot({.keyspace = &data.keyspace, .clock = &clock, .files = &PosixFileSystem(), .worker = &worker});
  CHECK(!snapshot.Begin(folder, {.index = 1, .databases = 16}));
  snapshot.RunToEnd();
  const std::optional<SnapshotOutcome> outcome = snapshot.TakeOutcome();
  CHECK(outcome.has_value() && outcome->good);
  if (state != nullptr) state->counters["file_mb"] = static_cast<double>(outcome->file_bytes) / 1e6;
}

void Write(benchmark::State& state) {
  Data& data = DataOf(state);
  const std::string folder = MakeFolder();
  {
    ThreadWorker worker("snapshot");
    for (auto _ : state) WriteFile(data, folder, worker, &state);
  }
  std::filesystem::remove_all(folder);
  Rate(state);
}

void Load(benchmark::State& state) {
  Data& data = DataOf(state);
  const std::string folder = MakeFolder();
  {
    ThreadWorker worker("snapshot");
    WriteFile(data, folder, worker, nullptr);
    for (auto _ : state) {
      auto keyspace = std::make_unique<Keyspace>(16, &data.settings);
      SnapshotLoadProgress progress;
      CHECK(!LoadSnapshot(PosixFileSystem(), JoinPath(folder, "snapshot-00000000000000000001.kvs"), &worker, *keyspace,
                          {}, &progress));
      CHECK(progress.keys == data.keys);
      state.PauseTiming();
      keyspace.reset();
      state.ResumeTiming();
    }
  }
  std::filesystem::remove_all(folder);
  Rate(state);
}

// Turns of commands and of a snapshot that has its share, as the server has them: the longest slice, and how long it takes.
void Turns(benchmark::State& state) {
  Data& data = DataOf(state);
  const std::string folder = MakeFolder();
  Random random(1);
  const std::string value(kValueBytes, 'w');
  SystemClock clock;
  int64_t longest = 0, sets = 0, total = 0, in_turns = 0;
  {
    ThreadWorker worker("snapshot");
    for (auto _ : state) {
      Snapshot snapshot({.keyspace = &data.keyspace, .clock = &clock, .files = &PosixFileSystem(), .worker = &worker});
      CHECK(!snapshot.Begin(folder, {.index = 1, .databases = 16}));
      const int64_t began = clock.MonotonicMicros();
      while (!snapshot.idle()) {
        for (int i = 0; i < 800; ++i) data.keyspace.database(0).PutString(KeyOf(random.Below(data.keys)), value, 0);
        sets += 800;
        const int64_t before = clock.MonotonicMicros();
        (void)snapshot.Turn(false);
        const int64_t took = clock.MonotonicMicros() - before;
        longest = std::max(longest, took);
        in_turns += took;
      }
      total += clock.MonotonicMicros() - began;
    }
  }
  std::filesystem::remove_all(folder);
  state.counters["longest_us"] = static_cast<double>(longest);
  state.counters["share"] = static_cast<double>(in_turns) / static_cast<double>(total);
  state.counters["sets_per_s"] = static_cast<double>(sets) * 1e6 / static_cast<double>(total);
  Rate(state);
}

// What a command waits that is the first to change a value of so many elements (of a string: bytes).
void ChangeOfLargeValue(benchmark::State& state, ObjectType type) {
  KeyspaceSettings settings;
  Keyspace keyspace(1, &settings);
  Database& db = keyspace.database(0);
  const int64_t count = state.range(0);
  std::unique_ptr<Object> object;
  if (type == ObjectType::kList) {
    auto list = std::make_unique<ListObject>();
    for (int64_t i = 0; i < count; ++i) {
      const std::string element = KeyOf(static_cast<uint64_t>(i));
      list->Push(ListObject::End::kTail, {.text = element}, ListObject::LimitsOf(settings));
    }
    object = std::move(list);
  } else if (type == ObjectType::kHash) {
    auto hash = std::make_unique<HashObject>();
    for (int64_t i = 0; i < count; ++i) (void)hash->Set(KeyOf(static_cast<uint64_t>(i)), "value", settings);
    object = std::move(hash);
  } else if (type == ObjectType::kSortedSet) {
    SortedSetBuilder builder;
    bool added;
    for (int64_t i = 0; i < count; ++i)
      builder.Slot(KeyOf(static_cast<uint64_t>(i)), static_cast<double>(i * 7919 % count), &added);
    object = builder.Finish(SortedSetObject::LimitsOf(settings));
  }
  if (object != nullptr) {
    db.PutObject("key", std::move(object), 0);
  } else {
    db.PutString("key", std::string(static_cast<size_t>(count), 'v'), 0);
  }
  NullSink sink;
  for (auto _ : state) {
    SnapshotWalk walk(keyspace, sink);
    const auto started = std::chrono::steady_clock::now();
    db.WillChange(db.Find("key"));
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
    while (walk.Step(16 << 10)) {
    }
  }
  Rate(state);
}
BENCHMARK_CAPTURE(ChangeOfLargeValue, string, ObjectType::kString)
    ->Unit(benchmark::kMillisecond)
    ->Arg(100000000)
    ->UseManualTime();
BENCHMARK_CAPTURE(ChangeOfLargeValue, list, ObjectType::kList)
    ->Unit(benchmark::kMillisecond)
    ->Arg(1000000)
    ->UseManualTime();
BENCHMARK_CAPTURE(ChangeOfLargeValue, hash, ObjectType::kHash)
    ->Unit(benchmark::kMillisecond)
    ->Arg(1000000)
    ->UseManualTime();
BENCHMARK_CAPTURE(ChangeOfLargeValue, sorted_set, ObjectType::kSortedSet)
    ->Unit(benchmark::kMillisecond)
    ->Arg(1000000)
    ->UseManualTime();

#define KVORUM_SIZES Unit(benchmark::kMillisecond)->Arg(1000000)->Arg(5000000)->UseRealTime()
BENCHMARK(WalkAlone)->KVORUM_SIZES;
BENCHMARK(WalkToMarkOnly)->KVORUM_SIZES;
BENCHMARK(SetsWithoutSnapshot)->Unit(benchmark::kMillisecond)->Arg(1000000)->Arg(5000000)->UseManualTime();
BENCHMARK(SetsThatWriteFirst)->Unit(benchmark::kMillisecond)->Arg(1000000)->Arg(5000000)->UseManualTime();
BENCHMARK(Write)->KVORUM_SIZES;
BENCHMARK(Load)->KVORUM_SIZES;
BENCHMARK(Turns)->KVORUM_SIZES;

}  // namespace
}  // namespace kvorum
