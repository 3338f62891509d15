// Sockets: listening, accepting, and what connections are set to. All of them are non-blocking and close on exec.
//
// Threads: no state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kvorum {

struct SocketResult {
  int fd = -1;               // valid if error is empty
  std::string error = {};    // "bind: Address already in use", ...
  bool no_address = false;   // the error: this machine does not have the address
  bool no_protocol = false;  // the error: this machine does not speak the address's protocol (IPv6)
};

// `address`: IPv4 or IPv6, or "*" and "::*" for all of a kind.
[[nodiscard]] SocketResult ListenTcp(const std::string& address, int port, int backlog);
// `permissions`: of the file, 0 leaves them. A socket left by a process that is gone is replaced; one on which somebody listens, and
// a file that is no socket, are left alone and an error.
[[nodiscard]] SocketResult ListenUnix(const std::string& path, unsigned permissions, int backlog);

struct Accepted {
  int fd = -1;  // -1: nobody waits, or an error that will pass
  bool no_room =
      false;  // of such an error: the system has no descriptor or memory left, and asking again at once is no use
  std::string peer;  // "127.0.0.1:50000", "[::1]:50000", "/path:0"
  std::string local;
  bool is_local = false;  // loopback or unix
};
[[nodiscard]] Accepted AcceptConnection(int listener);

// No delay, and keep-alive after so many seconds (0: off).
void ConfigureTcp(int fd, int64_t keepalive_seconds);

}  // namespace kvorum
