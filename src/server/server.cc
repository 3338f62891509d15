#include "server/server.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/check.h"
#include "os/scheduling.h"
#include "os/socket.h"
#include "server/log.h"
#include "server/persistence.h"
#include "shard/vector_pool.h"

namespace kvorum {
namespace {

// The area that a turn's input is read into.
constexpr size_t kArenaBytes = 512 << 10;
constexpr size_t kAcceptsATurn = 1000;
// A rest while replies wait for a sync: hardly more than what a sleep takes at least.
constexpr int64_t kAwaitedRestMicros = 10;
// A sync waits for a quarter of those who send, but not for long: half of what it takes itself on a fast disk.
constexpr uint64_t kSendersToInputsOfASync = 4;
constexpr int64_t kPutOffMicros = 100;

std::string RandomHexDigits(Random& random, size_t count) {
  std::string digits(count, '0');
  for (char& digit : digits) digit = "0123456789abcdef"[random.Below(16)];
  return digits;
}

}  // namespace

Server::Server(ServerSettings& settings, ShardSettings& shard_settings, KeyspaceSettings& keyspace_settings,
               Clock& clock)
    : settings_(settings),
      shard_settings_(shard_settings),
      keyspace_settings_(keyspace_settings),
      clock_(clock),
      started_unix_ms_(clock.UnixMicros() / 1000),
      started_monotonic_micros_(clock.MonotonicMicros()),
      arena_(kArenaBytes) {
  RegisterAllCommands(commands_);
  // The configuration has looked at the names.
  for (const auto& [from, to] : settings.renamed_commands) CHECK(commands_.Rename(from, to));
  shard_ = std::make_unique<Shard>(Shard::Parts{.commands = &commands_,
                                                .keyspace_settings = &keyspace_settings_,
                                                .settings = &shard_settings_,
                                                .clock = &clock_,
                                                .random_seed = SystemEntropy(),
                                                .databases = static_cast<int>(settings.databases)});
  shard_->server = this;
  shard_->vector_pool().SetWake([this] { loop_.Wake(); });
  shard_->vector_pool().SetThreads(static_cast<size_t>(settings_.vector_threads));
  run_id_ = RandomHexDigits(shard_->random(), 40);
  ChangeReplicationId();
  metrics_.startup_bytes = metrics_.peak_bytes = AllocatedBytes();
}

void Server::ChangeReplicationId() { replication_id_ = RandomHexDigits(shard_->random(), 40); }

Server::~Server() {
  shard_->vector_pool().EndThreads();  // they wake the loop
  persistence_.reset();
  while (!connections_.empty()) Close(*connections_.begin()->second);
  listeners_.clear();
}

void Server::Run() {
  SetSlice(kShardSliceMicros);
  int64_t wait_ms = 0;
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (end_signal_.load(std::memory_order_relaxed) != 0 && EndBySignal()) break;
    const bool has_work = !attention_.empty() || snapshot_has_work_;
    if (!has_work) RestIfDue();
    loop_.Poll(has_work || sync_is_put_off_ ? 0 : wait_ms);
    shard_->BeginTurn();
    const int64_t began = shard_->now_monotonic_micros();
    const uint64_t commands_before = shard_->stats().commands_processed;
    ExecuteBatch();
    ContinueStalled();
    CountCommands(began, commands_before);
    wait_ms = std::min(shard_->RunTimers(), CronIfDue(shard_->now_monotonic_micros()));
    AttendConnections();
    AttendPersistence(shard_->stats().commands_processed != commands_before || !attention_.empty());
    const int64_t now = clock_.MonotonicMicros();
    pacer_.EndTurn(now, shard_->stats().commands_processed - commands_before);
    const auto took = static_cast<uint64_t>(now - began);
    ++stats_.cycles;
    stats_.cycle_micros += took;
    stats_.cycle_micros_max = std::max(stats_.cycle_micros_max, took);
  }
}

