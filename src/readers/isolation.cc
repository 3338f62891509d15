#include "readers/isolation.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/bytes.h"
#include "documents/frames.h"
#include "documents/limits.h"
#include "readers/confine.h"
#include "readers/file_bytes.h"
#include "readers/reader.h"

namespace kvorum {
namespace {

// How the process that reads a document ends.
constexpr int kFinished = 0;
constexpr int kNobodyListens = 1;
constexpr int kOutOfMemory = 3;

constexpr size_t kLengthBytes = 4;            // of a frame or a path, in front of it
constexpr size_t kBlockBytes = 64 << 10;      // of frames that are copied
constexpr uint32_t kMaxPathBytes = 64 << 10;  // many times what the system takes

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
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

void Limit(int resource, uint64_t most) {
  rlimit limit{};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || most < limit.rlim_max ? most : limit.rlim_max;
  setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

// Of one document. KVORUM_DOCUMENT_SECONDS in the environment says otherwise than the limit that is built in.
uint64_t CpuSeconds() {
  const char* text = std::getenv("KVORUM_DOCUMENT_SECONDS");
  const uint64_t wanted = text ? std::strtoull(text, nullptr, 10) : 0;
  return wanted > 0 ? wanted : kReaderCpuSeconds;
}

// No file that this program was started with is of the reader's business, but for the way to who asked. False: see ConfineReader.
bool Confine(int to) {
  if (to > STDERR_FILENO + 1) close_range(STDERR_FILENO + 1, static_cast<unsigned>(to) - 1, 0);
  close_range(static_cast<unsigned>(to) + 1, ~0U, 0);
#ifndef KVORUM_SANITIZED  // a sanitizer asks for much when it has something to say
  return ConfineReader() || std::getenv("KVORUM_UNCONFINED");
#else
  return true;
#endif
}

// The process that reads the document. Never returns.
[[noreturn]] void ReadAndExit(const std::string& path, int to) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#ifndef KVORUM_SANITIZED  // a sanitizer reserves terabytes of addresses
  Limit(RLIMIT_AS, kReaderMemoryBytes);
#endif
  Limit(RLIMIT_STACK, kReaderStackBytes);
  Limit(RLIMIT_CPU, CpuSeconds());
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_FSIZE, 0);
  // What libraries complain of goes nowhere: the error that they return is what counts.
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nowhere, STDIN_FILENO);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  if (!Confine(to)) {
    WriteAll(to, EncodeError(DocumentError::Passing(
                     "could not be read: nothing here keeps its reader from doing harm (no seccomp); with "
                     "KVORUM_UNCONFINED=1 in the environment it is read all the same")));
    _exit(kFinished);
  }
  int status = kFinished;
  try {
    const DocumentError error = ReadDocument(path, [to](Unit&& unit) { return WriteAll(to, EncodeUnit(unit)); });
    if (!WriteAll(to, error ? EncodeError(error) : EncodeFinished())) status = kNobodyListens;
  } catch (const std::bad_alloc&) {
    status = kOutOfMemory;
  }
  _exit(status);
}

// Copies whole frames of units and notes the last one. False: the sink gave up. *silent: nothing came for too long.
bool CopyFrames(int from, const FrameSink& sink, std::string* last, bool* silent) {
  std::string buffer;
  char block[kBlockBytes];
  while (true) {
    pollfd ready{from, POLLIN, 0};
    const int found = poll(&ready, 1, kReaderSilenceMs);
    if (found < 0 && errno == EINTR) continue;
    if (found == 0) *silent = true;
    if (found <= 0) return true;
    const ssize_t count = read(from, block, sizeof(block));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    buffer.append(block, static_cast<size_t>(count));
    size_t taken = 0;
    while (buffer.size() - taken > kLengthBytes) {
      const size_t size = GetU32(buffer.data() + taken);
      if (size == 0 || size > kMaxFrameBytes) return true;  // no frame: a document has broken its reader
      if (buffer.size() - taken < kLengthBytes + size) break;
      const auto frame = std::string_view(buffer).substr(taken, kLengthBytes + size);
      taken += kLengthBytes + size;
      if (frame[kLengthBytes] != static_cast<char>(FrameKind::kUnit)) {
        last->assign(frame);
      } else if (!sink(frame)) {
        return false;
      }
    }
    buffer.erase(0, taken);
  }
}

DocumentError EndOf(int status, bool silent) {
  // How long it takes depends on what else there is to do, and what the system kills on that, too.
  if (silent)
    return DocumentError::Passing("took too long: no page within " + std::to_string(kReaderSilenceMs / 1000) +
                                  " seconds");
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
    return DocumentError::Passing("took too long: more than " + std::to_string(CpuSeconds()) +
                                  " seconds of processor time");
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
    return DocumentError::Passing("could not be read: its reader was killed");
  if ((WIFEXITED(status) && WEXITSTATUS(status) == kOutOfMemory) ||
      (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT))
    return DocumentError("needs more than " + MebibytesText(kReaderMemoryBytes) +
                         " of memory to be read, or is broken");
  if (WIFSIGNALED(status))
    return DocumentError(std::string("is broken: its reader crashed (") + strsignal(WTERMSIG(status)) + ")");
  return DocumentError("is broken: its reader ended early");
}

}  // namespace

bool ReadIsolated(const std::string& path, const FrameSink& sink) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return sink(
        EncodeError(DocumentError::Passing(std::string("could not be read: no pipe (") + std::strerror(errno) + ")")));
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    ReadAndExit(path, ends[1]);
  }
  close(ends[1]);
  if (child < 0) {
    const int code = errno;
    close(ends[0]);
    return sink(EncodeError(
        DocumentError::Passing(std::string("could not be read: no process (") + std::strerror(code) + ")")));
  }
  std::string last;
  bool silent = false;
  const bool wanted = CopyFrames(ends[0], sink, &last, &silent);
  close(ends[0]);
  if (silent || !wanted) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!wanted) return false;
  const bool is_whole = !last.empty() && WIFEXITED(status) && WEXITSTATUS(status) == kFinished;
  return sink(is_whole ? last : EncodeError(EndOf(status, silent)));
}

int ServeDocuments() {
  signal(SIGPIPE, SIG_IGN);
  char length[kLengthBytes];
  std::string path;
  while (ReadAll(STDIN_FILENO, length, sizeof(length))) {
    const uint32_t size = GetU32(length);
    if (size > kMaxPathBytes) return 1;
    path.resize(size);
    if (!ReadAll(STDIN_FILENO, path.data(), size)) return 1;
    if (!ReadIsolated(path, [](std::string_view frame) { return WriteAll(STDOUT_FILENO, frame); })) return 1;
  }
  return 0;
}

}  // namespace kvorum
