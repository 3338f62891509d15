// World: a simulated machine on which a server lives, dies and recovers again and again; all of it drawn from one seed.
//
// Sessions send random commands in turns of the event loop; jobs of the workers, steps of the clock, snapshots, changes of the
// durability and faults of the disk come in between. Each life ends in a crash: at a call of the disk that changes something, by kill -9,
// or by a power cut. What is recovered must be the state after the entry that it ends with, and no entry may be missing that
// somebody was told of (sim/model.h). Now and then the disk is healed: then nothing may stay refused, held or unsynced.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "sim/model.h"
#include "sim/requests.h"
#include "sim/server.h"
#include "sim/trace.h"

namespace kvorum::sim {

struct WorldOptions {
  uint64_t seed = 1;
  uint64_t steps = 300;
  bool prints = false;
  // For messages that name the keys that differ; slow.
  bool keep_contents = false;
};

struct WorldReport {
  std::string failure;  // empty: all was well
  uint64_t trace_hash = 0;
  uint64_t steps = 0;
  uint64_t commands = 0;
  uint64_t crashes = 0;
  uint64_t recovered_entries = 0;
  uint64_t snapshots = 0;            // that became good
  uint64_t recovered_snapshots = 0;  // lives that began from one
  uint64_t failed_recoveries = 0;    // by faults of the disk
  uint64_t failed_syncs = 0;
};

class World {
 public:
  explicit World(const WorldOptions& options);
  ~World();

  // To the end, or to the first thing that is wrong.
  WorldReport Run();

 private:
  // --- Lives
  void Start();
  bool TryStart(bool faultless);
  void CheckIndexesNow();
  void ArmFaults();
  void EndGraphs();
  void Crash(FakeDisk::Keep keep);
  void EndLife();
  FakeDisk::Keep AnyKeep();

  // --- Steps
  void Step();
  void Turn(uint64_t commands);
  void Tick();
  void Say(SimSession& session, const std::vector<std::string>& words);
  void SayAny(SimSession& session);
  void NoteOutput();
  bool HasUnwritten() const;
  uint64_t ToldBy(const SimSession& session, const std::vector<std::string>& words) const;
  void RecordTurn(uint64_t index_before);
  void TakeReplies(bool all);
  void RunJob(ManualWorker& worker, const char* name);
  void StepClock();
  void StepSnapshot();
  void StepGraphs();
  void BeginSnapshot();
  void TakeOutcome();
  void ChangeDurability();
  void BreakDisk();
  void Heal();
  void CheckHealed();

  bool Chance(uint64_t one_in) { return random_.Below(one_in) == 0; }
  int64_t Micros(int64_t most) { return static_cast<int64_t>(random_.Below(static_cast<uint64_t>(most))); }
  void Note(const std::string& line) { trace_.Note(line); }
  void Fail(const std::string& what);
  // The life is over: the disk has stopped, or a sync has failed.
  bool dead() const { return machine_.disk.stopped() || server_->failed(); }

  Random random_;
  const WorldOptions options_;
  Trace trace_;
  WorldReport report_;
  Machine machine_;
  ServerOptions server_options_;
  Durability durability_;
  RequestMaker requests_;
  Model model_;
  std::unique_ptr<SimServer> server_;
  bool writes_may_fail_ = false;
  // While the last entry could not be written, since an earlier turn: the names of the keys that it changed.
  std::optional<std::set<std::string, std::less<>>> unwritten_keys_;
  uint64_t busy_turns_ = 0;
  bool is_faultless_ = true;
};

}  // namespace kvorum::sim
