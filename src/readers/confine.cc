#include "readers/confine.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kvorum {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t kArchitecture = 0;
#endif

// From here on calls of x86-64 are those of its other interface, which nothing needs.
constexpr uint32_t kOtherInterface = 0x40000000;

// A call that may be made, but not with these arguments.
constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
// Every other call: what glibc and others take for an older kernel, and then ask in another way.
constexpr uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;

constexpr uint32_t kAllowed[] = {
    // Files: what is in them, which there are. What is open for writing is the way to who asked, and /dev/null.
    SYS_read,
    SYS_readv,
    SYS_pread64,
    SYS_preadv,
    SYS_write,
    SYS_writev,
    SYS_lseek,
    SYS_close,
    SYS_dup,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_statfs,
    SYS_fstatfs,
    SYS_faccessat,
#ifdef SYS_faccessat2
    SYS_faccessat2,
#endif
    SYS_readlinkat,
    SYS_getdents64,
    SYS_getcwd,
    SYS_fadvise64,
    SYS_readahead,
    // Memory. New pages may be executable: libraries are loaded late (iconv's tables, for one).
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_mincore,
    // This process, its only thread and its end.
    SYS_futex,
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_set_robust_list,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_getcpu,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_restart_syscall,
    SYS_exit,
    SYS_exit_group,
    // The time, chance, the machine.
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_gettimeofday,
    SYS_nanosleep,
    SYS_times,
    SYS_getrusage,
    SYS_getrandom,
    SYS_uname,
    SYS_sysinfo,
#ifdef __x86_64__
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_getdents,
    SYS_getrlimit,
    SYS_time,
#endif
};

constexpr uint32_t kWritingFlags = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;

// Of fcntl, which can also have signals sent.
constexpr uint32_t kFcntlCommands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL};

sock_filter Load(size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
sock_filter Return(uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }

class Filter {
 public:
  Filter() {
    program_.push_back(Load(offsetof(seccomp_data, arch)));
    If(BPF_JEQ, kArchitecture, 1, 0);
    program_.push_back(Return(SECCOMP_RET_KILL_PROCESS));
    program_.push_back(Load(offsetof(seccomp_data, nr)));
    If(BPF_JGE, kOtherInterface, 0, 1);
    program_.push_back(Return(kRefuse));
    for (const uint32_t call : kAllowed) {
      If(BPF_JEQ, call, 0, 1);
      program_.push_back(Return(SECCOMP_RET_ALLOW));
    }
    ReadOnly(SYS_openat, 2);
#ifdef __x86_64__
    ReadOnly(SYS_open, 1);
#endif
    // How abort() ends this process.
    const uint32_t self[] = {static_cast<uint32_t>(getpid())};
    OneOf(SYS_tgkill, 0, self);
    OneOf(SYS_fcntl, 1, kFcntlCommands);
    program_.push_back(Return(kUnknown));
  }

  bool Install() {
    const sock_fprog program{static_cast<unsigned short>(program_.size()), program_.data()};
    return kArchitecture != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  }

 private:
  void If(uint16_t comparison, uint32_t value, uint8_t skip_if, uint8_t skip_else) {
    program_.push_back(BPF_JUMP(static_cast<uint16_t>(BPF_JMP | comparison | BPF_K), value, skip_if, skip_else));
  }
  // The lower half, as both processors are little-endian.
  void LoadArgument(size_t number) {
    program_.push_back(Load(offsetof(seccomp_data, args) + number * sizeof(uint64_t)));
  }
  // The number of the call is loaded before and behind these.
  void ReadOnly(uint32_t call, size_t flags) {
    If(BPF_JEQ, call, 0, 4);
    LoadArgument(flags);
    If(BPF_JSET, kWritingFlags, 0, 1);
    program_.push_back(Return(kRefuse));
    program_.push_back(Return(SECCOMP_RET_ALLOW));
  }
  void OneOf(uint32_t call, size_t argument, std::span<const uint32_t> values) {
    If(BPF_JEQ, call, 0, static_cast<uint8_t>(2 + 2 * values.size()));
    LoadArgument(argument);
    for (const uint32_t value : values) {
      If(BPF_JEQ, value, 0, 1);
      program_.push_back(Return(SECCOMP_RET_ALLOW));
    }
    program_.push_back(Return(kRefuse));
  }

  std::vector<sock_filter> program_;
};

}  // namespace

bool ConfineReader() { return Filter().Install(); }

}  // namespace kvorum
