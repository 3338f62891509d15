#include "sim/server.h"

#include "base/check.h"
#include "journal/data_folder.h"
#include "shard/graph_files.h"
#include "shard/search_service.h"

namespace kvorum::sim {

SimServer::SimServer(Machine& machine, const ServerOptions& options, Durability durability, uint64_t random_seed)
    : machine_(machine), options_(options) {
  settings_.durability = durability;
  RegisterShardCommands(commands_);
  shard_ = std::make_unique<Shard>(Shard::Parts{.commands = &commands_,
                                                .keyspace_settings = &options_.keyspace,
                                                .settings = &settings_,
                                                .clock = &machine_.clock,
                                                .random_seed = random_seed,
                                                .databases = options_.databases});
  snapshot_ = std::make_unique<Snapshot>(
      Snapshot::Parts{.keyspace = &shard_->keyspace(),
                      .clock = &machine_.clock,
                      .files = &machine_.files,
                      .worker = &machine_.snapshot_worker,
                      .run_worker = [&worker = machine_.snapshot_worker] { CHECK(worker.RunOne()); }},
      options_.snapshot);
  sessions_.resize(options_.sessions);
}

SimServer::~SimServer() {
  snapshot_.reset();
  for (const auto& session : sessions_) {
    if (session != nullptr) shard_->Remove(*session);
  }
  shard_.reset();
  log_.reset();
}

StorageError SimServer::Start(RecoveryProgress* progress) {
  FileSystem& disk = machine_.files;
  if (FileError error = disk.CreateFolder(options_.folder)) return StorageError::System(error);
  if (FileError error = disk.Lock(options_.folder, &lock_)) return StorageError::System(error);
  const bool has_journal = settings_.durability != Durability::kMemory;
  std::unique_ptr<Journal> journal;
  const RecoveryParts parts{.files = &disk,
                            .folder = options_.folder,
                            .journal_worker = &machine_.journal_worker,
                            .snapshot_worker = nullptr,
                            .clock = &machine_.clock,
                            .journal = Options()};
  shard_->SetLoading(true);
  SearchService& search = shard_->search();
  search.SetGraphFiles(
      std::make_unique<GraphFiles>(disk, options_.folder, machine_.graph_worker, options_.graph_changes));
  // A graph that is damaged is built again.
  search.SetGraphWarnings([](const std::string&) {});
  StorageError error = Recover(parts, *shard_, has_journal ? &journal : nullptr, progress);
  search.SetGraphWarnings(nullptr);
  shard_->SetLoading(false);
  if (error) return error;
  known_index_ = progress->last_index;
  if (journal != nullptr) UseJournal(std::move(journal));
  for (size_t i = 0; i < sessions_.size(); ++i) Reconnect(i);
  return {};
}

JournalOptions SimServer::Options() const {
  JournalOptions options;
  options.segment_bytes = options_.segment_bytes;
  if (settings_.durability == Durability::kSync) options.zero_ahead_bytes = options_.zero_ahead_bytes;
  return options;
}

void SimServer::UseJournal(std::unique_ptr<Journal> journal) {
  log_ = std::make_unique<JournalLog>(std::move(journal));
  shard_->SetLog(log_.get());
}

bool SimServer::SetDurability(Durability durability, std::string* error) {
  const Durability before = std::exchange(settings_.durability, durability);
  if (durability == Durability::kMemory) {
    if (log_ == nullptr) return true;
    shard_->AppendEffects();
    if (!log_->journal().Close()) {
      *error = log_->refusal();
      settings_.durability = before;
      return false;
    }
    known_index_ = log_->journal().last_index();
    shard_->SetLog(nullptr);
    log_.reset();
    return true;
  }
  if (log_ != nullptr) {
    log_->journal().SetZeroAhead(durability == Durability::kSync ? options_.zero_ahead_bytes : 0);
    if (durability == Durability::kSync) log_->RequestSync();
    return true;
  }
  if (!Save(error)) {
    settings_.durability = before;
    return false;
  }
  JournalOptions options = Options();
  options.covered_index = known_index_;
  std::unique_ptr<Journal> journal;
  TornTail tail;
  if (const StorageError failed = Journal::Open(machine_.files, options_.folder, machine_.journal_worker,
                                                machine_.clock, std::move(options), &journal, &tail)) {
    *error = failed.text();
    settings_.durability = before;
    return false;
  }
  UseJournal(std::move(journal));
  return true;
}

void SimServer::Reconnect(size_t session) {
  if (sessions_[session] != nullptr) shard_->Remove(*sessions_[session]);
  sessions_[session] = std::make_unique<SimSession>();
  shard_->Add(*sessions_[session]);
}

FileError SimServer::BeginSnapshot() {
  shard_->AppendEffects();
  const uint64_t index = log_ != nullptr ? log_->journal().last_index() : known_index_ + 1;
  const SnapshotHeader header{.index = index,
                              .unix_micros = static_cast<uint64_t>(machine_.clock.UnixMicros()),
                              .databases = static_cast<uint64_t>(options_.databases)};
  if (FileError error = snapshot_->Begin(options_.folder, header, shard_->search().DefinitionEffects())) return error;
  if (log_ == nullptr) {
    known_index_ = index;
  } else {
    log_->journal().EndSegment();
  }
  return {};
}

void SimServer::BeginGraphs() { shard_->search().graph_files()->Begin(shard_->search(), 0); }

std::string SimServer::PollGraphs() {
  GraphWritten written;
  if (!shard_->search().graph_files()->Poll(shard_->search(), &written)) return "";
  return written.path + " " + written.error;
}

void SimServer::EndSnapshot(const SnapshotOutcome& outcome) {
  if (!outcome.good) return;
  if (log_ != nullptr) log_->journal().RemoveUpTo(outcome.header.index);
  // A failure leaves files that nobody needs.
  (void)RemoveSnapshotsBefore(machine_.files, options_.folder, outcome.header.index);
}

bool SimServer::Save(std::string* error) {
  if (snapshot_->state() == Snapshot::State::kWalking || snapshot_->state() == Snapshot::State::kFinishing) {
    snapshot_->Abort();
    if (const auto outcome = snapshot_->TakeOutcome()) EndSnapshot(*outcome);
  }
  // One that is idle may have an outcome that nobody took.
  if (const FileError failed = BeginSnapshot()) {
    *error = failed.text();
    return false;
  }
  snapshot_->RunToEnd();
  const auto outcome = snapshot_->TakeOutcome();
  CHECK(outcome.has_value());
  EndSnapshot(*outcome);
  *error = outcome->error;
  return outcome->good;
}

bool SimServer::Close() {
  if (log_ == nullptr) return true;
  shard_->AppendEffects();
  return log_->journal().Close();
}

}  // namespace kvorum::sim
