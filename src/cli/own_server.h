// OwnServer: a server for one command's own use: on a free port of this machine, with nothing kept. It ends with the object, and with
// this process.
//
// Threads: one.
#pragma once

#include <sys/types.h>

#include <string>

#include "client/resp_client.h"

namespace kvorum {

class OwnServer {
 public:
  OwnServer() = default;
  ~OwnServer();
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;

  // Starts it, waits until it answers, and connects. Empty, or why that failed.
  std::string Start(RespClient* client);

 private:
  std::string StartOn(int port, RespClient* client);
  void Stop();
  void RemoveFolder();

  pid_t pid_ = -1;
  std::string folder_;
};

// A port of 127.0.0.1 that nobody listens on at the moment; 0: there is none.
int FreeLocalPort();

}  // namespace kvorum
