// Crashes: a workload of appends, flushes, syncs, rotations, snapshots and removals on a disk that loses power at any
// call, fails syncs and fills up. After each crash: what was synced is there, in order, nothing else than what was
// appended is, and what recovery says is durable is.
//
// KVORUM_CRASH_SEEDS=N runs N random worlds, KVORUM_CRASH_SEED=S begins with world S; the seed stands in each failure.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>

#include "base/random.h"
#include "journal/data_folder.h"
#include "journal/effects.h"
#include "journal/snapshot_reader.h"
#include "journal/snapshot_writer.h"
#include "journal/test_journal.h"

namespace kvorum {
namespace {

using Keep = FakeDisk::Keep;

// A shard whose state is the list of all entries ever appended.
class World {
 public:
  explicit World(uint64_t seed) : seed_(seed), random_(seed), rig_(seed ^ 0x5EED) {
    rig_.options.segment_bytes = 200 + random_.Below(4000);
    rig_.options.zero_ahead_bytes = random_.Below(2) == 0 ? 0 : 100 + random_.Below(3000);
  }

  FakeDisk& disk() { return rig_.disk; }
  size_t entries() const { return history_.size(); }
  bool stopped() const { return rig_.disk.stopped(); }

  // Recovers, and compares with what was promised. False: the disk failed a call on the way.
  [[nodiscard]] bool Start() {
    SCOPED_TRACE("world " + std::to_string(seed_));
    snapshot_.reset();
    rig_.journal.reset();
    StartPlan plan;
    if (!Works(PlanStart(rig_.disk, rig_.folder, &plan))) return false;
    std::vector<std::string> found;
    if (!plan.snapshot.empty() && !Load(plan.snapshot, &found)) return false;
    EXPECT_EQ(found.size(), plan.covered_index);
    rig_.options.covered_index = plan.covered_index;
    if (!Works(rig_.TryOpen())) return false;
    found.insert(found.end(), rig_.replayed.begin(), rig_.replayed.end());
    EXPECT_EQ(rig_.journal->last_index(), found.size());
    EXPECT_EQ(rig_.journal->synced_index(), found.size());
    EXPECT_GE(found.size(), promised_);
    EXPECT_LE(found.size(), history_.size());
    for (size_t i = 0; i < found.size() && i < history_.size(); ++i)
      EXPECT_EQ(found[i], history_[i]) << "entry " << i + 1;
    history_.resize(std::min(found.size(), history_.size()));
    promised_ = found.size();
    ++generation_;
    return true;
  }

  void Crash(Keep keep) {
    snapshot_.reset();
    snapshot_worker_.DropAll();
    rig_.Crash(keep);
  }

  void Step() {
    switch (random_.Below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return AppendSome();
      case 5:
      case 6:
      case 7:
        return rig_.journal->Flush();
      case 8:
      case 9:
        return rig_.journal->RequestSync();
      case 10:
      case 11:
        rig_.worker.RunOne();
        promised_ = std::max(promised_, rig_.journal->synced_index());
        return;
      case 12:
        return rig_.journal->WriteMark();
      case 13:
        return rig_.journal->Retry();
      default:
        return StepSnapshot();
    }
  }

  void Run(int steps) {
    for (int i = 0; i < steps && !stopped() && rig_.journal->state() != Journal::State::kFailed; ++i) Step();
  }

  void Close() {
    while (snapshot_worker_.RunOne()) {
    }
    if (rig_.journal->Close()) promised_ = rig_.journal->synced_index();
  }

  Random& random() { return random_; }

 private:
  bool Works(const StorageError& error) {
    if (!error) return true;
    EXPECT_EQ(error.kind(), StorageError::Kind::kSystem) << error.text();
    return false;
  }

  bool Load(const std::string& path, std::vector<std::string>* found) {
    std::unique_ptr<SnapshotReader> reader;
    if (!Works(SnapshotReader::Open(rig_.disk, path, nullptr, &reader))) return false;
    while (true) {
      std::string_view payload;
      uint32_t records;
      bool more;
      if (!Works(reader->Next(&payload, &records, &more))) return false;
      if (!more) return true;
      EffectsReader effects(payload);
      while (effects.Next()) found->emplace_back(effects.words().front());
      EXPECT_FALSE(effects.damaged());
    }
  }

  void AppendSome() {
    for (uint64_t count = 1 + random_.Below(3); count > 0; --count) {
      std::string payload = std::to_string(generation_) + "/" + std::to_string(history_.size() + 1) + "/";
      payload.append(random_.Below(random_.Below(4) == 0 ? 3000 : 100), static_cast<char>(random_.Below(2) * 'x'));
      const uint64_t index = rig_.Append(payload);
      if (index == 0) return;
      history_.push_back(std::move(payload));
      EXPECT_EQ(index, history_.size());
    }
  }

