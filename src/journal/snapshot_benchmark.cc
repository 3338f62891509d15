// Writing and reading a snapshot of 256 blocks of 1 MiB, in a folder of its own in the working directory: through the
// worker, as the server does it, syncs included. Reading finds it in the system's memory.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <string>

#include "base/random.h"
#include "journal/names.h"
#include "journal/snapshot_reader.h"
#include "journal/snapshot_writer.h"

namespace kvorum {
namespace {

constexpr int kBlocks = 256;

std::string MakeFolder() {
  char path[] = "snapshot-benchmark-XXXXXX";
  CHECK(mkdtemp(path) != nullptr);
  return path;
}

void WriteOne(const std::string& folder, Worker& worker) {
  static const std::string payload = [] {
    Random random(1);
    std::string bytes(kSnapshotBlockBytes, 0);
    for (char& byte : bytes) byte = static_cast<char>(random.Next());
    return bytes;
  }();
  std::atomic<uint32_t> progress{0};
  SnapshotWriterOptions options;
  options.on_progress = [&] {
    ++progress;
    progress.notify_one();
  };
  std::unique_ptr<SnapshotWriter> writer;
  CHECK(!SnapshotWriter::Begin(PosixFileSystem(), folder, worker, {1, 1, 0, 1}, options, &writer));
  Buffer block;
  for (int i = 0; i < kBlocks; ++i) {
    block.Append(payload);
    uint32_t seen = progress;
    while (!writer->Add(&block, 1)) {
      progress.wait(seen);
      seen = progress;
    }
  }
  uint32_t seen = progress;
  writer->Finish();
  while (writer->state() == SnapshotWriter::State::kFinishing) {
    progress.wait(seen);
    seen = progress;
  }
  CHECK(writer->state() == SnapshotWriter::State::kDone);
}

void WriteSnapshot(benchmark::State& state) {
  const std::string folder = MakeFolder();
  {
    ThreadWorker worker("snapshot");
    for (auto _ : state) WriteOne(folder, worker);
  }
  std::filesystem::remove_all(folder);
  state.SetBytesProcessed(state.iterations() * kBlocks * static_cast<int64_t>(kSnapshotBlockBytes));
}
BENCHMARK(WriteSnapshot)->Unit(benchmark::kMillisecond)->UseRealTime();

void ReadSnapshot(benchmark::State& state) {
  const std::string folder = MakeFolder();
  {
    ThreadWorker worker("snapshot");
    WriteOne(folder, worker);
    for (auto _ : state) {
      std::unique_ptr<SnapshotReader> reader;
      CHECK(!SnapshotReader::Open(PosixFileSystem(), JoinPath(folder, SnapshotName(1)),
                                  state.range(0) != 0 ? &worker : nullptr, &reader));
      std::string_view payload;
      uint32_t records;
      bool found = true;
      while (found) CHECK(!reader->Next(&payload, &records, &found));
    }
  }
  std::filesystem::remove_all(folder);
  state.SetBytesProcessed(state.iterations() * kBlocks * static_cast<int64_t>(kSnapshotBlockBytes));
}
BENCHMARK(ReadSnapshot)->ArgName("ahead")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace kvorum
