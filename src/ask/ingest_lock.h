// IngestLock: one ingest at a time writes into an index. Two would each take for the end of a file's chunks what the other has just added to,
// and leave chunks behind that nobody knows of.
//
// NAME:ingest holds who writes: the server's run id and the number of the client's connection. Whose connection is gone, or was to a server
// that has been started anew since, writes no more, so nothing is in the way after a crash.
//
// Threads: one. Ownership: borrows the client; gives the lock back at its end.
#pragma once

#include <string>

#include "ask/index_keys.h"
#include "client/resp_client.h"

namespace kvorum {

class IngestLock {
 public:
  IngestLock(const IndexKeys& keys, RespClient* client) : key_(keys.ingest()), name_(keys.name()), client_(client) {}
  ~IngestLock();
  IngestLock(const IngestLock&) = delete;
  IngestLock& operator=(const IngestLock&) = delete;

  // Empty, or why not: who has it. A server that does not number its clients is used without.
  [[nodiscard]] std::string Take();

 private:
  // Whether whom the key names is still there; *where: its address.
  bool IsThere(const std::string& holder, const std::string& run_id, std::string* where);

  const std::string key_;
  const std::string name_;
  RespClient* client_;
  bool is_held_ = false;
};

}  // namespace kvorum
