// From bytes to executed commands: reading, parsing, prefetching, executing, and keeping what is left over.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "base/hash.h"
#include "server/log.h"
#include "server/server.h"

namespace kvorum {
namespace {

// Places for arguments that are kept between batches; what a huge request took is given back.
constexpr size_t kKeptArguments = 64 << 10;
// What one read asks for.
constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kLeastReadBytes = 16 << 10;
// When more than this is missing of an argument, its connection gets a buffer that fits: up to kFirstBigBytes at once, and then as
// much again as has really come, so that an announced size alone costs nobody its memory.
constexpr size_t kBigArgumentBytes = 32 << 10;
constexpr size_t kFirstBigBytes = 64 << 10;
// An empty buffer up to this size is not kept.
constexpr size_t kSmallBufferBytes = 64 << 10;
// What one connection may have executed in one turn, so that others get theirs.
constexpr size_t kBytesATurn = 256 << 10;
// What a stranger may have pending.
constexpr size_t kStrangerInputBytes = 1 << 20;
// Requests whose keys are brought to the caches together: enough to overlap the misses, few enough to stay in the cache.
constexpr size_t kPrefetchGroup = 32;

size_t RoomFor(size_t missing, size_t present) { return std::min(missing, std::max(kFirstBigBytes, present)); }

// A browser that was made to talk to us sends these lines: whatever follows them is not what its user wants.
bool IsFromHttp(std::string_view name) { return EqualsIgnoringCase(name, "POST") || EqualsIgnoringCase(name, "HOST:"); }

}  // namespace

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
  if (connection.close_now) return;
  // What belongs to an unfinished request, or to a connection that has sent large ones lately, goes to a buffer of its own; all else
  // is read into the shared area.
  Buffer& own = connection.input_;
  const bool to_own = own.capacity() > 0;
  size_t room = kReadBytes;
  char* place;
  if (to_own) {
    connection.CompactInput();
    const size_t missing = connection.parser_.missing_bytes();
    if (missing > 0) {
      // No more than the argument needs, or than there is anyway: these buffers may be many.
      room = std::max(RoomFor(missing, own.size()), std::min(own.available(), kReadBytes));
      own.Reserve(own.size() + room);
    } else {
      room = std::clamp(own.available(), kLeastReadBytes, kReadBytes);
    }
    place = own.Prepare(room);
  } else {
    if (arena_.available() < kReadBytes) {
      shard_->BeginTurn();
      ExecuteBatch();
      if (connection.close_now) return;
    }
    place = arena_.Prepare(room);
  }
  ssize_t got;
  do {
    got = read(connection.fd, place, room);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) {
    if (got < 0 && errno == EAGAIN) return;
    // Who has said all it has to say may still read: what waits for the journal is sent first.
    if (got == 0 && connection.output.held(shard_->committed(connection))) return connection.CloseAfterReply();
    connection.CloseNow();
    return;
  }
  const auto bytes = static_cast<size_t>(got);
  // There may be more, for another turn.
  if (bytes == room) connection.WatchAgain();
  stats_.net_input_bytes += bytes;
  ++stats_.reads;
  pacer_.CountInput(&connection.pace_mark_);
  connection.last_interaction_ms = shard_->now_ms();
  if (connection.close_after_reply) return;
  if (to_own) {
    own.Commit(bytes);
    connection.input_peak_ = std::max(connection.input_peak_, connection.own_input_bytes());
  }
  const size_t held = (to_own ? connection.own_input_bytes() : bytes) + connection.multi_bytes;
  if (held > static_cast<size_t>(settings_.client_query_buffer_limit) ||
      (held > kStrangerInputBytes && !connection.authenticated)) {
    ++stats_.query_limit_disconnections;
    Log(LogLevel::kWarning, "Closing client that reached max query buffer length: id=" + std::to_string(connection.id) +
                                " addr=" + connection.address);
    connection.CloseNow();
    return;
  }
  if (to_own) {
    inputs_.push_back(connection.OwnInput());
  } else {
    arena_.Commit(bytes);
    inputs_.push_back({&connection, place, place + bytes});
  }
}

void Server::ParseInput(std::vector<Input>& inputs, size_t index) {
  Input& input = inputs[index];
  Connection& connection = *input.connection;
  const RequestLimits limits = Limits(connection);
  while (input.parsed < input.end) {
    if (static_cast<size_t>(input.parsed - input.begin) >= kBytesATurn) {
      input.cut = true;
      return;
    }
    size_t consumed = 0;
    const size_t first_arg = args_.size();
    const ParseStatus status = connection.parser_.Parse({input.parsed, static_cast<size_t>(input.end - input.parsed)},
                                                        limits, args_, &consumed);
    if (status == ParseStatus::kIncomplete) return;
    const auto arg_count = static_cast<uint32_t>(args_.size() - first_arg);
    Request request{index, nullptr, static_cast<uint32_t>(first_arg), arg_count,
                    0,     nullptr, status == ParseStatus::kError};
    if (status == ParseStatus::kError) {
      request.end = input.parsed = input.end;
      requests_.push_back(request);
      return;
    }
    input.parsed += consumed;
    request.end = input.parsed;
    if (arg_count == 0) {
      // An empty line or array: nothing to do. It is consumed with the request before it.
      if (!requests_.empty() && requests_.back().input == index) {
        requests_.back().end = input.parsed;
      } else {
        input.executed = input.parsed;
      }
      continue;
    }
    const std::span<std::string_view> args(args_.data() + first_arg, arg_count);
    if (connection.parser_.was_inline()) {
      for (std::string_view& arg : args) arg = inline_args_.emplace_back(arg);
    }
    request.command = FindCommand(args);
    if (request.command != nullptr && request.command->first_key != 0 && request.command->first_key < arg_count) {
      request.key_hash = HashBytes(args[request.command->first_key]);
    }
    requests_.push_back(request);
    // Limits change with authentication: one at a time until then.
    if (!connection.authenticated) return;
  }
}

