// A shard to test command families on: a clock that stands still, sessions fed with command lines, replies as text.
//
//   TestShard shard;
//   EXPECT_EQ(shard.Run("SET a 1"), "OK");
//   EXPECT_EQ(shard.Run("LRANGE l 0 -1"), "[a, b]");
//
// Replies read: OK (status), 1 (integer), text (bulk), nil, -ERR ... (error), [a, [b, c]] (array, set or push), {k: v} (map),
// "" (none: the session is blocked). Raw gives the bytes.
//
// Effects are checked by themselves: a second shard replays them, and when the harness goes, both must hold the same values
// and deadlines.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "commands/table.h"
#include "os/clock.h"
#include "protocol/request.h"
#include "shard/shard.h"

namespace kvorum {

// A session without a socket: what was sent to it can be taken.
class TestSession final : public Session {
 public:
  void Wake() override {}
  // All that may be sent now, as protocol.
  std::string TakeRaw(uint64_t committed = UINT64_MAX);
  // The same, readable; several replies are split by ' '.
  std::string Take();
};

// A command to be replayed.
struct RecordedEffect {
  int db;
  int64_t unix_ms;
  std::vector<std::string> words;
};

// Keeps the effects; commits at once, or when told.
class RecordingLog final : public CommitLog {
 public:
  uint64_t Reserve(uint64_t bytes) override { return refusal_.empty() ? bytes : 0; }
  std::string refusal() const override { return refusal_; }
  uint64_t Append(const EffectsBuffer& effects, int64_t unix_micros) override;
  uint64_t committed(Durability durability = Durability::kSync) const override {
    return hold_ && durability != Durability::kMemory ? committed_ : index_;
  }
  void RequestSync() override { ++sync_requests_; }
  uint64_t sync_requests() const { return sync_requests_; }
  // From now on writes are refused, for that reason; none: they are taken again.
  void Refuse(std::string why) { refusal_ = std::move(why); }
  // The next entry is taken and cannot be written; then writes are refused. To be used with HoldCommits.
  void FailNextWrite(std::string why) { failure_ = std::move(why); }
  // From now on nothing is committed but by Commit.
  void HoldCommits() {
    committed_ = index_;
    hold_ = true;
  }
  void Commit() { committed_ = index_; }
  const std::vector<RecordedEffect>& effects() const { return effects_; }
  uint64_t entries() const { return index_; }

 private:
  std::vector<RecordedEffect> effects_;
  uint64_t index_ = 0;
  uint64_t committed_ = 0;
  uint64_t sync_requests_ = 0;
  std::string refusal_;
  std::string failure_;
  bool hold_ = false;
};

class TestShard {
 public:
  // 2026-01-01, as good as any.
  static constexpr int64_t kStartMs = 1767225600000;

  TestShard();
  // Compares with the replayed effects.
  ~TestShard();

  // Runs a line with redis-cli's quoting in the first session, as a turn of its own.
  std::string Run(std::string_view line) { return Run(*sessions_[0], line); }
  std::string Run(TestSession& session, std::string_view line);
  std::string Raw(std::string_view line);
  // Runs a line and leaves the reply where it is.
  void Start(TestSession& session, std::string_view line);
  std::string Run(const std::vector<std::string>& words);
  TestSession& session() { return *sessions_[0]; }
  TestSession& NewSession();
  // Lets time pass, and what is due happen.
  void Advance(int64_t ms);

  // The effects stated since the last call, a line each ("0 SET a 1": the database, then the words).
  std::vector<std::string> TakeEffects();

  Shard& shard() { return *shard_; }
  KeyspaceSettings& keyspace_settings() { return keyspace_settings_; }
  ShardSettings& settings() { return settings_; }
  RecordingLog& log() { return log_; }
  ManualClock& clock() { return clock_; }
  // Compares now.
  void CheckEffects();

 private:
  void Execute(TestSession& session, const std::vector<std::string>& words);

  KeyspaceSettings keyspace_settings_;
  ShardSettings settings_;
  ManualClock clock_{kStartMs * 1000};
  ManualClock mirror_clock_{0};
  RecordingLog log_;
  CommandTable table_;
  std::unique_ptr<Shard> shard_;
  std::unique_ptr<Shard> mirror_;
  std::vector<std::unique_ptr<TestSession>> sessions_;
  size_t taken_effects_ = 0;
  size_t replayed_effects_ = 0;
};

// Protocol as the text that TestShard::Run returns.
std::string ReadableReply(std::string_view protocol);

}  // namespace kvorum
