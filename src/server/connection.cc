#include "server/connection.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "server/server.h"

namespace kvorum {
namespace {

// Pieces of output handed to one system call, and the most one turn sends to one connection, so that a reader of huge
// replies does not keep others waiting.
constexpr size_t kPiecesACall = 64;
constexpr size_t kBytesATurn = 1 << 20;

}  // namespace

Connection::~Connection() { close(fd); }

void Connection::OnReadable() { server_.Read(*this); }

void Connection::OnWritable() { server_.ListForAttention(*this); }

void Connection::Wake() { server_.ListForAttention(*this); }

bool Connection::Flush() {
  const uint64_t committed = server_.shard().committed();
  size_t sent_in_all = 0;
  bool full = false;
  while (!output.empty() && sent_in_all < kBytesATurn && !full) {
    std::string_view pieces[kPiecesACall];
    iovec vectors[kPiecesACall];
    const size_t count = output.Sendable(committed, pieces, kPiecesACall);
    if (count == 0) break;
    for (size_t i = 0; i < count; ++i) vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
    const ssize_t sent = writev(fd, vectors, static_cast<int>(count));
    if (sent < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        full = true;
        break;
      }
      if (errno == EINTR) continue;
      return false;
    }
    output.Consume(static_cast<size_t>(sent));
    ++server_.stats().writes;
    sent_in_all += static_cast<size_t>(sent);
  }
  server_.stats().net_output_bytes += sent_in_all;
  if (output.empty()) {
    if (close_after_reply) return false;
  } else if (output.held(committed) && !full && sent_in_all < kBytesATurn) {
    // Waits for the journal, not for the socket.
    server_.ListForAttention(*this);
    return true;
  }
  if (wants_writable_ != !output.empty()) {
    wants_writable_ = !output.empty();
    server_.loop().Watch(fd, *this, true, wants_writable_);
  }
  return true;
}

}  // namespace kvorum
