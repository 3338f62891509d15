// Connection: a session over a socket. Reads into the server's shared area and keeps only what is left of an unfinished
// request in a buffer of its own (an idle connection has none); sends what its output lets go.
//
// Flow: a connection whose output has grown beyond kMostUnsentBytes runs nothing more until its client has read some of it, and
// one that has also sent more meanwhile is not read from.
//
// Threads: the shard's. Ownership: the Server owns it; it owns its descriptor.
#pragma once

#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "os/event_loop.h"
#include "protocol/request.h"
#include "server/turn_pacer.h"
#include "shard/session.h"

namespace kvorum {

class Connection;
class Server;

// With so much that its client has not read, a connection runs no more commands.
inline constexpr size_t kMostUnsentBytes = 256 << 20;
// What the shared area lends to a connection that was active a moment ago, for CLIENT LIST.
inline constexpr size_t kLentInputBytes = 16 << 10;

// What a connection has sent and nobody has executed. parsed and executed: how far that got.
struct ConnectionInput {
  Connection* connection;
  const char* begin;
  const char* end;
  const char* parsed = nullptr;
  const char* executed = nullptr;
  bool cut = false;   // the turn's share is used up
  bool kept = false;  // what is left over is where it belongs
};

class Connection final : public Session, public EventHandler {
 public:
  Connection(Server& server, int fd) : server_(server) { this->fd = fd; }
  ~Connection() override;

  void OnReadable() override;
  void OnWritable() override;
  void OnHangUp() override { WatchAgain(); }
  void Wake() override;
  InputUsage input_usage() const override;
  bool waits_for_writing() const override { return watches_writable_; }
  size_t object_bytes() const override { return sizeof(Connection); }

  // Sends what can be sent; false if the connection is to be closed now.
  bool Flush();
  bool can_run() const {
    return blocked == BlockReason::kNone && !close_after_reply && !close_now && output.list_bytes() <= kMostUnsentBytes;
  }

 private:
  friend class Server;

  ConnectionInput OwnInput() { return {this, input_.data() + input_begin_, input_.data() + input_.size()}; }
  size_t own_input_bytes() const { return input_.size() - input_begin_; }
  // Frees what was consumed of input_ when that is worth moving the rest.
  void CompactInput();
  void WatchEvents(bool writable);
  // Has what is ready reported once more.
  void WatchAgain();

  Server& server_;
  RequestParser parser_;
  Buffer input_;
  size_t input_begin_ = 0;    // what comes before is consumed
  size_t input_peak_ = 0;     // the most there was since the last look at it
  size_t running_bytes_ = 0;  // of the turn's input, while its requests are executed
  size_t counted_bytes_ = 0;  // this connection's part of the server's sum
  int64_t output_peak_since_ms_ = 0;
  TurnPacer::Mark pace_mark_ = 0;
  bool listed_ = false;         // in the server's list of connections to look at
  bool awaits_commit_ = false;  // in the server's list of those that wait for the journal
  bool stalled_ = false;        // input_ may hold whole requests that could not run
  bool watches_readable_ = true;
  bool watches_writable_ = false;
};

}  // namespace kvorum
