#include "os/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kvorum {
namespace {

SocketResult Failed(int fd, const std::string& what) {
  SocketResult result{.error = what + ": " + std::strerror(errno)};
  result.no_address = errno == EADDRNOTAVAIL;
  result.no_protocol = errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT ||
                       errno == EPFNOSUPPORT || errno == ENOPROTOOPT;
  if (fd >= 0) close(fd);
  return result;
}

std::string AddressText(const sockaddr_storage& address, const std::string& unix_path) {
  char text[INET6_ADDRSTRLEN];
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  return unix_path + ":0";
}

// Removes a socket on which nobody listens. What is in the way otherwise, as errno has it, or 0.
int ClearPath(const sockaddr_un& address) {
  struct stat old {};
  if (lstat(address.sun_path, &old) != 0) return 0;
  if (!S_ISSOCK(old.st_mode)) return EEXIST;
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // Who has no room for one more is alive too.
  const bool is_alive =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 || errno == EAGAIN;
  if (fd >= 0) close(fd);
  if (!is_alive) unlink(address.sun_path);
  return is_alive ? EADDRINUSE : 0;
}

bool IsLoopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24) == 127;
  }
  if (address.ss_family == AF_INET6) {
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
  }
  return true;
}

}  // namespace

SocketResult ListenTcp(const std::string& address, int port, int backlog) {
  addrinfo hints{};
  hints.ai_family = address == "*" ? AF_INET : address == "::*" ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const char* host = address == "*" || address == "::*" ? nullptr : address.c_str();
  const int status = getaddrinfo(host, std::to_string(port).c_str(), &hints, &found);
  if (status != 0) return {.error = gai_strerror(status)};
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  SocketResult result{.fd = fd};
  const int one = 1;
  if (fd < 0) {
    result = Failed(fd, "socket");
  } else {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (found->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    if (bind(fd, found->ai_addr, found->ai_addrlen) != 0) {
      result = Failed(fd, "bind");
    } else if (listen(fd, backlog) != 0) {
      result = Failed(fd, "listen");
    }
  }
  freeaddrinfo(found);
  return result;
}

SocketResult ListenUnix(const std::string& path, unsigned permissions, int backlog) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return {.error = "the path is too long for a unix socket"};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Failed(fd, "socket");
  errno = ClearPath(address);
  if (errno != 0) return Failed(fd, "bind");
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return Failed(fd, "bind");
  if (listen(fd, backlog) != 0) return Failed(fd, "listen");
  if (permissions != 0 && chmod(path.c_str(), permissions) != 0) return Failed(fd, "chmod");
  return {.fd = fd};
}

Accepted AcceptConnection(int listener) {
  sockaddr_storage peer{};
  socklen_t length = sizeof(peer);
  Accepted accepted;
  accepted.fd = accept4(listener, reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted.fd < 0) {
    accepted.no_room = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    return accepted;
  }
  sockaddr_storage local{};
  length = sizeof(local);
  std::string path;
  if (getsockname(accepted.fd, reinterpret_cast<sockaddr*>(&local), &length) == 0 && local.ss_family == AF_UNIX) {
    path = reinterpret_cast<sockaddr_un&>(local).sun_path;
    peer.ss_family = AF_UNIX;
  }
  accepted.peer = AddressText(peer, path);
  accepted.local = AddressText(local, path);
  accepted.is_local = IsLoopback(peer);
  return accepted;
}

void ConfigureTcp(int fd, int64_t keepalive_seconds) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (keepalive_seconds <= 0) return;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
  // The first probe after that time, then three more within as long again.
  const int idle = static_cast<int>(keepalive_seconds);
  const int interval = idle / 3 > 0 ? idle / 3 : 1;
  const int probes = 3;
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

}  // namespace kvorum