void Server::RestIfDue() {
  if (settings_.turn_rest_micros == 0 || !pacer_.ShouldRest()) return;
  ++stats_.rests;
  // Who waits for a sync waits for long enough.
  const bool somebody_waits = !awaiting_commit_.empty();
  clock_.SleepMicros(std::min(settings_.turn_rest_micros, somebody_waits ? kAwaitedRestMicros : INT64_MAX));
}

// Where many send, some share the sync: it costs as much as ten commands.
void Server::BeginSyncIfDue() {
  JournalLog* log = persistence_ == nullptr ? nullptr : persistence_->log();
  if (log == nullptr || !log->sync_is_requested()) {
    sync_is_put_off_ = false;  // the journal has gone meanwhile: `durability memory`
    return;
  }
  const int64_t now = clock_.MonotonicMicros();
  if (!sync_is_put_off_) {
    put_off_micros_ = now;
    put_off_inputs_ = 0;
  }
  put_off_inputs_ += pacer_.inputs();
  sync_is_put_off_ = settings_.turn_rest_micros > 0 && pacer_.many_send() &&
                     put_off_inputs_ * kSendersToInputsOfASync < pacer_.senders() &&
                     now - put_off_micros_ < kPutOffMicros;
  if (!sync_is_put_off_) log->BeginRequestedSync();
}

void Server::CountCommands(int64_t began_micros, uint64_t commands_before) {
  // The shard's clock stands where the last command left it.
  stats_.command_micros += static_cast<uint64_t>(shard_->now_monotonic_micros() - began_micros);
  const uint64_t commands = shard_->stats().commands_processed;
  if (commands > commands_before) {
    stats_.commands_a_cycle_max = std::max(stats_.commands_a_cycle_max, commands - commands_before);
  }
}

void Server::AttendPersistence(bool is_busy) {
  if (persistence_ == nullptr) return;
  snapshot_has_work_ = persistence_->AfterTurn(!is_busy);
  const std::string failure = persistence_->Failure();
  if (failure.empty()) return;
  Log(LogLevel::kWarning, "FATAL: " + failure);
  Log(LogLevel::kWarning,
      "The server ends at once, so that nobody is told of what may be lost. Look at the disk, then start it again: it "
      "will "
      "read what is really there.");
  has_failed_ = true;
  Stop();
}

bool Server::OpenData(FileSystem& files, std::string folder, std::string* error) {
  persistence_ = std::make_unique<Persistence>(*this, files, std::move(folder));
  return persistence_->Start(error);
}

bool Server::ServeWhileLoading() {
  loop_.Poll(0);
  shard_->BeginTurn();
  ExecuteBatch();
  ContinueStalled();
  (void)CronIfDue(shard_->now_monotonic_micros());
  AttendConnections();
  return !stopping_ && end_signal_ == 0;
}

bool Server::End(uint32_t flags) {
  if (persistence_ != nullptr) {
    const bool has_rules = !settings_.save.empty() && persistence_->changes_since_save() > 0;
    const bool save = (flags & shutdown_flag::kNoSave) == 0 && ((flags & shutdown_flag::kSave) != 0 || has_rules);
    std::string error;
    if (!persistence_->Close(save, &error)) {
      Log(LogLevel::kWarning, "Error trying to save before the end: " + error);
      if ((flags & shutdown_flag::kForce) == 0) {
        Log(LogLevel::kWarning, "The server goes on. SHUTDOWN NOSAVE FORCE ends it all the same.");
        return false;
      }
    }
  }
  Stop();
  return true;
}

void Server::AskToEnd(int signal) {
  end_signal_ = signal;
  loop_.Wake();
}

bool Server::EndBySignal() {
  const int signal = end_signal_.exchange(0);
  Log(LogLevel::kWarning,
      signal == SIGINT ? "Received SIGINT scheduling shutdown..." : "Received SIGTERM scheduling shutdown...");
  return End(signal == SIGINT ? settings_.shutdown_on_sigint : settings_.shutdown_on_sigterm);
}

void Server::Stop() {
  stopping_ = true;
  loop_.Wake();
}

// --- Connections ------------------------------------------------------------------------------------------------------

