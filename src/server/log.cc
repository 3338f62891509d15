#include "server/log.h"

#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace kvorum {
namespace {

std::atomic<LogLevel> g_level{LogLevel::kNotice};
std::string g_file;  // written before there are other threads

// 'M' as Redis marks a primary's lines.
constexpr char kRole = 'M';
constexpr char kMarks[] = {'.', '-', '*', '#'};

int OpenLog() {
  return g_file.empty() ? STDOUT_FILENO : open(g_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

void WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // A log that cannot be written has nowhere to say so.
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

bool SetLog(LogLevel level, const std::string& file, std::string* error) {
  g_level = level;
  g_file = file;
  const int fd = OpenLog();
  if (fd < 0) {
    *error = "Can't open the log file: " + std::string(std::strerror(errno));
    return false;
  }
  if (!g_file.empty()) close(fd);
  return true;
}

void SetLogLevel(LogLevel level) { g_level = level; }

bool Logs(LogLevel level) { return level >= g_level; }

void LogRaw(std::string_view text) {
  const int fd = OpenLog();
  if (fd < 0) return;
  WriteAll(fd, text);
  if (!g_file.empty()) close(fd);
}

void Log(LogLevel level, std::string_view text) {
  if (!Logs(level) || level >= LogLevel::kNothing) return;
  timeval now;
  gettimeofday(&now, nullptr);
  tm local;
  localtime_r(&now.tv_sec, &local);
  char date[64];
  const size_t length = std::strftime(date, sizeof(date), "%d %b %Y %H:%M:%S", &local);
  char prefix[128];
  std::snprintf(prefix, sizeof(prefix), "%d:%c %.*s.%03d %c ", static_cast<int>(getpid()), kRole,
                static_cast<int>(length), date, static_cast<int>(now.tv_usec / 1000),
                kMarks[static_cast<size_t>(level)]);
  std::string line(prefix);
  line += text;
  line += '\n';
  LogRaw(line);
}

}  // namespace kvorum
