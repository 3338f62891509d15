#include "server/connection.h"

#include <sys/socket.h>
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
// So long after its last request a connection counts as active.
constexpr int64_t kActiveMs = 2000;

ssize_t SendPieces(int fd, const Output::Piece* pieces, size_t count, int flags) {
  if (count == 1) return send(fd, pieces[0].data, pieces[0].size, flags);
  iovec vectors[kPiecesACall];
  for (size_t i = 0; i < count; ++i) vectors[i] = {const_cast<char*>(pieces[i].data), pieces[i].size};
  msghdr message{};
  message.msg_iov = vectors;
  message.msg_iovlen = count;
  return sendmsg(fd, &message, flags);
}

}  // namespace

Connection::~Connection() { close(fd); }

void Connection::OnReadable() { server_.Read(*this); }

void Connection::OnWritable() { server_.ListForAttention(*this); }

void Connection::Wake() { server_.ListForAttention(*this); }

InputUsage Connection::input_usage() const {
  InputUsage usage;
  if (input_.capacity() > 0) {
    usage.bytes = own_input_bytes() - parser_.parsed_bytes();
    usage.free_bytes = input_.available();
    usage.own_bytes = input_.capacity();
    return usage;
  }
  usage.bytes = running_bytes_;
  const bool active = server_.shard().now_ms() - last_interaction_ms < kActiveMs;
  if (active && usage.bytes < kLentInputBytes) usage.free_bytes = kLentInputBytes - usage.bytes;
  return usage;
}

void Connection::CompactInput() {
  if (input_begin_ == 0 || input_begin_ < input_.size() / 2) return;
  input_.DropFront(input_begin_);
  input_begin_ = 0;
}

void Connection::WatchEvents(bool writable) {
  const bool readable = output.list_bytes() <= kMostUnsentBytes || !stalled_;
  if (readable == watches_readable_ && writable == watches_writable_) return;
  watches_readable_ = readable;
  watches_writable_ = writable;
  WatchAgain();
}

void Connection::WatchAgain() { server_.loop().Watch(fd, *this, watches_readable_, watches_writable_); }

bool Connection::Flush() {
  const uint64_t committed = server_.shard().committed(*this);
  size_t sent_in_all = 0;
  bool full = false;
  // The last reply goes out together with the end: who has read it finds the connection closed, not about to be.
  const int flags = MSG_NOSIGNAL | (close_after_reply ? MSG_MORE : 0);
  while (!output.empty() && sent_in_all < kBytesATurn) {
    Output::Piece pieces[kPiecesACall];
    const size_t count = output.Sendable(committed, pieces, kPiecesACall);
    if (count == 0) break;
    const ssize_t sent = SendPieces(fd, pieces, count, flags);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
      full = true;
      break;
    }
    output.Consume(static_cast<size_t>(sent));
    ++server_.stats().writes;
    sent_in_all += static_cast<size_t>(sent);
  }
  server_.stats().net_output_bytes += sent_in_all;
  if (sent_in_all > 0) last_interaction_ms = server_.shard().now_ms();
  if (output.empty() && close_after_reply) {
    shutdown(fd, SHUT_WR);
    return false;
  }
  if (!output.empty() && !full) {
    if (sent_in_all >= kBytesATurn) {
      server_.ListForAttention(*this);
    } else if (output.held(committed)) {
      // What is left waits for the journal, not for the socket.
      server_.AwaitCommit(*this);
    }
  }
  WatchEvents(full);
  return true;
}

}  // namespace kvorum
