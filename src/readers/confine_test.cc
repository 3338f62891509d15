#include "readers/confine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poppler/cpp/poppler-global.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <vector>

#include "documents/frames.h"
#include "readers/isolation.h"
#include "readers/test_documents.h"

// A sanitizer asks the system for more than a reader may.
#ifndef KVORUM_SANITIZED

namespace kvorum {
namespace {

constexpr int kNoFilter = 100;

// Runs it in a process of its own; how that ended: its exit status, or minus the signal.
int InChild(const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) _exit(work());
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// Numbers of calls, and arguments with which they do no harm where they are answered. A structure may be all zeros.
struct Call {
  const char* name;
  long number;
  std::vector<long> arguments;
};

long Do(const Call& call) {
  long a[6] = {};
  for (size_t i = 0; i < call.arguments.size(); ++i) a[i] = call.arguments[i];
  return syscall(call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

bool IsDenied(const Call& call) { return Do(call) < 0 && (errno == ENOSYS || errno == EPERM); }

std::vector<Call> ForbiddenCalls(const std::string& path, const std::string& other) {
  static char zeros[256] = {};
  const auto file = reinterpret_cast<long>(path.c_str());
  const auto name = reinterpret_cast<long>(other.c_str());
  const auto zero = reinterpret_cast<long>(zeros);
  static int read_only = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const long parent = getppid();
  return {
      {"open to write", SYS_openat, {AT_FDCWD, file, O_WRONLY}},
      {"open to read and write", SYS_openat, {AT_FDCWD, file, O_RDWR}},
      {"open to append", SYS_openat, {AT_FDCWD, file, O_RDONLY | O_APPEND}},
      {"truncate by open", SYS_openat, {AT_FDCWD, file, O_RDONLY | O_TRUNC}},
      {"create", SYS_openat, {AT_FDCWD, name, O_RDONLY | O_CREAT, 0600}},
      {"socket", SYS_socket, {AF_INET, SOCK_STREAM}},
      {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, zero}},
      {"execve", SYS_execve, {name, zero, zero}},
      {"clone", SYS_clone, {0x1000000, 0}},  // another value of CLONE_...: a child would go on in the test
      {"ptrace", SYS_ptrace, {PTRACE_ATTACH, 0x7ffffff0}},
      {"process_vm_readv", SYS_process_vm_readv, {parent, zero, 0, zero, 0}},
      {"kill", SYS_kill, {parent, 0}},
      {"tkill", SYS_tkill, {parent, 0}},
      {"tgkill", SYS_tgkill, {parent, parent, 0}},
      {"rt_sigqueueinfo", SYS_rt_sigqueueinfo, {parent, 0, zero}},
      {"rt_tgsigqueueinfo", SYS_rt_tgsigqueueinfo, {parent, parent, 0, zero}},
      {"pidfd_open", SYS_pidfd_open, {parent, 0}},
      {"TIOCSTI", SYS_ioctl, {0, TIOCSTI, zero}},
      {"F_SETOWN", SYS_fcntl, {read_only, F_SETOWN, parent}},
      {"F_SETLEASE", SYS_fcntl, {read_only, F_SETLEASE, F_RDLCK}},
      {"truncate", SYS_truncate, {file, 0}},
      {"ftruncate", SYS_ftruncate, {read_only, 0}},
      {"unlinkat", SYS_unlinkat, {AT_FDCWD, file, 0}},
      {"renameat2", SYS_renameat2, {AT_FDCWD, file, AT_FDCWD, name, 0}},
      {"linkat", SYS_linkat, {AT_FDCWD, file, AT_FDCWD, name, 0}},
      {"symlinkat", SYS_symlinkat, {file, AT_FDCWD, name}},
      {"mkdirat", SYS_mkdirat, {AT_FDCWD, name, 0700}},
      {"mknodat", SYS_mknodat, {AT_FDCWD, name, 0010600, 0}},
      {"fchmod", SYS_fchmod, {read_only, 0600}},
      {"fchmodat", SYS_fchmodat, {AT_FDCWD, file, 0600}},
      {"fchmodat2", 452, {AT_FDCWD, file, 0600, 0}},
      {"fchownat", SYS_fchownat, {AT_FDCWD, file, -1, -1, 0}},
      {"utimensat", SYS_utimensat, {AT_FDCWD, file, 0, 0}},
      {"setxattr", SYS_setxattr, {file, zero, zero, 0, 0}},
      {"lremovexattr", SYS_lremovexattr, {file, zero}},
      {"fremovexattr", SYS_fremovexattr, {read_only, zero}},
      {"mq_open", SYS_mq_open, {name, O_RDONLY}},
      {"shmget", SYS_shmget, {1, 1, 0}},
      {"msgget", SYS_msgget, {1, 0}},
      {"memfd_create", SYS_memfd_create, {zero, 0}},
      {"io_uring_setup", SYS_io_uring_setup, {0, zero}},
      {"bpf", SYS_bpf, {0, zero, 0}},
      {"perf_event_open", SYS_perf_event_open, {zero, 0, -1, -1, 0}},
      {"userfaultfd", SYS_userfaultfd, {0}},
      {"keyctl", SYS_keyctl, {0, 0}},
      {"unshare", SYS_unshare, {0}},
      {"setns", SYS_setns, {read_only, 0}},
      {"chroot", SYS_chroot, {zero}},
      {"mount", SYS_mount, {zero, zero, zero, 0, 0}},
      {"prctl", SYS_prctl, {PR_SET_PDEATHSIG, 0}},
      {"setrlimit", SYS_setrlimit, {RLIMIT_FSIZE, zero}},
      {"prlimit64", SYS_prlimit64, {parent, RLIMIT_CPU, zero, 0}},
      {"setpriority", SYS_setpriority, {0, parent, 19}},
      {"sched_setaffinity", SYS_sched_setaffinity, {parent, 8, zero}},
      {"a call of the future", 999, {}},
#ifdef __x86_64__
      {"open to write, in the old way", SYS_open, {file, O_WRONLY}},
      {"creat", SYS_creat, {name, 0600}},
      {"unlink", SYS_unlink, {file}},
      {"rename", SYS_rename, {file, name}},
      {"chmod", SYS_chmod, {file, 0600}},
      {"kill of the other interface", SYS_kill + 0x40000000, {parent, 0}},
#endif
  };
}

TEST(Confined, AllButReadingIsDenied) {
  const TestFolder folder;
  const std::string path = folder.Write("a.txt", "text");
  const std::vector<Call> calls = ForbiddenCalls(path, folder.path("other"));
  ASSERT_LT(calls.size(), static_cast<size_t>(kNoFilter));
  const int allowed = InChild([&calls] {
    if (!ConfineReader()) return kNoFilter;
    for (size_t i = 0; i < calls.size(); ++i) {
      if (!IsDenied(calls[i])) return static_cast<int>(i + 1);
    }
    return 0;
  });
  if (allowed == kNoFilter) GTEST_SKIP() << "no seccomp here";
  ASSERT_GE(allowed, 0) << "ended by signal " << -allowed;
  EXPECT_EQ(allowed, 0) << calls[static_cast<size_t>(allowed) - 1].name;
  EXPECT_EQ(Described(path), "text 1 [] text\n");
  EXPECT_NE(access(folder.path("other").c_str(), F_OK), 0);
}

TEST(Confined, WhatReadersNeedIsAnswered) {
  const TestFolder folder;
  const std::string path = folder.Write("a.txt", "text");
  const int missing = InChild([&path] {
    if (!ConfineReader()) return kNoFilter;
    char bytes[8];
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0 || pread(file, bytes, 4, 0) != 4) return 1;
    if (std::vector<char>(50 << 20).empty()) return 2;
    if (access(path.c_str(), R_OK) != 0) return 3;
    // Tables of iconv are libraries, loaded when they are needed.
    if (poppler::ustring::from_utf8("\xC3\x9C", 2).to_utf8().size() != 2) return 4;
    return 0;
  });
  if (missing == kNoFilter) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(missing, 0);
}

// What a library says by abort() is told from a crash.
TEST(Confined, CanEndItself) {
  const int ended = InChild([] {
    if (!ConfineReader()) return kNoFilter;
    abort();
  });
  if (ended == kNoFilter) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(ended, -SIGABRT);
}

// As on a system that has no seccomp: asking for a filter fails.
bool RefuseFilters() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(program), program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(Confined, NothingIsReadWithoutAFilterUnlessTold) {
  const TestFolder folder;
  const std::string path = folder.Write("a.txt", "text");
  const int ended = InChild([&path] {
    if (!RefuseFilters()) return kNoFilter;
    const auto kind = [&path](std::string* error) {
      Frame frame;
      ReadIsolated(path, [&frame](std::string_view bytes) { return DecodeFrame(bytes.substr(4), &frame); });
      *error = frame.error.text();
      return frame.kind;
    };
    std::string error;
    unsetenv("KVORUM_UNCONFINED");
    if (kind(&error) != FrameKind::kPassingError || error.find("KVORUM_UNCONFINED=1") == error.npos) return 1;
    setenv("KVORUM_UNCONFINED", "1", 1);
    if (kind(&error) != FrameKind::kFinished) return 2;
    return 0;
  });
  if (ended == kNoFilter) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(ended, 0);
}

// A file that whoever started us left open is none of a document's.
TEST(Confined, FilesOfOthersAreClosed) {
  const TestFolder folder;
  const int ended = InChild([&folder] {
    const int other = open(folder.path("a.log").c_str(), O_WRONLY | O_CREAT, 0600);
    if (dup2(other, 200) != 200) return 1;
    // By way of /proc a reader can be asked for what is open in it.
    Frame frame;
    ReadIsolated("/proc/self/fd/200",
                 [&frame](std::string_view bytes) { return DecodeFrame(bytes.substr(4), &frame); });
    return frame.kind == FrameKind::kError && frame.error.text() == "No such file or directory" ? 0 : 2;
  });
  EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace kvorum

#endif
