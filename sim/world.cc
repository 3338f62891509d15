#include "sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/quote.h"
#include "sim/indexes.h"

namespace kvorum::sim {
namespace {

using Keep = FakeDisk::Keep;

constexpr size_t kShownWordBytes = 40;

ServerOptions AnyServer(Random& random) {
  ServerOptions options;
  options.sessions = 2 + random.Below(5);
  options.segment_bytes = random.Below(3) == 0 ? 1 << 20 : 300 + random.Below(20000);
  options.zero_ahead_bytes = random.Below(2) == 0 ? 0 : 100 + random.Below(8000);
  options.snapshot.queue_bytes = random.Below(3) == 0 ? 8 << 20 : 1 + random.Below(2 << 20);
  options.snapshot.waiting_bytes = random.Below(3) == 0 ? 32 << 20 : 1 + random.Below(2 << 20);
  if (random.Below(2) == 0) {
    KeyspaceSettings& settings = options.keyspace;
    settings.hash_max_listpack_entries = 3;
    settings.hash_max_listpack_value = 8;
    settings.set_max_intset_entries = 3;
    settings.set_max_listpack_entries = 4;
    settings.set_max_listpack_value = 8;
    settings.zset_max_listpack_entries = 3;
    settings.zset_max_listpack_value = 8;
    settings.list_max_listpack_size = 3;
  }
  return options;
}

RequestMaker::Options AnyRequests(Random& random) {
  return {.databases = 3,
          .keys_a_type = 2 + random.Below(random.Below(4) == 0 ? 40 : 5),
          .big_percent = random.Below(3) == 0 ? 10u : 1u,
          .search_percent = random.Below(3) == 0 ? 60u : 12u};
}

// Their names, without the database.
std::set<std::string, std::less<>> ChangedKeys(const Contents& before, const Contents& after) {
  std::set<std::string, std::less<>> names;
  auto add = [&names](const Contents& some, const Contents& others) {
    for (const auto& [key, value] : some) {
      const auto other = others.find(key);
      if (other == others.end() || other->second != value) names.insert(key.substr(key.find(' ') + 1));
    }
  };
  add(before, after);
  add(after, before);
  return names;
}

std::string Shown(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += ' ';
    AppendQuoted(text, std::string_view(word).substr(0, kShownWordBytes));
    if (word.size() > kShownWordBytes) text += fmt::format("...({} bytes)", word.size());
  }
  return text;
}

const char* Name(Keep keep) {
  switch (keep) {
    case Keep::kSynced:
      return "power cut, only what was synced is kept";
    case Keep::kSome:
      return "power cut, some of what was not synced is kept";
    case Keep::kEverything:
      return "kill -9";
  }
  return "";
}

}  // namespace

World::World(const WorldOptions& options)
    : random_(options.seed),
      options_(options),
      trace_(options.prints),
      machine_(random_.Next()),
      server_options_(AnyServer(random_)),
      durability_(static_cast<Durability>(random_.Below(5) == 0 ? 0 : 1 + random_.Below(2))),
      requests_(random_, AnyRequests(random_)),
      model_(options.keep_contents) {}

World::~World() {
  EndGraphs();
  machine_.journal_worker.DropAll();
  machine_.snapshot_worker.DropAll();
  server_.reset();
}

WorldReport World::Run() {
  while (report_.steps < options_.steps && report_.failure.empty()) {
    if (server_ == nullptr) Start();
    if (!report_.failure.empty()) break;
    ++report_.steps;
    Step();
    if (report_.failure.empty() && (dead() || Chance(70))) EndLife();
  }
  if (report_.failure.empty() && server_ == nullptr) Start();
  report_.trace_hash = trace_.hash();
  return report_;
}

void World::Fail(const std::string& what) {
  if (!report_.failure.empty()) return;
  report_.failure = fmt::format("in step {}: {}", report_.steps, what);
  Note(fmt::format("FAILED in step {}", report_.steps));
}

// --- Lives --------------------------------------------------------------------------------------------------------------------

FakeDisk::Keep World::AnyKeep() {
  const uint64_t choice = random_.Below(4);
  return choice == 0 ? Keep::kSynced : choice == 1 ? Keep::kSome : Keep::kEverything;
}