void Server::Reject(int fd, std::string_view error) {
  ++stats_.rejected_connections;
  (void)!send(fd, error.data(), error.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  close(fd);
}

void Server::Accept(Listener& listener) {
  for (size_t i = 0; i < kAcceptsATurn; ++i) {
    Accepted accepted = AcceptConnection(listener.fd);
    if (accepted.no_room) Rest(listener);
    if (accepted.fd < 0) return;
    if (connections_.size() >= static_cast<size_t>(settings_.maxclients)) {
      Reject(accepted.fd, "-ERR max number of clients reached\r\n");
      continue;
    }
    if (settings_.protected_mode && shard_settings_.requirepass.empty() && !accepted.is_local) {
      Reject(
          accepted.fd,
          "-DENIED Kvorum is running in protected mode because protected mode is enabled and no password is set for "
          "the "
          "default user. In this mode connections are only accepted from the loopback interface. To connect from "
          "elsewhere, set a password (requirepass) or turn the protection off with CONFIG SET protected-mode no from "
          "the loopback interface.\r\n");
      continue;
    }
    if (!listener.is_unix()) ConfigureTcp(accepted.fd, settings_.tcp_keepalive);
    auto connection = std::make_unique<Connection>(*this, accepted.fd);
    connection->address = accepted.peer;
    connection->local_address = accepted.local;
    connection->is_unix_socket = listener.is_unix();
    if (!loop_.AddStream(accepted.fd, *connection)) return Rest(listener);
    shard_->Add(*connection);
    ++stats_.connections_received;
    const int64_t id = connection->id;
    connections_[id] = std::move(connection);
  }
}

void Server::Close(Connection& connection) {
  clients_bytes_ -= connection.counted_bytes_;
  shard_->Remove(connection);
  loop_.Remove(connection.fd, connection);
  std::erase(attention_, &connection);
  if (connection.awaits_commit_) std::erase(awaiting_commit_, &connection);
  connections_.erase(connection.id);
}

void Server::AwaitCommit(Connection& connection) {
  if (connection.awaits_commit_) return;
  connection.awaits_commit_ = true;
  awaiting_commit_.push_back(&connection);
}

void Server::ListForAttention(Connection& connection) {
  if (connection.listed_) return;
  connection.listed_ = true;
  attention_.push_back(&connection);
}

// Each once a turn, and each a limited share: what they sent while they were blocked may be much, and others wait.
void Server::ContinueStalled() {
  for (Connection* connection : attention_) {
    if (!connection->stalled_ || !connection->can_run()) continue;
    inputs_.push_back(connection->OwnInput());
  }
  if (!inputs_.empty()) ExecuteBatch();
}

// Those whose replies wait are looked at again when the journal has committed more.
void Server::AttendCommitted() {
  if (awaiting_commit_.empty()) return;
  const CommitLog* log = shard_->log();
  const uint64_t written = log == nullptr ? UINT64_MAX : log->committed(Durability::kPeriodic);
  const uint64_t synced = log == nullptr ? UINT64_MAX : log->committed(Durability::kSync);
  if (std::exchange(written_seen_, written) == written && std::exchange(synced_seen_, synced) == synced) return;
  synced_seen_ = synced;
  std::erase_if(awaiting_commit_, [this](Connection* connection) {
    if (connection->output.begins_held(shard_->committed(*connection))) return false;
    connection->awaits_commit_ = false;
    ListForAttention(*connection);
    return true;
  });
}

void Server::AttendConnections() {
  shard_->EndTurn();
  BeginSyncIfDue();
  AttendCommitted();
  if (settings_.maxmemory_clients != 0) {
    for (Connection* connection : attention_) CountMemory(*connection);
  }
  EvictClients();
  attended_.swap(attention_);
  for (Connection* connection : attended_) connection->listed_ = false;
  for (Connection* connection : attended_) {
    if (connection->close_now || !connection->Flush()) {
      Close(*connection);
    } else if (connection->stalled_ && connection->can_run()) {
      ListForAttention(*connection);
    }
  }
  attended_.clear();
}

}  // namespace kvorum
