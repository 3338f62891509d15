#include "server/server.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/hash.h"
#include "os/socket.h"

namespace kvorum {
namespace {

// The area that a turn's input is read into, and what one read asks for.
constexpr size_t kArenaBytes = 2 << 20;
constexpr size_t kReadBytes = 64 << 10;
// Above this an unfinished request's buffer is made just as large as the request needs.
constexpr size_t kBigArgumentBytes = 32 << 10;
constexpr size_t kAcceptsATurn = 1000;
// Requests whose keys are brought to the caches together: enough to overlap the misses, few enough to stay in the cache.
constexpr size_t kPrefetchGroup = 32;

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
  shard_ = std::make_unique<Shard>(Shard::Parts{.commands = &commands_,
                                                .keyspace_settings = &keyspace_settings_,
                                                .settings = &shard_settings_,
                                                .clock = &clock_,
                                                .random_seed = SystemEntropy(),
                                                .databases = static_cast<int>(settings.databases)});
  shard_->server = this;
  run_id_ = RandomHexDigits(shard_->random(), 40);
  ChangeReplicationId();
  metrics_.startup_bytes = metrics_.peak_bytes = AllocatedBytes();
}

void Server::ChangeReplicationId() { replication_id_ = RandomHexDigits(shard_->random(), 40); }

Server::~Server() {
  while (!connections_.empty()) Close(*connections_.begin()->second);
  listeners_.clear();
}

void Server::Run() {
  int64_t wait_ms = 0;
  while (!stopping_.load(std::memory_order_relaxed)) {
    loop_.Poll(attention_.empty() ? wait_ms : 0);
    shard_->BeginTurn();
    const int64_t began = shard_->now_monotonic_micros();
    const uint64_t commands_before = shard_->stats().commands_processed;
    ExecuteBatch();
    CountCommands(began, commands_before);
    wait_ms = std::min(shard_->RunTimers(), CronIfDue());
    AttendConnections();
    const auto took = static_cast<uint64_t>(clock_.MonotonicMicros() - began);
    ++stats_.cycles;
    stats_.cycle_micros += took;
    stats_.cycle_micros_max = std::max(stats_.cycle_micros_max, took);
  }
}

void Server::CountCommands(int64_t began_micros, uint64_t commands_before) {
  // The shard's clock stands where the last command left it.
  stats_.command_micros += static_cast<uint64_t>(shard_->now_monotonic_micros() - began_micros);
  const uint64_t commands = shard_->stats().commands_processed;
  if (commands > commands_before) {
    stats_.commands_a_cycle_max = std::max(stats_.commands_a_cycle_max, commands - commands_before);
  }
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
    shard_->Add(*connection);
    loop_.Add(accepted.fd, *connection);
    ++stats_.connections_received;
    const int64_t id = connection->id;
    connections_[id] = std::move(connection);
  }
}

void Server::Close(Connection& connection) {
  shard_->Remove(connection);
  loop_.Remove(connection.fd, connection);
  std::erase(attention_, &connection);
  connections_.erase(connection.id);
}

void Server::ListForAttention(Connection& connection) {
  if (connection.listed_) return;
  connection.listed_ = true;
  attention_.push_back(&connection);
}

void Server::AttendConnections() {
  // First those that may go on with what they sent before they blocked; serving them may wake others.
  for (size_t i = 0; i < attention_.size(); ++i) {
    Connection& connection = *attention_[i];
    if (!connection.stalled_ || !connection.can_run()) continue;
    connection.stalled_ = false;
    inputs_.push_back({&connection, connection.input_.data(), connection.input_.data() + connection.input_.size()});
    ExecuteBatch();
  }
  shard_->EndTurn();
  std::vector<Connection*> attended;
  attended.swap(attention_);
  for (Connection* connection : attended) connection->listed_ = false;
  for (Connection* connection : attended) {
    if (connection->close_now || !connection->Flush()) Close(*connection);
  }
}

// --- Requests ---------------------------------------------------------------------------------------------------------

RequestLimits Server::Limits(const Connection& connection) const {
  RequestLimits limits;
  limits.bulk_bytes = keyspace_settings_.proto_max_bulk_len;
  if (!connection.authenticated) {
    limits.authenticated = false;
    limits.bulks = kStrangerBulks;
    limits.bulk_bytes = kStrangerBulkBytes;
  }
  return limits;
}

void Server::Read(Connection& connection) {
  // An unfinished request goes on where it is; all else is read into the shared area.
  const bool unfinished = !connection.input_.empty();
  char* place;
  size_t room;
  if (unfinished) {
    const size_t missing = connection.parser_.missing_bytes();
    if (missing > kBigArgumentBytes) {
      connection.input_.Reserve(connection.input_.size() + missing);
      room = missing;
    } else {
      room = kReadBytes;
    }
    place = connection.input_.Prepare(room);
  } else {
    if (arena_.available() < kReadBytes) {
      ExecuteBatch();
      if (connection.close_now) return;
    }
    room = kReadBytes;
    place = arena_.Prepare(room);
  }
  const ssize_t got = read(connection.fd, place, room);
  if (got <= 0) {
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    connection.CloseNow();
    return;
  }
  const auto bytes = static_cast<size_t>(got);
  stats_.net_input_bytes += bytes;
  ++stats_.reads;
  if (unfinished) {
    connection.input_.Commit(bytes);
    connection.input_peak_ = std::max(connection.input_peak_, connection.input_.size());
    if (connection.input_.size() > static_cast<size_t>(settings_.client_query_buffer_limit)) {
      connection.CloseNow();
      return;
    }
    inputs_.push_back({&connection, connection.input_.data(), connection.input_.data() + connection.input_.size()});
  } else {
    arena_.Commit(bytes);
    inputs_.push_back({&connection, place, place + bytes});
  }
}