void World::Start() {
  // The first attempts may be disturbed.
  for (int attempt = 0; report_.failure.empty(); ++attempt) {
    const bool faultless = attempt >= 3 || !Chance(3);
    if (!faultless) {
      if (Chance(2)) {
        machine_.disk.StopAfter(random_.Below(15));
      } else {
        machine_.disk.Fail(
            {.call = static_cast<FakeDisk::Call>(random_.Below(FakeDisk::kCalls)), .after = random_.Below(5)});
      }
    }
    if (TryStart(faultless)) break;
    if (!report_.failure.empty()) return;
    ++report_.failed_recoveries;
    Crash(AnyKeep());
  }
  machine_.disk.FailNothing();
  if (report_.failure.empty()) ArmFaults();
}

bool World::TryStart(bool faultless) {
  server_ = std::make_unique<SimServer>(machine_, server_options_, durability_, random_.Next());
  RecoveryProgress progress;
  const StorageError error = server_->Start(&progress);
  if (error) {
    Note("start: " + error.text());
    if (faultless) Fail("the server does not start: " + error.text());
    if (error.kind() != StorageError::Kind::kSystem) Fail("a failing disk was taken for damage: " + error.text());
    return false;
  }
  Note(fmt::format("start: {} up to entry {}, from {} and {} entries{}", DurabilityName(durability_),
                   progress.last_index, progress.snapshot.empty() ? "no snapshot" : progress.snapshot, progress.entries,
                   progress.tail.found ? "; " + progress.tail.text() : ""));
  report_.recovered_entries += progress.entries;
  report_.recovered_snapshots += !progress.snapshot.empty();
  Validate(server_->shard().keyspace());
  const std::string wrong = model_.CheckRecovered(progress.last_index, server_->log() != nullptr, server_->shard());
  if (!wrong.empty()) Fail(wrong);
  CheckIndexesNow();
  return true;
}

void World::CheckIndexesNow() {
  const std::string wrong = CheckIndexes(server_->shard(), machine_.clock.UnixMicros() / 1000);
  if (!wrong.empty()) Fail(wrong);
}

// What shall go wrong in this life.
void World::ArmFaults() {
  FakeDisk& disk = machine_.disk;
  if (Chance(2)) disk.StopAfter(random_.Below(Chance(2) ? 40 : 300));
  if (Chance(8)) disk.Fail({.call = FakeDisk::Call::kSync, .after = random_.Below(20)});
}

// Somebody waits for its jobs: they fail.
void World::EndGraphs() {
  machine_.disk.StopAfter(0);
  machine_.graph_worker.RunAll();
}

void World::Crash(Keep keep) {
  Note(fmt::format("crash: {}", Name(keep)));
  EndGraphs();
  // What was posted never happens, nor does what the destructors post.
  machine_.journal_worker.DropAll();
  machine_.snapshot_worker.DropAll();
  server_.reset();
  machine_.journal_worker.DropAll();
  machine_.snapshot_worker.DropAll();
  machine_.disk.Crash(keep);
  machine_.disk.FailNothing();
  machine_.disk.SetCapacity(UINT64_MAX);
  writes_may_fail_ = false;
  unwritten_keys_.reset();
  model_.Crash(keep);
  ++report_.crashes;
}

void World::EndLife() {
  report_.failed_syncs += server_->failed();
  if (Chance(2)) CheckIndexesNow();
  if (!dead() && Chance(4)) {
    Heal();
    if (!report_.failure.empty()) return;
  }
  if (!dead() && Chance(5) && server_->Close()) {
    Note("closed");
    if (server_->log() != nullptr) model_.Sync(server_->last_index());
  }
  Crash(AnyKeep());
  if (Chance(5)) durability_ = static_cast<Durability>(random_.Below(3));
}

// --- Steps --------------------------------------------------------------------------------------------------------------------

void World::Step() {
  const uint64_t choice = random_.Below(100);
  if (choice < 50) return Turn(random_.Below(10));
  if (choice < 62) return RunJob(machine_.journal_worker, "journal");
  if (choice < 70) return RunJob(machine_.snapshot_worker, "snapshot");
  if (choice < 75) return StepClock();
  if (choice < 86) return StepSnapshot();
  if (choice < 91) return StepGraphs();
  if (choice < 93) {
    const size_t session = random_.Below(server_->sessions().size());
    Note(fmt::format("reconnect {}", session));
    return server_->Reconnect(session);
  }
  if (choice < 95) return ChangeDurability();
  if (choice < 98) return BreakDisk();
  Heal();
}

