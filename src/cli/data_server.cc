#include "cli/data_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "cli/own_server.h"

namespace kvorum {
namespace {

constexpr int kTries = 5;  // somebody else may take the port in between
constexpr int kPauseMs = 5;

std::string ConfigFile(const std::string& folder) { return folder + "/server.conf"; }

std::string FileError(const std::string& path) { return path + ": " + std::strerror(errno); }

// -1: errno says why.
int OpenLock(const std::string& path) { return open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }

bool Lock(int fd, int how) {
  while (flock(fd, how) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

class StartLock {
 public:
  ~StartLock() {
    if (fd_ >= 0) close(fd_);
  }
  bool Take(const std::string& folder) {
    fd_ = OpenLock(folder + "/start.lock");
    return fd_ >= 0 && Lock(fd_, LOCK_EX);
  }

 private:
  int fd_ = -1;
};

std::string RandomWord() {
  unsigned char bytes[24];
  if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) std::abort();  // never fails for so few
  std::string word;
  for (unsigned char byte : bytes) word += "0123456789abcdef"[byte & 15];
  return word;
}

bool ReadAddress(const std::string& folder, ServerAddress* address) {
  std::ifstream file(ConfigFile(folder));
  std::string name;
  std::string value;
  address->port = 0;
  while (file >> name >> value) {
    if (name == "port") address->port = std::atoi(value.c_str());
    if (name == "requirepass") address->password = value;
  }
  return address->port > 0 && !address->password.empty();
}

std::string WriteAddress(const std::string& folder, const ServerAddress& address) {
  const std::string path = ConfigFile(folder);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::string text = "port " + std::to_string(address.port) + "\nrequirepass " + address.password + "\n";
  const bool good = fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  std::string error = good ? std::string() : FileError(path);
  if (fd >= 0) close(fd);
  return error;
}

// The server itself. Returns only if it cannot.
void BecomeServer(pid_t guardian, const std::string& folder) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != guardian) return;
  const std::string data = folder + "/data";
  const std::string log = folder + "/server.log";
  execl("/proc/self/exe", "kvorum", "server", ConfigFile(folder).c_str(), "--bind", "127.0.0.1", "--dir", data.c_str(),
        "--logfile", log.c_str(), nullptr);
}

// In a child: starts the server, waits until nobody uses it, ends it. `alive` is open for writing as long as the server runs.
[[noreturn]] void Guard(const std::string& folder, int alive) {
  setsid();  // Ctrl-C is for the command
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, fd);
  // The server has this one beyond its start, and nothing else; above all not the command's locks.
  const int kept = dup2(alive, STDERR_FILENO + 1);
  close_range(static_cast<unsigned>(kept) + 1, ~0U, 0);
  const pid_t guardian = getpid();
  const pid_t server = fork();
  if (server == 0) {
    BecomeServer(guardian, folder);
    _exit(127);
  }
  close(kept);
  const int users = OpenLock(folder + "/users.lock");
  while (server > 0) {
    if (!Lock(users, LOCK_EX)) break;
    (void)Lock(users, LOCK_UN);
    // Whoever comes now waits for start.lock, or has come before.
    StartLock start;
    if (!start.Take(folder)) break;
    if (flock(users, LOCK_EX | LOCK_NB) != 0) continue;
    kill(server, SIGTERM);
    (void)waitpid(server, nullptr, 0);
    break;
  }
  _exit(0);
}

// Whether a server has the folder now. Where none has, as after a crash, anybody may listen on the port that is written down.
bool IsServed(const std::string& data) {
  const int lock = open((data + "/lock").c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) return false;
  const bool is_held = flock(lock, LOCK_EX | LOCK_NB) != 0;
  close(lock);
  return is_held;
}

bool HasEnded(int alive) {
  pollfd end{alive, POLLIN, 0};
  return poll(&end, 1, kPauseMs) > 0;
}

}  // namespace

DataServer::~DataServer() {
  if (users_lock_ >= 0) close(users_lock_);
}

std::string DataServer::Open(const std::string& folder_name, RespClient* client) {
  std::error_code code;
  const std::string folder = std::filesystem::absolute(folder_name, code);
  const bool is_new = std::filesystem::create_directories(folder, code);
  if (!code && is_new) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, code);
  if (!code) std::filesystem::create_directory(folder + "/data", code);
  if (code) return folder + ": " + code.message();
  StartLock start;
  if (!start.Take(folder)) return FileError(folder + "/start.lock");
  users_lock_ = OpenLock(folder + "/users.lock");
  if (users_lock_ < 0 || !Lock(users_lock_, LOCK_SH)) return FileError(folder + "/users.lock");
  ServerAddress address;
  if (IsServed(folder + "/data") && ReadAddress(folder, &address) && client->Connect(address)) return {};
  std::string error;
  for (int i = 0; i < kTries; ++i) {
    const int port = FreeLocalPort();
    if (port == 0) return std::string("there is no free port: ") + std::strerror(errno);
    error = StartOn(port, folder, client);
    if (error.empty()) return {};
  }
  return error;
}

std::string DataServer::StartOn(int port, const std::string& folder, RespClient* client) {
  ServerAddress address;
  address.port = port;
  address.password = RandomWord();
  if (std::string error = WriteAddress(folder, address); !error.empty()) return error;
  int alive[2];
  if (pipe2(alive, O_CLOEXEC) != 0) return std::string("a server cannot be started: ") + std::strerror(errno);
  const pid_t guardian = fork();
  if (guardian == 0) Guard(folder, alive[1]);
  close(alive[1]);
  std::string error;
  if (guardian < 0) error = std::string("a server cannot be started: ") + std::strerror(errno);
  while (error.empty() && !client->Connect(address)) {
    if (HasEnded(alive[0])) error = "the server for " + folder + " ended at once; " + folder + "/server.log tells why";
  }
  close(alive[0]);
  return error;
}

std::string DefaultDataFolder() {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && data[0] == '/') return std::string(data) + "/kvorum";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.local/share/kvorum";
}

bool IsDataFolder(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::exists(ConfigFile(folder), ignored);
}

}  // namespace kvorum
