// What the tests of this room share: a journal on a fake disk, with a worker that waits to be told and a clock that
// stands still.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "os/clock.h"
#include "os/fake_disk.h"
#include "os/worker.h"

namespace kvorum {

inline constexpr uint64_t kTestMicros = 1'700'000'000'000'000;

class JournalRig {
 public:
  explicit JournalRig(uint64_t seed = 1);

  // Opens the journal with `options` and gathers what is replayed.
  StorageError TryOpen();
  // That must succeed.
  void Open();
  uint64_t Append(std::string_view payload) { return journal->Append(payload, kTestMicros); }
  // Appends and writes.
  void Write(std::string_view payload);
  void Sync();
  // The process ends; what is not synced goes or stays as `keep` says.
  void Crash(FakeDisk::Keep keep);

  std::vector<std::string> Names();
  std::string Path(const std::string& name) const { return JoinPath(folder, name); }
  // The one segment there is.
  std::string SegmentPath();

  const std::string folder = "d";
  FakeDisk disk;
  ManualWorker worker;
  ManualClock clock{kTestMicros};
  JournalOptions options;
  std::unique_ptr<Journal> journal;
  TornTail tail;
  std::vector<std::string> replayed;
};

// Bytes as hexadecimal digits, 32 bytes a line.
std::string Hex(std::string_view bytes);

}  // namespace kvorum