void World::Turn(uint64_t commands) {
  Shard& shard = server_->shard();
  const uint64_t index_before = server_->last_index();
  const bool had_unwritten = HasUnwritten();
  if (!had_unwritten) unwritten_keys_.reset();
  Contents before;
  if (writes_may_fail_ && !had_unwritten) before = ContentsOf(shard.keyspace());
  shard.BeginTurn();
  for (uint64_t i = 0; i < commands; ++i) {
    SimSession& session = *server_->sessions()[random_.Below(server_->sessions().size())];
    if (session.blocked != BlockReason::kNone || session.close_now || session.close_after_reply) continue;
    SayAny(session);
    if (Chance(4)) machine_.clock.Advance(Micros(2000));
  }
  shard.RunTimers();
  NoteOutput();
  if (Chance(12)) Tick();
  shard.EndTurn();
  NoteOutput();
  for (const auto& session : server_->sessions()) session->EndTurn(shard.DurabilityOf(*session));
  // The server may let another turn share the sync.
  if (JournalLog* log = server_->log(); log != nullptr && !Chance(10)) log->BeginRequestedSync();
  RecordTurn(index_before);
  if (!had_unwritten && HasUnwritten() && !dead()) {
    if (!writes_may_fail_) return Fail("a write failed, and no fault of the disk was meant to");
    unwritten_keys_ = ChangedKeys(before, ContentsOf(shard.keyspace()));
    Note(fmt::format("not written: changes of {} keys", unwritten_keys_->size()));
  }
  TakeReplies(false);
}

bool World::HasUnwritten() const {
  return server_->log() != nullptr && server_->log()->journal().written_index() < server_->last_index();
}

// Of the entries up to which one a reply tells: all, unless the last could not be written in an earlier turn and the command names no key that
// it changed.
uint64_t World::ToldBy(const SimSession& session, const std::vector<std::string>& words) const {
  static const std::set<std::string_view> kOfAllKeys = {"DBSIZE", "KEYS", "RANDOMKEY", "SCAN", "SORT_RO", "EXEC"};
  const Shard& shard = server_->shard();
  if (server_->log() == nullptr) return 0;
  if (!unwritten_keys_) return shard.last_index();
  const std::vector<std::string_view> args(words.begin(), words.end());
  const Command* command = shard.commands().Find(args);
  // Writes are refused before they run.
  const bool of_all = kOfAllKeys.contains(words[0]) ||
                      (words[0].starts_with("FT.") && command != nullptr && !command->Is(flag::kWrite));
  const bool queued = session.in_multi && words[0] != "EXEC";
  const bool reads = command != nullptr && command->Is(flag::kReadonly);
  const bool named = std::any_of(words.begin(), words.end(),
                                 [this](const std::string& word) { return unwritten_keys_->contains(word); });
  // Is refused before it runs: that is an error for everybody.
  const bool refused =
      words[0] == "EXEC" && std::any_of(session.queued.begin(), session.queued.end(),
                                        [](const StoredCommand& one) { return one.command->Is(flag::kWrite); });
  return !queued && !refused && (of_all || (reads && named)) ? shard.last_index() : shard.last_index() - 1;
}

void World::Tick() {
  Note("tick");
  if (server_->log() != nullptr) server_->log()->Tick(machine_.clock.MonotonicMicros());
}

void World::SayAny(SimSession& session) {
  const int64_t unix_ms = machine_.clock.UnixMicros() / 1000;
  // A transaction gets its commands.
  if (session.in_multi && session.queued.size() > 4) return Say(session, {"EXEC"});
  Say(session, Chance(40) ? requests_.Blocking(unix_ms) : requests_.Any(unix_ms));
}

void World::Say(SimSession& session, const std::vector<std::string>& words) {
  Shard& shard = server_->shard();
  if (trace_.prints()) Note(fmt::format("  {}:{}", session.id, Shown(words)));
  const std::vector<std::string_view> args(words.begin(), words.end());
  if (words[0] == "WAITAOF" && !session.in_multi) session.awaited_sync = shard.last_index();
  const bool was_unwritten = unwritten_keys_.has_value();
  const uint64_t told = ToldBy(session, words);
  shard.Execute(session, shard.commands().Find(args), args, 0);
  ++report_.commands;
  if (was_unwritten) session.NoteOutput(told);
  NoteOutput();
}

