// The server's own settings, named as in redis.conf. Filled by its configuration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kvorum {

struct ServerSettings {
  std::vector<std::string> bind = {"*", "-::*"};  // a leading "-": not an error if the address is not there
  int64_t port = 6379;
  std::string unixsocket;
  int64_t unixsocketperm = 0;
  int64_t tcp_backlog = 511;
  int64_t tcp_keepalive = 300;  // seconds
  int64_t timeout = 0;          // seconds; 0: never
  int64_t maxclients = 10000;
  bool protected_mode = true;
  int64_t databases = 16;
  int64_t hz = 10;
  std::string dir = ".";
  std::string logfile;
  std::string loglevel = "notice";
  bool daemonize = false;
  std::string pidfile;
  uint64_t client_query_buffer_limit = 1 << 30;
  uint64_t maxmemory_clients = 0;  // bytes; see maxmemory-clients
};

}  // namespace kvorum
