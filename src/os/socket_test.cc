#include "os/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kvorum {
namespace {

int PortOf(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  return ntohs(address.sin_port);
}

TEST(ListenTcp, APortThatIsTaken) {
  const SocketResult first = ListenTcp("127.0.0.1", 0, 16);
  ASSERT_EQ(first.error, "");
  const SocketResult second = ListenTcp("127.0.0.1", PortOf(first.fd), 16);
  EXPECT_EQ(second.error, "bind: Address already in use");
  EXPECT_EQ(second.fd, -1);
  EXPECT_FALSE(second.no_address || second.no_protocol);
  close(first.fd);
}

TEST(ListenTcp, AddressesThatCannotBe) {
  const SocketResult nonsense = ListenTcp("999.999.999.999", 0, 16);
  EXPECT_EQ(nonsense.error, "Name or service not known");
  EXPECT_FALSE(nonsense.no_address);
  const SocketResult elsewhere = ListenTcp("203.0.113.1", 0, 16);  // of the documentation's network: nobody has it
  EXPECT_EQ(elsewhere.error, "bind: Cannot assign requested address");
  EXPECT_TRUE(elsewhere.no_address);
}

TEST(ListenTcp, BothKindsOnOnePort) {
  const SocketResult v4 = ListenTcp("*", 0, 16);
  ASSERT_EQ(v4.error, "");
  const SocketResult v6 = ListenTcp("::*", PortOf(v4.fd), 16);
  EXPECT_TRUE(v6.error.empty() || v6.no_protocol || v6.no_address) << v6.error;
  close(v4.fd);
  if (v6.fd >= 0) close(v6.fd);
}

class ListenUnixTest : public ::testing::Test {
 protected:
  ListenUnixTest() {
    char name[] = "/tmp/kvorum-socket-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~ListenUnixTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
};

TEST_F(ListenUnixTest, ReplacesWhatAnEndedProcessLeft) {
  const std::string path = folder_ + "/socket";
  const SocketResult first = ListenUnix(path, 0, 16);
  ASSERT_EQ(first.error, "");
  EXPECT_EQ(ListenUnix(path, 0, 16).error, "bind: Address already in use") << "somebody listens";
  close(first.fd);
  EXPECT_TRUE(std::filesystem::exists(path));
  const SocketResult second = ListenUnix(path, 0700, 16);
  EXPECT_EQ(second.error, "");
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  close(second.fd);
}

TEST_F(ListenUnixTest, LeavesOtherFilesAlone) {
  const std::string path = folder_ + "/notes.txt";
  std::ofstream(path) << "precious";
  EXPECT_EQ(ListenUnix(path, 0, 16).error, "bind: File exists");
  EXPECT_EQ(std::filesystem::file_size(path), 8u);
}

TEST_F(ListenUnixTest, PathsThatCannotBe) {
  EXPECT_EQ(ListenUnix(folder_ + "/none/socket", 0, 16).error, "bind: No such file or directory");
  EXPECT_EQ(ListenUnix(folder_ + "/" + std::string(200, 'x'), 0, 16).error, "the path is too long for a unix socket");
}

TEST(Accept, TellsWhoCameFromWhere) {
  const SocketResult listener = ListenTcp("127.0.0.1", 0, 16);
  ASSERT_EQ(listener.error, "");
  EXPECT_EQ(AcceptConnection(listener.fd).fd, -1) << "nobody waits";
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  ASSERT_EQ(getsockname(listener.fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), length), 0);
  const Accepted accepted = AcceptConnection(listener.fd);
  ASSERT_GE(accepted.fd, 0);
  EXPECT_EQ(accepted.peer, "127.0.0.1:" + std::to_string(PortOf(client)));
  EXPECT_EQ(accepted.local, "127.0.0.1:" + std::to_string(PortOf(listener.fd)));
  EXPECT_TRUE(accepted.is_local);
  EXPECT_NE(fcntl(accepted.fd, F_GETFL) & O_NONBLOCK, 0);
  for (int fd : {client, accepted.fd, listener.fd}) close(fd);
}

}  // namespace
}  // namespace kvorum