  // A snapshot is begun, written in a few steps, and when it is done the journal is cut.
  void StepSnapshot() {
    if (snapshot_ == nullptr) {
      snapshot_index_ = history_.size();
      snapshot_next_ = 0;
      SnapshotHeader header;
      header.index = snapshot_index_;
      (void)SnapshotWriter::Begin(rig_.disk, rig_.folder, snapshot_worker_, header, {}, &snapshot_);
      return;
    }
    if (snapshot_->state() == SnapshotWriter::State::kDone) {
      promised_ = std::max(promised_, snapshot_index_);
      (void)RemoveSnapshotsBefore(rig_.disk, rig_.folder, snapshot_index_);
      rig_.journal->RemoveUpTo(snapshot_index_);
      snapshot_.reset();
      return;
    }
    if (snapshot_->state() == SnapshotWriter::State::kFailed) return snapshot_.reset();
    if (snapshot_next_ < snapshot_index_) return AddBlock();
    snapshot_->Finish();
    snapshot_worker_.RunOne();
  }

  void AddBlock() {
    EffectsBuffer block;
    const uint64_t end = std::min(snapshot_index_, snapshot_next_ + 1 + random_.Below(30));
    for (; snapshot_next_ < end; ++snapshot_next_) block.Command(0, std::vector<std::string>{history_[snapshot_next_]});
    Buffer bytes;
    bytes.Append(block.bytes());
    EXPECT_TRUE(snapshot_->Add(&bytes, static_cast<uint32_t>(block.commands())));
    if (random_.Below(2) == 0) snapshot_worker_.RunAll();
  }

  const uint64_t seed_;
  Random random_;
  JournalRig rig_;
  ManualWorker snapshot_worker_;
  std::unique_ptr<SnapshotWriter> snapshot_;
  uint64_t snapshot_index_ = 0;
  uint64_t snapshot_next_ = 0;
  std::vector<std::string> history_;
  uint64_t promised_ = 0;
  int generation_ = 0;
};

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

Keep AnyKeep(Random& random) {
  const uint64_t choice = random.Below(4);
  return choice == 0 ? Keep::kSynced : choice == 1 ? Keep::kEverything : Keep::kSome;
}

constexpr int kSteps = 250;

// The same workload again and again, the power going off one call later each time; then once more while recovering.
TEST(Crash, AtEveryCall) {
  uint64_t changes;
  {
    World world(7);
    ASSERT_TRUE(world.Start());
    world.Run(kSteps);
    changes = world.disk().changes();
    ASSERT_GT(world.entries(), 100u);
  }
  ASSERT_GT(changes, 100u);
  for (uint64_t call = 0; call < changes; ++call) {
    SCOPED_TRACE("the power goes off in call " + std::to_string(call));
    for (const Keep keep : {Keep::kSynced, Keep::kSome, Keep::kSome, Keep::kEverything}) {
      World world(7);
      world.disk().StopAfter(call);
      if (world.Start()) world.Run(kSteps);
      ASSERT_TRUE(world.stopped());
      world.Crash(keep);
      world.disk().StopAfter(call % 12);
      if (!world.Start()) {
        world.Crash(keep);
        ASSERT_TRUE(world.Start());
      }
      world.disk().Crash(Keep::kSome);  // at once: recovery promised what it found
      ASSERT_TRUE(world.Start());
      world.Run(30);
      world.Close();
      world.Crash(Keep::kSynced);
      ASSERT_TRUE(world.Start());
      if (testing::Test::HasFailure()) return;
    }
  }
}

// Everything at random: power cuts, kills, failing syncs and writes, full disks, also while recovering.
TEST(Crash, RandomWorlds) {
  const uint64_t first = FromEnvironment("KVORUM_CRASH_SEED", 1);
  const uint64_t count = FromEnvironment("KVORUM_CRASH_SEEDS", 300);
  for (uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("KVORUM_CRASH_SEED=" + std::to_string(seed));
    World world(seed);
    Random& random = world.random();
    for (int life = 0; life < 8; ++life) {
      if (random.Below(4) == 0) world.disk().StopAfter(random.Below(15));
      while (!world.Start()) {
        ASSERT_FALSE(testing::Test::HasFailure());
        world.disk().FailNothing();
        world.disk().SetCapacity(UINT64_MAX);
        world.Crash(AnyKeep(random));
      }
      world.disk().FailNothing();
      if (random.Below(3) > 0) world.disk().StopAfter(random.Below(100));
      if (random.Below(4) == 0) world.disk().Fail({.call = FakeDisk::Call::kSync, .after = random.Below(10)});
      if (random.Below(4) == 0) {
        world.disk().Fail({.call = FakeDisk::Call::kWrite,
                           .after = random.Below(20),
                           .times = 1 + random.Below(5),
                           .code = ENOSPC,
                           .short_bytes = random.Below(500)});
      }
      if (random.Below(5) == 0) world.disk().Fail({.call = FakeDisk::Call::kOpen, .after = random.Below(4)});
      if (random.Below(5) == 0) world.disk().Fail({.call = FakeDisk::Call::kRemove, .after = random.Below(4)});
      if (random.Below(6) == 0) world.disk().SetCapacity(5000 + random.Below(50000));
      world.Run(static_cast<int>(random.Below(kSteps)));
      if (random.Below(4) == 0) world.Close();
      world.Crash(AnyKeep(random));
      ASSERT_FALSE(testing::Test::HasFailure());
    }
  }
}

}  // namespace
}  // namespace kvorum