// A pipeline mostly repeats its commands.
const Command* Server::FindCommand(Arguments args) const {
  if (!requests_.empty()) {
    const Request& before = requests_.back();
    if (before.command != nullptr && before.command->subcommands.empty() && before.command->container == nullptr &&
        args_[before.first_arg] == args[0]) {
      return before.command;
    }
  }
  return commands_.Find(args);
}

// Towards the caches: first all buckets, then all entries, then what the commands will touch inside of the values.
void Server::Prefetch(const std::vector<Input>& inputs, std::span<const Request> requests) {
  // Requests on one key follow each other often.
  uint64_t before = 0;
  for (const Request& request : requests) {
    if (request.key_hash == std::exchange(before, request.key_hash) || request.key_hash == 0) continue;
    shard_->PrefetchBucket(*inputs[request.input].connection, request.key_hash);
  }
  before = 0;
  for (const Request& request : requests) {
    if (request.key_hash == std::exchange(before, request.key_hash) || request.key_hash == 0) continue;
    shard_->PrefetchEntry(*inputs[request.input].connection, request.key_hash);
  }
  for (const Request& request : requests) {
    if (request.key_hash == 0 || request.command->warm_up == nullptr) continue;
    shard_->StartWarmup(*inputs[request.input].connection, *request.command,
                        {args_.data() + request.first_arg, request.arg_count}, request.key_hash);
  }
  shard_->RunWarmups();
}

void Server::ExecuteRequests(std::vector<Input>& inputs) {
  for (size_t begin = 0; begin < requests_.size(); begin += kPrefetchGroup) {
    const size_t end = std::min(begin + kPrefetchGroup, requests_.size());
    Prefetch(inputs, {requests_.data() + begin, end - begin});
    for (size_t i = begin; i < end; ++i) ExecuteRequest(requests_[i], inputs[requests_[i].input]);
  }
  requests_.clear();
  args_.clear();
  inline_args_.clear();
  if (args_.capacity() > kKeptArguments) args_ = std::vector<std::string_view>();
}

void Server::ExecuteRequest(const Request& request, Input& input) {
  Connection& connection = *input.connection;
  if (!connection.can_run()) return;
  input.executed = request.end;
  if (request.is_error) {
    shard_->Push(connection, "-ERR Protocol error: " + connection.parser_.error() + "\r\n");
    connection.CloseAfterReply();
    return;
  }
  const Arguments args(args_.data() + request.first_arg, request.arg_count);
  if (request.command == nullptr && IsFromHttp(args[0])) {
    Log(LogLevel::kWarning,
        "Possible SECURITY ATTACK detected: somebody sends HTTP's POST or Host: to this port, as a browser does that a "
        "hostile page uses to reach a server behind it. The connection from " +
            connection.address + " was closed.");
    connection.CloseNow();
    return;
  }
  shard_->Execute(connection, request.command, args, request.key_hash);
  if (settings_.maxmemory_clients == 0) return;
  // Not only at the end of the turn: before keys are evicted, clients that hold more than their share have to go.
  CountMemory(connection);
  EvictClients();
}

void Server::KeepRest(Input& input) {
  Connection& connection = *input.connection;
  Buffer& own = connection.input_;
  connection.running_bytes_ = 0;
  input.kept = true;
  if (connection.close_after_reply || connection.close_now) {
    own.Clear();
    own.Resize(0);
    connection.input_begin_ = 0;
    return;
  }
  const size_t rest = static_cast<size_t>(input.end - input.executed);
  if (input.executed != input.parsed) {
    // Whole requests are left, which are parsed again when the session goes on.
    connection.parser_.Reset();
  }
  connection.stalled_ = rest > 0 && (input.executed != input.parsed || input.cut || !connection.can_run());
  if (connection.stalled_) ListForAttention(connection);
  if (rest == 0) {
    own.Clear();
    connection.input_begin_ = 0;
    if (own.capacity() > 0 && own.capacity() <= kSmallBufferBytes) own.Resize(0);
    return;
  }
  if (own.empty()) {
    own.Append({input.executed, rest});
  } else {
    connection.input_begin_ = own.size() - rest;
    connection.CompactInput();
  }
  const size_t missing = connection.parser_.missing_bytes();
  if (missing > kBigArgumentBytes) own.Reserve(own.size() + RoomFor(missing, own.size()));
}

void Server::ExecuteBatch() {
  // A session that is not authenticated goes request by request, so it may have more left to parse: again, until nothing was
  // executed.
  std::vector<Input> inputs;
  inputs.swap(inputs_);
  for (Input& input : inputs) {
    input.parsed = input.executed = input.begin;
    input.connection->running_bytes_ = static_cast<size_t>(input.end - input.begin);
    if (settings_.maxmemory_clients != 0) CountMemory(*input.connection);
  }
  if (settings_.maxmemory_clients != 0) EvictClients();
  bool again = true;
  while (again) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      Input& input = inputs[i];
      if (input.kept) continue;
      if (input.connection->can_run()) ParseInput(inputs, i);
      if (input.parsed == input.begin) KeepRest(input);  // nothing whole: CLIENT LIST may tell of it
    }
    again = !requests_.empty() && std::any_of(inputs.begin(), inputs.end(),
                                              [](const Input& input) { return !input.connection->authenticated; });
    ExecuteRequests(inputs);
  }
  for (Input& input : inputs) {
    if (!input.kept) KeepRest(input);
  }
  inputs.clear();
  inputs_.swap(inputs);
  arena_.Clear();
}

}  // namespace kvorum
