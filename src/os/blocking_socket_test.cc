#include "os/blocking_socket.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/socket.h"

namespace kvorum {
namespace {

using Outcome = BlockingSocket::Outcome;

// Somebody on this machine to connect to.
class Listener {
 public:
  Listener() : fd_(ListenTcp("127.0.0.1", 0, 5).fd) {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { close(fd_); }
  int port() const { return port_; }
  int Accept() const {
    pollfd waited{fd_, POLLIN, 0};
    poll(&waited, 1, 10000);
    return AcceptConnection(fd_).fd;
  }

 private:
  int fd_;
  int port_ = 0;
};

void Send(int fd, std::string_view text) {
  ASSERT_EQ(send(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
}

TEST(BlockingSocket, LinesAndBulks) {
  Listener listener;
  BlockingSocket socket;
  ASSERT_EQ(socket.Connect("127.0.0.1", listener.port(), 5000), Outcome::kDone) << socket.error();
  const int peer = listener.Accept();
  ASSERT_GE(peer, 0);
  Send(peer, "+OK\r\n$5\r\nhel\nl\r\n-ERR");
  std::string_view text;
  ASSERT_EQ(socket.ReadLine(&text, 5000), Outcome::kDone);
  EXPECT_EQ(text, "+OK");
  ASSERT_EQ(socket.ReadLine(&text, 5000), Outcome::kDone);
  EXPECT_EQ(text, "$5");
  ASSERT_EQ(socket.ReadBulk(5, &text, 5000), Outcome::kDone);
  EXPECT_EQ(text, "hel\nl");
  EXPECT_EQ(socket.ReadLine(&text, 1), Outcome::kTimedOut);
  Send(peer, " no\r\n");
  ASSERT_EQ(socket.ReadLine(&text, 5000), Outcome::kDone) << "what came before the timeout is not lost";
  EXPECT_EQ(text, "-ERR no");
  ASSERT_EQ(socket.Write("ping", 5000), Outcome::kDone);
  close(peer);
  EXPECT_EQ(socket.ReadLine(&text, 5000), Outcome::kFailed);
  EXPECT_FALSE(socket.error().empty());
}

TEST(BlockingSocket, NobodyReads) {
  Listener listener;
  BlockingSocket socket;
  ASSERT_EQ(socket.Connect("127.0.0.1", listener.port(), 5000), Outcome::kDone);
  const std::string much(64 << 20, 'x');
  EXPECT_EQ(socket.Write(much, 10), Outcome::kTimedOut);
}

TEST(BlockingSocket, NobodyThere) {
  int port;
  {
    Listener gone;
    port = gone.port();
  }
  BlockingSocket socket;
  EXPECT_EQ(socket.Connect("127.0.0.1", port, 5000), Outcome::kRefused);
  EXPECT_EQ(socket.error(), "Connection refused");
  EXPECT_EQ(socket.Connect("no.such.host.invalid", port, 5000), Outcome::kFailed);
  EXPECT_FALSE(socket.is_open());
  EXPECT_EQ(socket.Write("x", 10), Outcome::kFailed);
}

TEST(BlockingSocket, ALineWithoutAnEnd) {
  Listener listener;
  BlockingSocket socket;
  ASSERT_EQ(socket.Connect("localhost", listener.port(), 5000), Outcome::kDone) << socket.error();
  const int peer = listener.Accept();
  Send(peer, std::string(BlockingSocket::kMaxLineBytes + 10, 'x'));
  std::string_view line;
  EXPECT_EQ(socket.ReadLine(&line, 5000), Outcome::kFailed);
  EXPECT_EQ(socket.error(), "a reply's line is too long");
  close(peer);
}

}  // namespace
}  // namespace kvorum
