#include "readers/confine.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
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

constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
// What glibc takes for an older kernel, and then asks in the way that is looked at.
constexpr uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;

constexpr uint32_t kRefused[] = {
    // The network, and what leads around this filter.
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_sendto,
    SYS_sendmsg,
    SYS_sendmmsg,
    SYS_io_uring_setup,
    SYS_bpf,
    SYS_userfaultfd,
    SYS_perf_event_open,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    // Other programs and processes.
    SYS_execve,
    SYS_execveat,
    SYS_clone,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_tkill,
    SYS_pidfd_open,
    SYS_pidfd_send_signal,
    SYS_unshare,
    SYS_setns,
    SYS_prlimit64,
    SYS_setrlimit,
    // Files.
    SYS_unlinkat,
    SYS_renameat2,
    SYS_linkat,
    SYS_symlinkat,
    SYS_mkdirat,
    SYS_mknodat,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_truncate,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_utimensat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_open_by_handle_at,
#ifdef __x86_64__
    SYS_fork,
    SYS_vfork,
    SYS_creat,
    SYS_unlink,
    SYS_rmdir,
    SYS_rename,
    SYS_renameat,
    SYS_link,
    SYS_symlink,
    SYS_mkdir,
    SYS_mknod,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
#endif
};
constexpr uint32_t kUnknownCalls[] = {SYS_clone3, SYS_openat2};

constexpr uint32_t kWritingFlags = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;

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
    for (const uint32_t call : kRefused) Answer(call, kRefuse);
    for (const uint32_t call : kUnknownCalls) Answer(call, kUnknown);
    ReadOnly(SYS_openat, 2);
#ifdef __x86_64__
    ReadOnly(SYS_open, 1);
#endif
    program_.push_back(Return(SECCOMP_RET_ALLOW));
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
  // The number of the call is loaded here and behind.
  void Answer(uint32_t call, uint32_t action) {
    If(BPF_JEQ, call, 0, 1);
    program_.push_back(Return(action));
  }
  void ReadOnly(uint32_t call, size_t flags) {
    If(BPF_JEQ, call, 0, 4);
    // The lower half, as both processors are little-endian.
    program_.push_back(Load(offsetof(seccomp_data, args) + flags * sizeof(uint64_t)));
    If(BPF_JSET, kWritingFlags, 0, 1);
    program_.push_back(Return(kRefuse));
    program_.push_back(Return(SECCOMP_RET_ALLOW));
  }

  std::vector<sock_filter> program_;
};

}  // namespace

bool ConfineReader() { return Filter().Install(); }

}  // namespace kvorum
