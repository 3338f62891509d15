// What clients cost, and what is done about it: idle ones are closed (timeout), their buffers shrink, and when all of them together
// hold more than maxmemory-clients, the largest are closed.
#include <algorithm>
#include <array>
#include <bit>

#include "server/log.h"
#include "server/server.h"
#include "shard/client_info.h"

namespace kvorum {
namespace {

// Every connection is looked at about once a second, a part of them each time.
constexpr size_t kLeastLooksACron = 5;
// A buffer of its own that has been idle for so long is freed.
constexpr int64_t kIdleInputMs = 2000;
// Smaller buffers are not worth shrinking while their connection is active.
constexpr size_t kSmallInputBytes = 32 << 10;

// Connections of about the same size are closed in the order in which they came. Sizes differ by powers of two.
constexpr size_t kSmallestSizeLog = 15;
constexpr size_t kLargestSizeLog = 33;
constexpr size_t kSizeClasses = kLargestSizeLog - kSmallestSizeLog + 1;

size_t SizeClass(size_t bytes) {
  const size_t log = static_cast<size_t>(std::bit_width(bytes)) - (bytes > 0 ? 1 : 0);
  return std::clamp(log, kSmallestSizeLog, kLargestSizeLog) - kSmallestSizeLog;
}

}  // namespace

void Server::CareForClients() {
  const auto& sessions = shard_->sessions();
  const auto hz = static_cast<size_t>(std::max<int64_t>(settings_.hz, 1));
  const size_t looks = std::min(sessions.size(), std::max(kLeastLooksACron, sessions.size() / hz));
  auto it = sessions.upper_bound(cared_for_id_);
  for (size_t i = 0; i < looks; ++i) {
    if (it == sessions.end()) it = sessions.begin();
    cared_for_id_ = it->first;
    CareFor(static_cast<Connection&>(*it->second));
    ++it;
  }
}

void Server::CareFor(Connection& connection) {
  if (connection.close_now) return;
  const int64_t idle_ms = shard_->now_ms() - connection.last_interaction_ms;
  if (settings_.timeout > 0 && idle_ms / 1000 > settings_.timeout && connection.blocked == BlockReason::kNone &&
      !connection.is_subscriber() && !connection.is_monitor) {
    Log(LogLevel::kVerbose, "Closing idle client");
    connection.CloseNow();
    return;
  }
  if (!shard_->CheckOutputLimit(connection)) return;
  ResizeBuffers(connection);
  CountMemory(connection);
}

void Server::ResizeBuffers(Connection& connection) {
  const int64_t now_ms = shard_->now_ms();
  Buffer& input = connection.input_;
  if (input.capacity() > 0) {
    const bool idle = now_ms - connection.last_interaction_ms > kIdleInputMs;
    const bool filling = connection.parser_.missing_bytes() > kSmallInputBytes;
    if (idle || (input.capacity() > kSmallInputBytes && connection.input_peak_ < input.capacity() / 2 && !filling)) {
      input.DropFront(connection.input_begin_);
      connection.input_begin_ = 0;
      input.Resize(0);
    }
  }
  connection.input_peak_ = connection.own_input_bytes();

  // The reply buffer follows the most that it held lately.
  if (!shard_settings_.reply_buffer_resizing) return;
  Output& output = connection.output;
  const size_t capacity = output.buffer_capacity();
  const size_t peak = output.buffer_peak();
  if (capacity / 2 >= kMinOutputBufferBytes && peak < capacity / 2) {
    output.ResizeBuffer(std::max(kMinOutputBufferBytes, peak + 1));
    ++stats_.reply_buffer_shrinks;
  } else if (capacity > 0 && capacity * 2 < kOutputBufferBytes * 2 && peak == capacity) {
    output.ResizeBuffer(std::min(kOutputBufferBytes, capacity * 2));
    ++stats_.reply_buffer_expands;
  }
  const int64_t reset_ms = shard_settings_.reply_buffer_peak_reset_ms;
  if (reset_ms >= 0 && now_ms - connection.output_peak_since_ms_ > reset_ms) {
    output.ResetPeak();
    connection.output_peak_since_ms_ = now_ms;
  }
}

size_t Server::ClientsLimit() const {
  const int64_t setting = settings_.maxmemory_clients;
  if (setting >= 0) return static_cast<size_t>(setting);
  return static_cast<size_t>(static_cast<double>(keyspace_settings_.maxmemory) * (-static_cast<double>(setting) / 100));
}

void Server::CountMemory(Connection& connection) {
  const size_t bytes = connection.close_now ? 0 : ClientMemoryBytes(connection, 0);
  clients_bytes_ += bytes - connection.counted_bytes_;
  connection.counted_bytes_ = bytes;
}

void Server::EvictClients() {
  const size_t limit = ClientsLimit();
  if (limit != clients_limit_) {
    clients_limit_ = limit;
    for (const auto& [id, connection] : connections_) CountMemory(*connection);
  }
  if (limit == 0 || clients_bytes_ <= limit) return;
  std::array<std::vector<Connection*>, kSizeClasses> classes;
  for (const auto& [id, session] : shard_->sessions()) {
    auto& connection = static_cast<Connection&>(*session);
    CountMemory(connection);
    if (!connection.no_evict && !connection.close_now)
      classes[SizeClass(connection.counted_bytes_)].push_back(&connection);
  }
  for (size_t i = kSizeClasses; i-- > 0;) {
    for (Connection* connection : classes[i]) {
      if (clients_bytes_ <= limit) return;
      Log(LogLevel::kNotice, "Evicting client: id=" + std::to_string(connection->id) + " addr=" + connection->address +
                                 " tot-mem=" + std::to_string(connection->counted_bytes_));
      ++stats_.evicted_clients;
      // Its memory goes at once: the rest of this turn may need it.
      connection->output.Clear();
      connection->CloseNow();
      CountMemory(*connection);
    }
  }
}

}  // namespace kvorum