void World::NoteOutput() {
  const uint64_t index = server_->log() == nullptr ? 0 : server_->shard().last_index();
  for (const auto& session : server_->sessions()) session->NoteOutput(index);
}

void World::RecordTurn(uint64_t index_before) {
  if (server_->log() == nullptr || server_->failed()) return;
  const uint64_t index = server_->last_index();
  if (index > index_before + 1) return Fail(fmt::format("a turn made {} entries", index - index_before));
  Shard& shard = server_->shard();
  if (index > index_before) {
    model_.Replace(index, shard);
  } else if (const std::string wrong = model_.Record(index, shard); !wrong.empty()) {
    return Fail(wrong);
  }
  const Journal& journal = server_->log()->journal();
  model_.Sync(journal.synced_index());
  Note(fmt::format("turn: entry {}, written {}, synced {}", index, journal.written_index(), journal.synced_index()));
}

void World::TakeReplies(bool all) {
  Shard& shard = server_->shard();
  auto& sessions = server_->sessions();
  for (size_t i = 0; i < sessions.size(); ++i) {
    SimSession& session = *sessions[i];
    // Nothing leaves a machine without power.
    if (machine_.disk.stopped() || server_->failed()) return;
    if (!all && Chance(5)) continue;
    const SimSession::Told told = session.Take(shard.committed(session), shard.DurabilityOf(session));
    trace_.Mix(HashBytes(told.bytes));
    for (const Durability durability : {Durability::kPeriodic, Durability::kSync}) {
      model_.Tell(told.index[static_cast<size_t>(durability)], durability);
    }
    if (session.close_now || session.close_after_reply) server_->Reconnect(i);
  }
}

void World::RunJob(ManualWorker& worker, const char* name) {
  // The shard goes on while another thread works.
  if (Chance(2)) {
    machine_.files.after_sync = [this] {
      Note("in the middle of a job");
      if (!dead()) Turn(random_.Below(5));
    };
  }
  const bool has_run = worker.RunOne();
  machine_.files.after_sync = nullptr;
  if (!has_run) return;
  Note(fmt::format("job: {}", name));
  // As when the worker wakes the loop.
  if (!dead() && Chance(2)) Turn(0);
}

void World::StepClock() {
  machine_.clock.Advance(Micros(Chance(3) ? 3000000 : 100000));
  if (Chance(6)) {
    const int64_t jump = Micros(20000000) - 10000000;
    machine_.clock.SetUnix(machine_.clock.UnixMicros() + jump);
    Note(fmt::format("the unix clock is set by {} us", jump));
  }
  Note(fmt::format("time: {}", machine_.clock.UnixMicros()));
}

// --- Snapshots ----------------------------------------------------------------------------------------------------------------

void World::StepSnapshot() {
  Snapshot& snapshot = server_->snapshot();
  if (snapshot.idle() || (snapshot.state() == Snapshot::State::kMarking && Chance(3))) {
    if (Chance(8)) {
      std::string error;
      const uint64_t index_before = server_->last_index();
      const bool good = server_->Save(&error);
      Note(fmt::format("SAVE {} {}", server_->last_index(), error));
      if (server_->last_index() != index_before) model_.Replace(server_->last_index(), server_->shard());
      if (good) model_.Sync(server_->last_index());
      report_.snapshots += good;
      return;
    }
    return BeginSnapshot();
  }
  if (Chance(40)) {
    Note("snapshot: abort");
    snapshot.Abort();
  } else {
    const uint64_t work = Chance(3) ? 1 << 20 : random_.Below(3000);
    const bool more = snapshot.StepWork(work);
    Note(fmt::format("snapshot: step {} {} {}", work, more, snapshot.written_keys()));
  }
  TakeOutcome();
}

void World::StepGraphs() {
  if (!Chance(3)) server_->BeginGraphs();
  if (!Chance(3)) RunJob(machine_.graph_worker, "graph");
  if (const std::string written = server_->PollGraphs(); !written.empty()) Note("graph: " + written);
}

