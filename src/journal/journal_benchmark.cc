// What the journal costs a turn of the event loop (argument: commands in it, each SET of 64 bytes): stating the effects
// and appending them, then also writing them to a file in the working directory; reading them back; and one sync, with
// and without zeros ahead.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "journal/effects.h"
#include "journal/journal.h"
#include "journal/reader.h"

namespace kvorum {
namespace {

// A journal in a folder of its own, on the disk that the working directory is on.
class OnDisk {
 public:
  explicit OnDisk(uint64_t zero_ahead_bytes = 0) {
    char path[] = "journal-benchmark-XXXXXX";
    CHECK(mkdtemp(path) != nullptr);
    folder = path;
    JournalOptions options;
    options.zero_ahead_bytes = zero_ahead_bytes;
    TornTail tail;
    CHECK(!Journal::Open(PosixFileSystem(), folder, worker, clock, std::move(options), &journal, &tail));
  }
  ~OnDisk() {
    journal.reset();
    std::filesystem::remove_all(folder);
  }
  void RemoveOld() {
    worker.RunAll();  // a sync at each new segment
    journal->RemoveUpTo(journal->synced_index());
    worker.RunAll();
  }

  std::string folder;
  ManualWorker worker;
  SystemClock clock;
  std::unique_ptr<Journal> journal;
};

void AppendTurn(EffectsBuffer& effects, Journal& journal, int64_t commands) {
  static const std::string value(64, 'x');
  for (int64_t i = 0; i < commands; ++i) {
    effects.Begin(0, 3);
    effects.Word("SET");
    effects.Word("key:000000012345");
    effects.Word(value);
  }
  CHECK(journal.Append(effects.bytes(), 1) != 0);
  effects.Clear();
}

void AppendAndWrite(benchmark::State& state) {
  OnDisk disk;
  EffectsBuffer effects;
  int64_t turns = 0;
  for (auto _ : state) {
    AppendTurn(effects, *disk.journal, state.range(0));
    disk.journal->Flush();
    if (++turns % 1024 == 0 && disk.journal->stats().segments > 4) {
      state.PauseTiming();
      disk.RemoveOld();
      state.ResumeTiming();
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AppendAndWrite)->Arg(1)->Arg(16)->Arg(800);

// 64 turns a write, so that the call to the system hardly counts.
void AppendOnly(benchmark::State& state) {
  OnDisk disk;
  EffectsBuffer effects;
  int64_t turns = 0;
  for (auto _ : state) {
    AppendTurn(effects, *disk.journal, state.range(0));
    if (++turns % 64 == 0) {
      state.PauseTiming();
      disk.journal->Flush();
      disk.RemoveOld();
      state.ResumeTiming();
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AppendOnly)->Arg(1)->Arg(16)->Arg(800);

void ReadBack(benchmark::State& state) {
  OnDisk disk;
  EffectsBuffer effects;
  constexpr int64_t kCommands = 1'000'000;
  for (int64_t done = 0; done < kCommands; done += state.range(0)) {
    AppendTurn(effects, *disk.journal, state.range(0));
    disk.journal->Flush();
  }
  int64_t commands = 0;
  for (auto _ : state) {
    JournalReader reader(PosixFileSystem(), disk.folder, 1);
    JournalEntry entry;
    bool found = true;
    while (true) {
      CHECK(!reader.Next(disk.journal->written_index(), &entry, &found));
      if (!found) break;
      EffectsReader read(entry.payload);
      while (read.Next()) ++commands;
    }
  }
  state.SetItemsProcessed(commands);
}
BENCHMARK(ReadBack)->Arg(1)->Arg(16)->Unit(benchmark::kMillisecond);

void WriteAndSync(benchmark::State& state) {
  OnDisk disk(static_cast<uint64_t>(state.range(0)));
  EffectsBuffer effects;
  for (auto _ : state) {
    AppendTurn(effects, *disk.journal, 1);
    disk.journal->Flush();
    CHECK(disk.journal->SyncNow());
  }
}
BENCHMARK(WriteAndSync)
    ->ArgName("zero_ahead")
    ->Arg(0)
    ->Arg(1 << 20)
    ->Iterations(2000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

}  // namespace
}  // namespace kvorum
