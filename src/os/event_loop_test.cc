#include "os/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace kvorum {
namespace {

// One end of a pair of sockets in a loop, the other in the test's hand. Reads at most `most` bytes when it is told to.
class Stream : public EventHandler {
 public:
  Stream() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    fd = fds[0];
    peer = fds[1];
    EXPECT_TRUE(loop.AddStream(fd, *this));
  }
  ~Stream() override {
    close(fd);
    if (peer >= 0) close(peer);
  }
  void OnReadable() override {
    ++readable;
    char buffer[100];
    const ssize_t got = read(fd, buffer, most);
    if (got > 0) text.append(buffer, static_cast<size_t>(got));
    if (got == 0) ended = true;
  }
  void OnWritable() override { ++writable; }
  void OnHangUp() override { ++hang_ups; }
  void Send(const std::string& bytes) {
    EXPECT_EQ(write(peer, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  EventLoop loop;
  int fd;
  int peer;
  size_t most = 100;
  int readable = 0;
  int writable = 0;
  int hang_ups = 0;
  bool ended = false;
  std::string text;
};

TEST(EventLoop, AStreamIsReportedOnceForWhatHasCome) {
  Stream stream;
  stream.most = 2;
  stream.Send("abcd");
  EXPECT_EQ(stream.loop.Poll(1000), 1u);
  EXPECT_EQ(stream.loop.Poll(0), 0u) << "what was left unread is not reported by itself";
  EXPECT_EQ(stream.text, "ab");
  stream.loop.Watch(stream.fd, stream, true, false);
  EXPECT_EQ(stream.loop.Poll(1000), 1u);
  EXPECT_EQ(stream.text, "abcd");
  stream.Send("e");
  EXPECT_EQ(stream.loop.Poll(1000), 1u);
  EXPECT_EQ(stream.text, "abcde");
  EXPECT_EQ(stream.hang_ups, 0);
}

TEST(EventLoop, AnEndBehindUnreadBytesIsFound) {
  Stream stream;
  stream.Send("last");
  close(std::exchange(stream.peer, -1));
  EXPECT_EQ(stream.loop.Poll(1000), 1u);
  EXPECT_EQ(stream.text, "last");
  EXPECT_EQ(stream.hang_ups, 1);
  EXPECT_FALSE(stream.ended);
  stream.loop.Watch(stream.fd, stream, true, false);
  EXPECT_EQ(stream.loop.Poll(1000), 1u);
  EXPECT_TRUE(stream.ended);
}

TEST(EventLoop, WritingIsReportedWhenItIsWatched) {
  Stream stream;
  EXPECT_EQ(stream.loop.Poll(0), 0u);
  stream.loop.Watch(stream.fd, stream, false, true);
  stream.Send("not watched");
  EXPECT_EQ(stream.loop.Poll(1000), 1u);
  EXPECT_EQ(stream.writable, 1);
  EXPECT_EQ(stream.readable, 0);
  stream.loop.Watch(stream.fd, stream, true, false);
  EXPECT_EQ(stream.loop.Poll(1000), 1u);
  EXPECT_EQ(stream.text, "not watched");
}

TEST(EventLoop, OthersAreReportedWhileTheyAreReady) {
  Stream stream;
  stream.loop.Remove(stream.fd, stream);
  EXPECT_TRUE(stream.loop.Add(stream.fd, stream));
  stream.most = 1;
  stream.Send("ab");
  EXPECT_EQ(stream.loop.Poll(1000), 1u);
  EXPECT_EQ(stream.loop.Poll(1000), 1u);
  EXPECT_EQ(stream.text, "ab");
  EXPECT_EQ(stream.loop.Poll(0), 0u);
}

TEST(EventLoop, WakeEndsAPoll) {
  Stream stream;
  stream.loop.Wake();
  EXPECT_EQ(stream.loop.Poll(-1), 1u);
  EXPECT_EQ(stream.loop.Poll(0), 0u);
}

}  // namespace
}  // namespace kvorum