void World::BeginSnapshot() {
  const FileError error = server_->BeginSnapshot();
  Note(fmt::format("snapshot: begin {} {}", server_->snapshot().header().index, error.text()));
  if (!error && server_->log() == nullptr) model_.Replace(server_->last_index(), server_->shard());
}

void World::TakeOutcome() {
  const auto outcome = server_->snapshot().TakeOutcome();
  if (!outcome) return;
  Note(fmt::format("snapshot: {} {}", outcome->good ? "done" : "failed", outcome->error));
  report_.snapshots += outcome->good;
  if (outcome->good) model_.Sync(outcome->header.index);
  server_->EndSnapshot(*outcome);
}

// --- Trouble ------------------------------------------------------------------------------------------------------------------

void World::ChangeDurability() {
  if (!Chance(3)) return;
  const auto durability = static_cast<Durability>(random_.Below(3));
  std::string error;
  const bool had_journal = server_->log() != nullptr;
  const uint64_t index_before = server_->last_index();
  const bool good = server_->SetDurability(durability, &error);
  Note(fmt::format("durability {} {}", DurabilityName(durability), error));
  if (good) durability_ = durability;
  // It has saved, or tried to.
  if (server_->last_index() != index_before) model_.Replace(server_->last_index(), server_->shard());
  if (!dead() && had_journal != (server_->log() != nullptr)) model_.Sync(server_->last_index());
}

void World::BreakDisk() {
  FakeDisk& disk = machine_.disk;
  writes_may_fail_ = true;
  using Call = FakeDisk::Call;
  switch (random_.Below(8)) {
    case 0:
    case 1: {
      uint64_t free;
      disk.SetCapacity(UINT64_MAX);
      if (disk.FreeBytes(server_options_.folder, &free)) return;
      const uint64_t used = UINT64_MAX - free;
      disk.SetCapacity(used + random_.Below(Chance(2) ? 10000 : 9000000));
      return Note("disk: full soon");
    }
    case 2:
      disk.SetCapacity(UINT64_MAX);
      return Note("disk: room");
    case 3:
      disk.Fail({.call = Call::kWrite,
                 .after = random_.Below(5),
                 .times = 1 + random_.Below(5),
                 .code = Chance(2) ? ENOSPC : EIO,
                 .short_bytes = random_.Below(500)});
      return Note("disk: writes fail");
    case 4:
      disk.Fail({.call = Call::kOpen, .after = random_.Below(3), .times = 1 + random_.Below(3)});
      return Note("disk: opens fail");
    case 5:
      disk.Fail({.call = Chance(2) ? Call::kRename : Call::kRemove, .after = random_.Below(2)});
      return Note("disk: renames or removals fail");
    case 6:
      disk.Fail({.call = Chance(2) ? Call::kTruncate : Call::kSyncFolder, .after = random_.Below(3)});
      return Note("disk: truncates or syncs of the folder fail");
    default:
      if (Chance(3)) disk.Fail({.call = Call::kSync, .after = random_.Below(6)});
      return Note("disk: a sync fails");
  }
}

// The disk works again; all that waited must go on by itself.
void World::Heal() {
  Note("disk: healed");
  machine_.disk.FailNothing();
  machine_.disk.SetCapacity(UINT64_MAX);
  for (int i = 0; i < 4 && !dead() && report_.failure.empty(); ++i) {
    if (i > 0) Turn(0);
    machine_.clock.Advance(1000000);
    Tick();
    machine_.journal_worker.RunAll();
    machine_.snapshot_worker.RunAll();
  }
  if (!dead() && report_.failure.empty()) CheckHealed();
}

void World::CheckHealed() {
  TakeReplies(true);
  for (const auto& session : server_->sessions()) {
    if (session->has_output()) return Fail("replies are held though the disk works");
  }
  if (server_->log() == nullptr) return;
  const Journal& journal = server_->log()->journal();
  if (!server_->log()->refusal().empty()) {
    return Fail("writes are refused though the disk works: " + server_->log()->refusal());
  }
  if (journal.synced_index() != journal.last_index()) {
    return Fail(fmt::format("a second has passed, and of {} entries {} are synced", journal.last_index(),
                            journal.synced_index()));
  }
}

}  // namespace kvorum::sim
