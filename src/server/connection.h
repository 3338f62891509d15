// Connection: a session over a socket. Reads into the server's shared area, keeps only what is left of an unfinished
// request in a buffer of its own (an idle connection has none), and sends what its output lets go.
//
// Threads: the shard's. Ownership: the Server owns it; it owns its descriptor.
#pragma once

#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "os/event_loop.h"
#include "protocol/request.h"
#include "shard/session.h"

namespace kvorum {

class Server;

class Connection final : public Session, public EventHandler {
 public:
  Connection(Server& server, int fd) : server_(server) { this->fd = fd; }
  ~Connection() override;

  void OnReadable() override;
  void OnWritable() override;
  void Wake() override;

  // Bytes read and not yet consumed.
  const Buffer& pending_input() const { return input_; }
  size_t query_buffer_peak() const { return input_peak_; }
  // Sends what can be sent; false if the connection is to be closed now.
  bool Flush();
  bool can_run() const { return blocked == BlockReason::kNone && !close_after_reply && !close_now; }

 private:
  friend class Server;

  Server& server_;
  RequestParser parser_;
  Buffer input_;
  size_t input_peak_ = 0;
  bool listed_ = false;  // in the server's list of connections to look at
  bool wants_writable_ = false;
  bool stalled_ = false;  // input_ holds whole requests that could not run
};

}  // namespace kvorum
