#include "cli/server_command.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/hash.h"
#include "base/huge_pages.h"
#include "base/version.h"
#include "os/counter_clock.h"
#include "os/file.h"
#include "server/config.h"
#include "server/config_apply.h"
#include "server/files_limit.h"
#include "server/log.h"
#include "server/server.h"

namespace kvorum {
namespace {

constexpr std::string_view kDefaultPidFile = "/var/run/kvorum.pid";

Server* g_server = nullptr;  // for the signal handlers

void OnEndSignal(int signal) {
  // Who insists gets out at once.
  static std::atomic<int> g_times{0};
  if (signal == SIGINT && ++g_times > 1) _exit(1);
  g_server->AskToEnd(signal);
}

void HandleSignals() {
  struct sigaction action {};
  action.sa_handler = OnEndSignal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
}

bool Daemonize() {
  const pid_t pid = fork();
  if (pid != 0) _exit(pid < 0 ? 1 : 0);
  setsid();
  const int fd = open("/dev/null", O_RDWR);
  if (fd < 0) return false;
  for (int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(fd, standard);
  if (fd > STDERR_FILENO) close(fd);
  return true;
}

// Tells systemd (Type=notify) how far we are. https://www.freedesktop.org/software/systemd/man/sd_notify.html
void NotifySupervisor(std::string_view message) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path == nullptr || path[0] == 0 || std::strlen(path) >= sizeof(address.sun_path)) return;
  std::memcpy(address.sun_path, path, std::strlen(path));
  if (path[0] == '@') address.sun_path[0] = 0;  // an abstract name
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  (void)!sendto(fd, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), length);
  close(fd);
}

std::string WritePidFile(const ServerSettings& settings) {
  std::string path = settings.pidfile;
  if (path.empty() && settings.daemonize) path = kDefaultPidFile;
  if (path.empty()) return path;
  if (std::FILE* file = std::fopen(path.c_str(), "w")) {
    std::fprintf(file, "%d\n", static_cast<int>(getpid()));
    std::fclose(file);
    return path;
  }
  Log(LogLevel::kWarning, "Failed to write PID file " + path + ": " + std::strerror(errno));
  return {};
}

void LogLogo(const ServerSettings& settings) {
  if (!settings.always_show_logo && (!isatty(STDOUT_FILENO) || !settings.logfile.empty())) return;
  LogRaw("\n    Kvorum " + std::string(kVersion) + " (Redis " + std::string(kRedisVersion) +
         " protocol)\n    Port: " + std::to_string(settings.port) + "\n    PID: " + std::to_string(getpid()) + "\n\n");
}

// What somebody at a terminal wants to know next.
void LogReady(const ServerSettings& settings) {
  const bool has_tcp = settings.port != 0 && !settings.bind.empty();
  const std::string port = std::to_string(settings.port);
  if (has_tcp)
    Log(LogLevel::kNotice, "Connect with: redis-cli -p " + port + ", or any Redis client at redis://127.0.0.1:" + port);
  if (!settings.unixsocket.empty()) Log(LogLevel::kNotice, "Connect with: redis-cli -s " + settings.unixsocket);
  if (has_tcp) Log(LogLevel::kNotice, "Ready to accept connections tcp");
  if (!settings.unixsocket.empty()) Log(LogLevel::kNotice, "Ready to accept connections unix");
}

void LimitClients(ServerSettings& settings) {
  const int64_t possible = RaiseFilesLimit(settings.maxclients);
  if (possible >= settings.maxclients) return;
  Log(LogLevel::kWarning, "You requested maxclients of " + std::to_string(settings.maxclients) +
                              " requiring at least " + std::to_string(settings.maxclients + kReservedFiles) +
                              " max file descriptors, which this system does not give. maxclients is now " +
                              std::to_string(possible) + ". Raise `ulimit -n` for more.");
  settings.maxclients = possible;
}

void RemoveFiles(const std::string& pid_file, const std::string& unix_socket) {
  if (!pid_file.empty()) unlink(pid_file.c_str());
  if (!unix_socket.empty()) unlink(unix_socket.c_str());
}

// `dir`, wherever that was when the server started.
std::string WorkingFolder() {
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

int Serve(Config& config, Settings& settings) {
  ServerSettings& server_settings = settings.server;
  Log(LogLevel::kNotice, "Kvorum is starting, version " + std::string(kVersion) + ", pid " + std::to_string(getpid()));
  if (config.file().empty()) {
    Log(LogLevel::kNotice, "No configuration file given, the defaults are used. `kvorum server --help` tells more");
  } else {
    Log(LogLevel::kNotice, "Configuration loaded from " + config.file());
  }
  for (const std::string& note : config.Notes()) Log(LogLevel::kWarning, note);
  LimitClients(server_settings);
  // Before there is any data. For all of the process, as Redis does it.
  if (server_settings.disable_thp) {
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  } else {
    UseHugePages();
  }
  LogLogo(server_settings);
  CounterClock clock;
  Server server(server_settings, settings.shard, settings.keyspace, clock);
  server.config = &config;
  std::string error;
  if (!server.Listen(&error)) {
    Log(LogLevel::kWarning, error);
    return 1;
  }
  const std::string pid_file = WritePidFile(server_settings);
  if (!ApplyOomScore(server, &error)) Log(LogLevel::kWarning, error);
  (void)ApplyNotifications(server, &error);
  g_server = &server;
  HandleSignals();
  Log(LogLevel::kNotice, "Server initialized");
  if (!server.OpenData(PosixFileSystem(), WorkingFolder(), &error)) {
    if (!error.empty()) Log(LogLevel::kWarning, "Fatal error: " + error);
    RemoveFiles(pid_file, server_settings.unixsocket);
    return error.empty() ? 0 : 1;
  }
  LogReady(server_settings);
  NotifySupervisor("STATUS=Ready to accept connections\nREADY=1\n");
  server.Run();
  NotifySupervisor("STOPPING=1\n");
  RemoveFiles(pid_file, server_settings.unixsocket);
  if (server.has_failed()) _exit(1);
  Log(LogLevel::kWarning, "Kvorum is now ready to exit, bye bye...");
#ifndef KVORUM_SANITIZED
  // To free millions of keys one by one would only delay the end. (Sanitizers want to see it done.)
  _exit(0);
#endif
  return 0;
}

}  // namespace

int ServerMain(std::span<const std::string> args) {
  Settings settings;
  Config config(settings);
  std::string error;
  if (!config.LoadArguments(args, &error) || !SetLog(settings.server.loglevel, settings.server.logfile, &error)) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a failed write
  std::signal(SIGHUP, SIG_IGN);
  SeedHash(SystemEntropy());
  if (settings.server.daemonize && !Daemonize()) return 1;
  return Serve(config, settings);
}

}  // namespace kvorum
