#include "cli/own_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

namespace kvorum {
namespace {

constexpr int kTries = 5;  // somebody else may take the port in between
constexpr auto kPatience = std::chrono::seconds(20);
constexpr auto kPause = std::chrono::milliseconds(5);

// In the child. Returns only if it cannot.
void BecomeServer(pid_t parent, const std::string& port, const std::string& folder) {
  // Else it would stay when this process is killed.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) return;
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, fd);
  execl("/proc/self/exe", "kvorum", "server", "--port", port.c_str(), "--bind", "127.0.0.1", "--dir", folder.c_str(),
        "--durability", "memory", "--save", "", nullptr);
}

}  // namespace

int FreeLocalPort() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return 0;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool good = bind(socket_fd, any, length) == 0 && getsockname(socket_fd, any, &length) == 0;
  close(socket_fd);
  return good ? ntohs(address.sin_port) : 0;
}

OwnServer::~OwnServer() { Stop(); }

void OwnServer::Stop() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    (void)waitpid(pid_, nullptr, 0);
  }
  pid_ = -1;
  RemoveFolder();
}

void OwnServer::RemoveFolder() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  folder_.clear();
}

std::string OwnServer::Start(RespClient* client) {
  std::string error;
  for (int i = 0; i < kTries; ++i) {
    const int port = FreeLocalPort();
    if (port == 0) return std::string("there is no free port: ") + std::strerror(errno);
    error = StartOn(port, client);
    if (error.empty()) return {};
    Stop();
  }
  return error;
}

std::string OwnServer::StartOn(int port, RespClient* client) {
  const char* temporary = std::getenv("TMPDIR");
  std::string folder = std::string(temporary == nullptr ? "/tmp" : temporary) + "/kvorum-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return folder + ": " + std::strerror(errno);
  folder_ = folder;
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) return std::string("a server cannot be started: ") + std::strerror(errno);
  if (pid_ == 0) {
    BecomeServer(parent, std::to_string(port), folder);
    _exit(127);
  }
  ServerAddress address;
  address.port = port;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!client->Connect(address)) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return "the server that was started for this ended at once; `kvorum server` tells why";
    }
    if (std::chrono::steady_clock::now() > end)
      return "the server that was started for this does not answer: " + client->error();
    std::this_thread::sleep_for(kPause);
  }
  // It keeps nothing there, and however we end, nothing is left behind.
  RemoveFolder();
  return {};
}

}  // namespace kvorum