void Server::ParseInput(Input& input) {
  Connection& connection = *input.connection;
  const RequestLimits limits = Limits(connection);
  while (input.parsed < input.end) {
    size_t consumed = 0;
    const ParseStatus status = connection.parser_.Parse({input.parsed, static_cast<size_t>(input.end - input.parsed)},
                                                        limits, parsed_args_, &consumed);
    if (status == ParseStatus::kIncomplete) return;
    Request request{&input, nullptr, static_cast<uint32_t>(args_.size()), static_cast<uint32_t>(parsed_args_.size()),
                    0,      nullptr, status == ParseStatus::kError};
    if (status == ParseStatus::kError) {
      request.end = input.parsed = input.end;
      requests_.push_back(request);
      return;
    }
    input.parsed += consumed;
    request.end = input.parsed;
    if (parsed_args_.empty()) {
      // An empty line or array: nothing to do, but it is consumed with what comes next.
      continue;
    }
    for (std::string_view arg : parsed_args_) {
      if (connection.parser_.was_inline()) arg = inline_args_.emplace_back(arg);
      args_.push_back(arg);
    }
    request.command = commands_.Find(parsed_args_);
    if (request.command != nullptr && request.command->first_key != 0 &&
        request.command->first_key < request.arg_count) {
      request.key_hash = HashBytes(parsed_args_[request.command->first_key]);
    }
    requests_.push_back(request);
    // Limits change with authentication: one at a time until then.
    if (!connection.authenticated) return;
  }
}

void Server::ExecuteRequests() {
  for (size_t begin = 0; begin < requests_.size(); begin += kPrefetchGroup) {
    const size_t end = std::min(begin + kPrefetchGroup, requests_.size());
    for (size_t i = begin; i < end; ++i) {
      if (requests_[i].key_hash != 0) shard_->PrefetchBucket(*requests_[i].input->connection, requests_[i].key_hash);
    }
    for (size_t i = begin; i < end; ++i) {
      if (requests_[i].key_hash != 0) shard_->PrefetchEntry(*requests_[i].input->connection, requests_[i].key_hash);
    }
    for (size_t i = begin; i < end; ++i) {
      const Request& request = requests_[i];
      Connection& connection = *request.input->connection;
      if (!connection.can_run()) continue;
      request.input->executed = request.end;
      if (request.is_error) {
        connection.output.Append("-ERR Protocol error: " + connection.parser_.error() + "\r\n");
        connection.CloseAfterReply();
        continue;
      }
      shard_->Execute(connection, request.command, {args_.data() + request.first_arg, request.arg_count},
                      request.key_hash);
    }
  }
  requests_.clear();
  args_.clear();
  inline_args_.clear();
}

void Server::KeepRest(Input& input) {
  Connection& connection = *input.connection;
  if (connection.close_after_reply || connection.close_now) {
    connection.input_.Clear();
    return;
  }
  if (input.executed != input.parsed) {
    // Whole requests are left: the session blocks. They are parsed again when it goes on.
    connection.stalled_ = true;
    connection.parser_.Reset();
  }
  const std::string_view rest(input.executed, static_cast<size_t>(input.end - input.executed));
  if (rest.data() >= connection.input_.data() && rest.data() <= connection.input_.data() + connection.input_.size() &&
      connection.input_.data() != nullptr) {
    connection.input_.DropFront(connection.input_.size() - rest.size());
  } else if (!rest.empty()) {
    connection.input_.Append(rest);
  }
  if (connection.input_.empty() && connection.input_.capacity() > 0) connection.input_.Resize(0);
}

void Server::ExecuteBatch() {
  // A session that cannot run (or not authenticated, which goes request by request) may have more left to parse: again, until
  // nothing was executed.
  std::vector<Input> inputs;
  inputs.swap(inputs_);
  for (Input& input : inputs) input.parsed = input.executed = input.begin;
  bool again = true;
  while (again) {
    again = false;
    for (Input& input : inputs) {
      if (input.connection->can_run()) ParseInput(input);
    }
    again = !requests_.empty() && std::any_of(inputs.begin(), inputs.end(),
                                              [](const Input& input) { return !input.connection->authenticated; });
    ExecuteRequests();
  }
  for (Input& input : inputs) KeepRest(input);
  inputs.clear();
  inputs_.swap(inputs);
  arena_.Clear();
}

}  // namespace kvorum
