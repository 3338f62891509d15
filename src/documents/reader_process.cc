#include "documents/reader_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/bytes.h"
#include "documents/frames.h"
#include "documents/limits.h"

extern char** environ;

namespace kvorum {
namespace {

constexpr std::string_view kProgramName = "kvorum-documents";

std::string FolderOfThisProgram() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  if (size <= 0) return {};
  const std::string_view whole(path, static_cast<size_t>(size));
  return std::string(whole.substr(0, whole.rfind('/') + 1));
}

bool ReadAll(int fd, char* into, size_t size) {
  while (size > 0) {
    const ssize_t count = read(fd, into, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    into += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

// A socket, so that a reader that is gone is an error and no signal.
bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

ReaderProcess::ReaderProcess(std::string program) : program_(std::move(program)) {
  if (program_.empty()) program_ = FolderOfThisProgram() + std::string(kProgramName);
}

ReaderProcess::~ReaderProcess() { Stop(); }

DocumentError ReaderProcess::Start() {
  is_unusable_ = false;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return Lost(std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  char* words[] = {program_.data(), nullptr};
  const int code = posix_spawn(&pid_, program_.c_str(), &actions, nullptr, words, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  bool is_canceled;
  {
    const std::lock_guard lock(mutex_);
    to_ = from_ = ends[0];
    is_canceled = is_canceled_;
  }
  if (code != 0) pid_ = -1;
  if (is_canceled) return Lost("it is no longer wanted");
  if (code == 0) return {};
  Stop();
  is_unusable_ = true;
  return DocumentError("could not be read: starting " + program_ + " failed: " + std::strerror(code));
}

void ReaderProcess::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (to_ >= 0) close(to_);
    to_ = from_ = -1;
  }
  if (pid_ < 0) return;
  // It may be in the middle of a document that nobody wants.
  kill(pid_, SIGTERM);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

void ReaderProcess::Cancel() {
  const std::lock_guard lock(mutex_);
  is_canceled_ = true;
  // Who waits for it hears that nothing comes any more.
  if (from_ >= 0) shutdown(from_, SHUT_RDWR);
}

DocumentError ReaderProcess::Lost(const std::string& why) {
  Stop();
  return DocumentError::Passing("could not be read: " + why);
}

DocumentError ReaderProcess::Read(const std::string& path, const UnitSink& sink) {
  if (pid_ < 0) {
    if (DocumentError error = Start()) return error;
  }
  char length[4];
  PutU32(length, static_cast<uint32_t>(path.size()));
  if (!SendAll(to_, std::string_view(length, 4)) || !SendAll(to_, path)) return Lost("its reader is gone");
  std::string bytes;
  Frame frame;
  while (true) {
    if (!ReadAll(from_, length, sizeof(length))) return Lost("its reader is gone");
    const uint32_t size = GetU32(length);
    if (size > kMaxFrameBytes) return Lost("its reader answered nonsense");
    bytes.resize(size);
    if (!ReadAll(from_, bytes.data(), size)) return Lost("its reader is gone");
    if (!DecodeFrame(bytes, &frame)) return Lost("its reader answered nonsense");
    if (frame.kind == FrameKind::kError || frame.kind == FrameKind::kPassingError) return frame.error;
    if (frame.kind == FrameKind::kFinished) return {};
    if (!sink(std::move(frame.unit))) {
      Stop();
      return {};
    }
  }
}

}  // namespace kvorum
