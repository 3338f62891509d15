// What a server does when it cannot listen where it should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "os/clock.h"
#include "os/socket.h"
#include "server/config.h"
#include "server/server.h"

namespace kvorum {
namespace {

using ::testing::HasSubstr;

// A port that somebody listens on, 0 if on the other kind of address.
class TakenPort {
 public:
  explicit TakenPort(const std::string& address) : socket_(ListenTcp(address, 0, 16)) {
    EXPECT_EQ(socket_.error, "");
    sockaddr_storage bound{};
    socklen_t length = sizeof(bound);
    EXPECT_EQ(getsockname(socket_.fd, reinterpret_cast<sockaddr*>(&bound), &length), 0);
    number = ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
  }
  ~TakenPort() { Free(); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  void Free() {
    if (socket_.fd >= 0) close(socket_.fd);
    socket_.fd = -1;
  }

  int number = 0;

 private:
  SocketResult socket_;
};

bool CanConnect(int64_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return connected;
}

class ListenersTest : public ::testing::Test {
 protected:
  ListenersTest() {
    settings_.server.bind = {"127.0.0.1"};
    settings_.server.port = 0;
  }
  // Empty: it listens.
  std::string Listen() {
    std::string error;
    return server_.Listen(&error) ? "" : error;
  }

  Settings settings_;
  ManualClock clock_{1700000000000000};
  Server server_{settings_.server, settings_.shard, settings_.keyspace, clock_};
};

TEST_F(ListenersTest, ATakenPortIsNamed) {
  const TakenPort taken("127.0.0.1");
  settings_.server.port = taken.number;
  const std::string port = std::to_string(taken.number);
  EXPECT_EQ(Listen(), "Could not create server TCP listening socket 127.0.0.1:" + port +
                          ": bind: Address already in use\nFailed listening on port " + port + " (tcp), aborting.");
}

TEST_F(ListenersTest, OptionalAddressesMayBeMissingButNotTaken) {
  TakenPort taken("127.0.0.1");
  settings_.server.port = taken.number;
  settings_.server.bind = {"-203.0.113.1", "-127.0.0.1"};
  EXPECT_THAT(Listen(), HasSubstr("-127.0.0.1:" + std::to_string(taken.number) + ": bind: Address already in use"));
  taken.Free();
  EXPECT_EQ(Listen(), "");
  EXPECT_TRUE(CanConnect(taken.number));
}

TEST_F(ListenersTest, AnAddressThatThisMachineDoesNotHave) {
  settings_.server.port = 7829;
  settings_.server.bind = {"203.0.113.1"};
  EXPECT_THAT(Listen(), HasSubstr("203.0.113.1:7829: bind: Cannot assign requested address"));
}

TEST_F(ListenersTest, NowhereAtAll) {
  EXPECT_EQ(Listen(), "Configured to not listen anywhere (port, bind, unixsocket), exiting.");
}

TEST_F(ListenersTest, AUnixSocketThatIsAnotherFile) {
  char name[] = "/tmp/kvorum-listeners-XXXXXX";
  const std::string folder = mkdtemp(name);
  settings_.server.unixsocket = folder + "/file";
  std::ofstream(settings_.server.unixsocket) << "text";
  EXPECT_EQ(Listen(), "Failed opening Unix socket " + folder + "/file: bind: File exists");
  settings_.server.unixsocket = folder + "/socket";
  EXPECT_EQ(Listen(), "");
  std::filesystem::remove_all(folder);
}

TEST_F(ListenersTest, AChangeThatFailsChangesNothing) {
  TakenPort old_port("127.0.0.1");
  const TakenPort taken("127.0.0.1");
  old_port.Free();
  settings_.server.port = old_port.number;
  ASSERT_EQ(Listen(), "");

  settings_.server.port = taken.number;
  EXPECT_FALSE(server_.ListenAnew());
  settings_.server.port = old_port.number;
  EXPECT_TRUE(CanConnect(old_port.number));

  settings_.server.bind = {"203.0.113.1"};
  EXPECT_FALSE(server_.ListenAnew());
  settings_.server.bind = {"127.0.0.1"};
  EXPECT_TRUE(CanConnect(old_port.number));

  settings_.server.bind = {"*"};
  EXPECT_TRUE(server_.ListenAnew());
  EXPECT_TRUE(CanConnect(old_port.number));
  settings_.server.port = 0;
  EXPECT_TRUE(server_.ListenAnew());
  EXPECT_FALSE(CanConnect(old_port.number));
}

}  // namespace
}  // namespace kvorum
