// DataServer: a server that keeps documents in a folder of the user's, for commands that were told of none: it runs while commands use
// it and ends, all stored, when the last of them has ended, in whatever way. Commands at the same time share it.
//
// In the folder: data/ (the server's), server.conf (port and a random password, for this user's eyes), server.log, and two locks: start.lock
// is held by whoever starts or ends the server, users.lock is shared by all who use it. A guardian process, which has nothing else to do,
// waits for users.lock to be free and then ends the server.
//
// Threads: one, and no others in the process while Open starts a server.
#pragma once

#include <string>

#include "client/resp_client.h"

namespace kvorum {

class DataServer {
 public:
  DataServer() = default;
  ~DataServer();
  DataServer(const DataServer&) = delete;
  DataServer& operator=(const DataServer&) = delete;

  // Makes the folder if need be, starts the server unless it runs, and connects. Empty, or why that failed.
  std::string Open(const std::string& folder, RespClient* client);

 private:
  std::string StartOn(int port, const std::string& folder, RespClient* client);

  int users_lock_ = -1;
};

// $XDG_DATA_HOME/kvorum, or ~/.local/share/kvorum.
std::string DefaultDataFolder();
// Whether a DataServer has been there.
bool IsDataFolder(const std::string& folder);

}  // namespace kvorum
