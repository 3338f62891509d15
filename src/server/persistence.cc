#include "server/persistence.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/allocator.h"
#include "server/log.h"
#include "server/server.h"
#include "shard/graph_files.h"
#include "shard/search_service.h"

namespace kvorum {
namespace {

// Zeros that the journal writes ahead where each sync is waited for (docs/decisions/0004-journal.md).
constexpr uint64_t kZeroAheadBytes = 1 << 20;
// While it loads, the server looks at its clients so often, and tells the log how far it is.
constexpr int64_t kServeMicros = 20'000;
constexpr int64_t kTellMicros = 5'000'000;
// Graphs of vectors are written when so much of them has changed.
constexpr double kGraphShare = 0.25;
constexpr double kGraphShareAtEnd = 0.02;

void AttendGraphs(SearchService& search) {
  GraphWritten written;
  if (search.graph_files() == nullptr || !search.graph_files()->Poll(search, &written)) return;
  if (written.given_up) {
    Log(LogLevel::kNotice, "A graph of vectors changes too much to be written now: " + written.path);
  } else if (written.error.empty()) {
    Log(LogLevel::kNotice, fmt::format("A graph of vectors was written: {}, {:.1f} MB", written.path,
                                       static_cast<double>(written.bytes) / 1e6));
  } else {
    Log(LogLevel::kWarning, "A graph of vectors could not be written: " + written.error);
  }
}

double Seconds(int64_t micros) { return static_cast<double>(micros) / 1e6; }

}  // namespace

Persistence::Persistence(Server& server, FileSystem& files, std::string folder)
    : server_(server), files_(files), folder_(std::move(folder)) {
  snapshot_ = std::make_unique<Snapshot>(Snapshot::Parts{.keyspace = &server.shard().keyspace(),
                                                         .clock = &server.clock(),
                                                         .files = &files_,
                                                         .worker = &snapshot_worker_,
                                                         .wake = [&server] { server.loop().Wake(); }});
  stats_.last_save_unix_ms = server.started_unix_ms();
  server.shard().search().SetGraphFiles(std::make_unique<GraphFiles>(files_, folder_, snapshot_worker_));
}

Persistence::~Persistence() {
  server_.shard().search().SetGraphFiles(nullptr);
  snapshot_.reset();
  server_.shard().SetLog(nullptr);
}

bool Persistence::Lock(std::string* error) {
  if (lock_ != nullptr) return true;
  if (FileError failed = files_.CreateFolder(folder_)) {
    *error = failed.text();
    return false;
  }
  const FileError failed = files_.Lock(folder_, &lock_);
  if (!failed) return true;
  *error = failed.code() == EWOULDBLOCK
               ? fmt::format("the data folder {} is used by another server. Give this one its own: --dir PATH", folder_)
               : fmt::format(
                     "{}. `dir` must name a folder that can be written; or keep data in memory only: --appendonly no "
                     "--save \"\"",
                     failed.text());
  return false;
}

// Whether there is anything of ours in it.
bool Persistence::FolderIsInUse() {
  std::vector<FolderEntry> entries;
  if (files_.List(folder_, &entries)) return false;
  return std::any_of(entries.begin(), entries.end(), [](const FolderEntry& entry) {
    const FileKind kind = ParseFileName(entry.name).kind;
    return kind == FileKind::kSegment || kind == FileKind::kSnapshot;
  });
}

// Who moves here from Redis may expect its files to be read.
void Persistence::TellOfRedisFiles() const {
  std::vector<FolderEntry> entries;
  if (files_.List(folder_, &entries)) return;
  for (const FolderEntry& entry : entries) {
    if (!entry.is_file || !entry.name.ends_with(".rdb")) continue;
    Log(LogLevel::kNotice,
        fmt::format("{} is a file of Redis, which is not read by itself. To load it: kvorum import {}", entry.name,
                    JoinPath(folder_, entry.name)));
  }
}

bool Persistence::Start(std::string* error) {
  const bool has_journal = server_.shard_settings().durability != Durability::kMemory;
  const bool is_used = FolderIsInUse();
  if (!is_used) TellOfRedisFiles();
  if (!has_journal && server_.settings().save.empty() && !is_used) return true;
  if (!Lock(error)) {
    // Nothing is to be written, so what the other one does can be left to it.
    if (has_journal || !server_.settings().save.empty()) return false;
    Log(LogLevel::kWarning, "Nothing is loaded: " + *error);
    return true;
  }
  serves_ = true;
  const bool loaded = Load(has_journal, error);
  serves_ = false;
  return loaded;
}

JournalOptions Persistence::Options() const {
  JournalOptions options;
  if (server_.shard_settings().durability == Durability::kSync) options.zero_ahead_bytes = kZeroAheadBytes;
  options.on_synced = [&server = server_] { server.loop().Wake(); };
  return options;
}

RecoveryParts Persistence::Parts() {
  Clock& clock = server_.clock();
  auto progress = [this, &clock, served = clock.MonotonicMicros(),
                   told = clock.MonotonicMicros()](const RecoveryProgress& now) mutable {
    stats_.loaded = now;
    const int64_t micros = clock.MonotonicMicros();
    if (micros - told >= kTellMicros) {
      told = micros;
      Log(LogLevel::kNotice, fmt::format("Loading: {} of {} MB, {} keys of the snapshot, {} entries of the journal",
                                         now.read_bytes >> 20, now.total_bytes >> 20, now.snapshot_keys, now.entries));
    }
    if (!serves_ || micros - served < kServeMicros) return true;
    const bool goes_on = server_.ServeWhileLoading();
    served = clock.MonotonicMicros();
    return goes_on;
  };
  return {.files = &files_,
          .folder = folder_,
          .journal_worker = &journal_worker_,
          .snapshot_worker = &snapshot_worker_,
          .clock = &journal_clock_,
          .progress = std::move(progress),
          .journal = Options()};
}

bool Persistence::Load(bool open_journal, std::string* error) {
  Shard& shard = server_.shard();
  const int64_t started = server_.clock().MonotonicMicros();
  stats_.load_started_unix_ms = server_.clock().UnixMicros() / 1000;
  stats_.load_start_bytes = AllocatedBytes();
  stats_.loaded = {};
  shard.SetLoading(true);
  shard.search().SetGraphWarnings(
      [](const std::string& wrong) { Log(LogLevel::kWarning, wrong + ". The graph is built again, from the data."); });
  shard.search().graph_files()->BeginReading();
  std::unique_ptr<Journal> journal;
  const StorageError failed = Recover(Parts(), shard, open_journal ? &journal : nullptr, &stats_.loaded);
  shard.search().graph_files()->EndReading();
  shard.search().SetGraphWarnings(nullptr);
  shard.SetLoading(false);
  if (failed) {
    *error = failed.kind() == StorageError::Kind::kStopped ? "" : failed.text();
    return false;
  }
  stats_.load_micros = server_.clock().MonotonicMicros() - started;
  has_loaded_ = true;
  known_index_ = stats_.loaded.last_index;
  stats_.last_save_bytes = stats_.loaded.snapshot_bytes;
  if (stats_.loaded.snapshot_micros != 0) stats_.last_save_unix_ms = stats_.loaded.snapshot_micros / 1000;
  changes_saved_ = 0;
  shard.stats().changes = stats_.loaded.commands;
  LogLoaded();
  if (journal != nullptr) UseJournal(std::move(journal));
  return true;
}

void Persistence::LogLoaded() const {
  const RecoveryProgress& loaded = stats_.loaded;
  if (loaded.tail.found) Log(LogLevel::kWarning, loaded.tail.text());
  if (loaded.snapshot.empty() && loaded.entries == 0) return;
  Log(LogLevel::kNotice,
      fmt::format("DB loaded from disk: {:.3f} seconds: {} keys of {}, {} commands in {} entries of the journal",
                  Seconds(stats_.load_micros), loaded.snapshot_keys,
                  loaded.snapshot.empty() ? "no snapshot" : loaded.snapshot, loaded.commands, loaded.entries));
}

void Persistence::UseJournal(std::unique_ptr<Journal> journal) {
  log_ = std::make_unique<JournalLog>(std::move(journal));
  server_.shard().SetLog(log_.get());
}

void Persistence::EndJournal() {
  known_index_ = log_->journal().last_index();
  server_.shard().SetLog(nullptr);
  log_.reset();
}

std::string Persistence::Failure() const { return log_ != nullptr && log_->failed() ? log_->refusal() : ""; }

bool Persistence::AfterTurn(bool idle) {
  if (is_scheduled_ && !is_saving()) {
    is_scheduled_ = false;
    std::string error;
    if (!BeginSnapshot(scheduled_reason_, &error)) Log(LogLevel::kWarning, "The snapshot could not be begun: " + error);
  }
  AttendGraphs(server_.shard().search());
  if (snapshot_->idle()) return false;
  const bool more = snapshot_->Turn(idle);
  if (const auto outcome = snapshot_->TakeOutcome()) EndSnapshot(*outcome);
  server_.shard().uncounted_bytes = snapshot_->buffered_bytes();
  return more;
}

void Persistence::Cron() {
  if (log_ != nullptr) {
    log_->Tick(server_.clock().MonotonicMicros());
    server_.shard().ReleaseEffects();
    const bool refuses = !log_->refusal().empty();
    if (refuses && !was_refusing_) Log(LogLevel::kWarning, "Writes are refused: " + log_->refusal());
    if (!refuses && was_refusing_) Log(LogLevel::kNotice, "The journal can be written again; writes are accepted");
    was_refusing_ = refuses;
  }
  server_.shard().save_failed = save_failed();
  if (server_.shard().loading()) return;
  BeginIfDue();
  SearchService& search = server_.shard().search();
  if (lock_ != nullptr && !is_saving()) search.graph_files()->Begin(search, kGraphShare);
}

bool Persistence::Close(bool save, std::string* error) {
  if (server_.shard().loading()) return true;
  if (save) {
    snapshot_->Abort();
    if (!Save(error)) return false;
  }
  if (lock_ != nullptr && (save || log_ != nullptr)) {
    SearchService& search = server_.shard().search();
    search.graph_files()->End(search, kGraphShareAtEnd);
  }
  if (log_ == nullptr) return true;
  server_.shard().AppendEffects();
  if (log_->journal().Close()) return true;
  *error = log_->refusal();
  return false;
}

bool Persistence::ApplyDurability(std::string* error) {
  const Durability durability = server_.shard_settings().durability;
  if (server_.shard().loading()) {
    *error = "not while the data is being loaded";
    return false;
  }
  if ((durability == Durability::kMemory) == (log_ == nullptr)) {
    if (log_ == nullptr) return true;
    log_->journal().SetZeroAhead(durability == Durability::kSync ? kZeroAheadBytes : 0);
    if (durability == Durability::kSync) log_->RequestSync();
    return true;
  }
  const Session* session = server_.shard().current_session();
  if (session != nullptr && session->executing_multi) {
    *error = "not inside of a transaction";
    return false;
  }
  if (durability == Durability::kMemory) {
    server_.shard().AppendEffects();
    if (!log_->journal().Close()) {
      *error = log_->refusal();
      return false;
    }
    EndJournal();
    return true;
  }
  // The journal says what happens from now on: to what, a snapshot has to say first.
  if (!Save(error)) return false;
  JournalOptions options = Options();
  options.covered_index = known_index_;
  std::unique_ptr<Journal> journal;
  TornTail tail;
  const StorageError failed =
      Journal::Open(files_, folder_, journal_worker_, journal_clock_, std::move(options), &journal, &tail);
  if (failed) {
    *error = failed.text();
    return false;
  }
  UseJournal(std::move(journal));
  return true;
}

bool Persistence::Reload(bool save, std::string* error) {
  Shard& shard = server_.shard();
  if (save && !Save(error)) return false;
  if (lock_ == nullptr) {
    *error = "there is nothing on disk";
    return false;
  }
  shard.AppendEffects();
  if (log_ != nullptr && !log_->journal().Close()) {
    *error = log_->refusal();
    return false;
  }
  const bool has_journal = log_ != nullptr;
  if (has_journal) EndJournal();
  snapshot_->Abort();
  while (!snapshot_->idle()) (void)snapshot_->Step(kServeMicros);
  (void)snapshot_->TakeOutcome();
  for (int i = 0; i < shard.keyspace().size(); ++i) shard.keyspace().Flush(i, nullptr);
  shard.search().Clear();
  if (Load(has_journal, error)) return true;
  // Neither what was there nor what is on disk can be served now.
  Log(LogLevel::kWarning, "The data that was just written cannot be loaded: " + *error);
  std::abort();
}

}  // namespace kvorum
