// MigrationSockets: the connections that MIGRATE keeps to where keys go, so that many calls to one place need one connection.
//
// Threads: the shard's. Ownership: owns the connections.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "os/blocking_socket.h"

namespace kvorum {

struct MigrationSocket {
  BlockingSocket socket;
  int64_t db = -1;  // selected there; -1: not known
  int64_t used_ms = 0;
};

class MigrationSockets {
 public:
  // Unused for longer, they are closed.
  static constexpr int64_t kIdleMs = 10000;
  static constexpr size_t kMaxSockets = 64;

  // One that is there, or a new one; nullptr if *outcome says that there is none. Good until the next call.
  MigrationSocket* Get(std::string_view host, std::string_view port, int64_t timeout_ms, int64_t now_ms,
                       BlockingSocket::Outcome* outcome);
  void Close(std::string_view host, std::string_view port);
  // O(1) when there are none.
  void CloseIdle(int64_t now_ms);
  size_t size() const { return sockets_.size(); }

 private:
  std::map<std::string, MigrationSocket> sockets_;  // by "host:port"
};

}  // namespace kvorum
