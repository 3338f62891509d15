// Store: the server that `kvorum ingest` and `kvorum ask` keep documents in. That is the one they are told of; or one on the usual port
// of this machine, if it has full-text search; or else one of their own on a folder, which is started for the purpose (cli/data_server.h).
//
// Threads: one.
#pragma once

#include <string>

#include "cli/client_options.h"
#include "cli/data_server.h"
#include "cli/own_server.h"
#include "client/resp_client.h"

namespace kvorum {

struct StoreOptions {
  ServerAddress server;
  bool has_server = false;  // it was named, and no other will do
  std::string folder;       // was named, the same way; empty: none was
};

void AddStoreOptions(CLI::App& app, StoreOptions* options);
// After the options were parsed. Empty, or what is wrong with them.
std::string CheckStoreOptions(const CLI::App& app, StoreOptions* options);

class Store {
 public:
  // For an index that is to be written. Empty, or the error.
  std::string Open(const StoreOptions& options);
  // Where the index is, of the places that could be meant. *is_there: whether it is anywhere. Empty, or the error.
  std::string OpenWith(const std::string& index, const StoreOptions& options, bool* is_there);

  RespClient* client() { return &client_; }
  // What the user should know of where the documents are; empty: nothing that is not as usual.
  const std::string& note() const { return note_; }

 private:
  // The server on the usual port. False: there is none that would do, note() says why where there is something.
  bool OpenUsual(const ServerAddress& address);
  std::string OpenFolder(const std::string& folder);

  RespClient client_;
  DataServer data_server_;
  OwnServer own_server_;  // for a moment, when there is no other
  std::string note_;
};

}  // namespace kvorum
