#include "os/blocking_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "os/clock.h"
#include "os/socket.h"

namespace kvorum {
namespace {

constexpr size_t kPieceBytes = 64 << 10;

int64_t NowMs() { return SystemClock().MonotonicMicros() / 1000; }

}  // namespace

BlockingSocket::BlockingSocket(BlockingSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      read_(std::move(other.read_)),
      taken_(std::exchange(other.taken_, 0)),
      error_(std::move(other.error_)) {}

BlockingSocket& BlockingSocket::operator=(BlockingSocket&& other) noexcept {
  if (this == &other) return *this;
  Close();
  fd_ = std::exchange(other.fd_, -1);
  read_ = std::move(other.read_);
  taken_ = std::exchange(other.taken_, 0);
  error_ = std::move(other.error_);
  return *this;
}

void BlockingSocket::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  read_.clear();
  taken_ = 0;
}

BlockingSocket::Outcome BlockingSocket::Fail(Outcome outcome, std::string error) {
  error_ = std::move(error);
  return outcome;
}
BlockingSocket::Outcome BlockingSocket::Fail() { return Fail(Outcome::kFailed, std::strerror(errno)); }

BlockingSocket::Outcome BlockingSocket::WaitFor(short events, int64_t deadline_ms) {
  while (true) {
    const int64_t left_ms = std::clamp<int64_t>(deadline_ms - NowMs(), 0, INT32_MAX);
    pollfd waited{fd_, events, 0};
    const int ready = poll(&waited, 1, static_cast<int>(left_ms));
    if (ready > 0) return Outcome::kDone;
    if (ready == 0 && left_ms < INT32_MAX) return Fail(Outcome::kTimedOut, std::strerror(ETIMEDOUT));
    if (ready < 0 && errno != EINTR) return Fail();
  }
}

BlockingSocket BlockingSocket::Replay(std::string_view bytes) {
  CHECK(bytes.size() <= kMaxReplayBytes);
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  CHECK(send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  close(ends[1]);
  BlockingSocket socket;
  socket.fd_ = ends[0];
  return socket;
}

BlockingSocket::Outcome BlockingSocket::Connect(const std::string& host, int port, int64_t timeout_ms) {
  Close();
  const int64_t deadline_ms = NowMs() + timeout_ms;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (status != 0) return Fail(Outcome::kFailed, gai_strerror(status));
  Outcome outcome = Fail(Outcome::kFailed, "no address");
  for (const addrinfo* address = found; address != nullptr && outcome != Outcome::kDone; address = address->ai_next) {
    Close();
    fd_ = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0 || (connect(fd_, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS)) {
      outcome = Fail();
      continue;
    }
    outcome = WaitFor(POLLOUT, deadline_ms);
    int error = 0;
    socklen_t length = sizeof(error);
    if (outcome == Outcome::kDone && getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error != 0)
      outcome = Fail(Outcome::kRefused, std::strerror(error));
  }
  freeaddrinfo(found);
  if (outcome == Outcome::kDone) {
    ConfigureTcp(fd_, 0);
  } else {
    Close();
  }
  return outcome;
}

BlockingSocket::Outcome BlockingSocket::Write(std::string_view bytes, int64_t timeout_ms) {
  if (fd_ < 0) return Fail(Outcome::kFailed, "not connected");
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, kPieceBytes);
    bytes.remove_prefix(piece.size());
    const int64_t deadline_ms = NowMs() + timeout_ms;
    while (!piece.empty()) {
      const ssize_t written = send(fd_, piece.data(), piece.size(), MSG_NOSIGNAL);
      if (written >= 0) {
        piece.remove_prefix(static_cast<size_t>(written));
      } else if (errno == EAGAIN) {
        if (const Outcome outcome = WaitFor(POLLOUT, deadline_ms); outcome != Outcome::kDone) return outcome;
      } else if (errno != EINTR) {
        return Fail();
      }
    }
  }
  return Outcome::kDone;
}

void BlockingSocket::DropRead() {
  if (taken_ == 0) return;
  read_.erase(0, taken_);
  taken_ = 0;
}

BlockingSocket::Outcome BlockingSocket::ReadMore(int64_t timeout_ms) {
  if (fd_ < 0) return Fail(Outcome::kFailed, "not connected");
  const int64_t deadline_ms = NowMs() + timeout_ms;
  const size_t held = read_.size();
  while (true) {
    read_.resize(held + kPieceBytes);
    const ssize_t count = recv(fd_, read_.data() + held, kPieceBytes, 0);
    read_.resize(held + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count > 0) return Outcome::kDone;
    if (count == 0) return Fail(Outcome::kFailed, "the server closed the connection");
    if (errno == EAGAIN) {
      if (const Outcome outcome = WaitFor(POLLIN, deadline_ms); outcome != Outcome::kDone) return outcome;
    } else if (errno != EINTR) {
      return Fail();
    }
  }
}

BlockingSocket::Outcome BlockingSocket::ReadLine(std::string_view* line, int64_t timeout_ms) {
  size_t looked = taken_;
  while (true) {
    const size_t end = read_.find('\n', looked);
    if (end != std::string::npos) {
      const size_t length = end > taken_ && read_[end - 1] == '\r' ? end - 1 - taken_ : end - taken_;
      *line = std::string_view(read_).substr(taken_, length);
      taken_ = end + 1;
      return Outcome::kDone;
    }
    if (read_.size() - taken_ > kMaxLineBytes) return Fail(Outcome::kFailed, "a reply's line is too long");
    DropRead();
    looked = read_.size();
    if (const Outcome outcome = ReadMore(timeout_ms); outcome != Outcome::kDone) return outcome;
  }
}

BlockingSocket::Outcome BlockingSocket::ReadBulk(size_t size, std::string_view* bytes, int64_t timeout_ms) {
  while (read_.size() - taken_ < size + 2) {
    DropRead();
    if (const Outcome outcome = ReadMore(timeout_ms); outcome != Outcome::kDone) return outcome;
  }
  *bytes = std::string_view(read_).substr(taken_, size);
  taken_ += size + 2;
  return Outcome::kDone;
}

}  // namespace kvorum
