// Files and folders of Linux. Interrupted calls are repeated and short ones continued; every other failure is the
// caller's.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/file.h"

namespace kvorum {
namespace {

constexpr size_t kMaxPiecesACall = 64;  // below IOV_MAX, and on the stack
constexpr mode_t kFilePermissions = 0644;
constexpr mode_t kFolderPermissions = 0755;
constexpr const char* kLockName = "lock";

FileError Failed(std::string_view call, std::string_view path) { return {errno, call, path}; }

int OpenFd(const char* path, int flags, mode_t permissions = 0) {
  int fd;
  do {
    fd = open(path, flags | O_CLOEXEC, permissions);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

// Closes a descriptor at the end of a block.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

class PosixFile : public File {
 public:
  PosixFile(std::string path, int fd) : File(std::move(path)), fd_(fd) {}

  FileError Read(uint64_t offset, char* into, size_t size, size_t* read) override {
    *read = 0;
    while (*read < size) {
      const ssize_t got = pread(fd_.get(), into + *read, size - *read, static_cast<off_t>(offset + *read));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Failed("read", path());
      if (got == 0) break;
      *read += static_cast<size_t>(got);
    }
    return {};
  }

  FileError Write(uint64_t offset, const std::string_view* pieces, size_t count) override {
    size_t done = 0;  // bytes of pieces[0] that are written
    while (count > 0) {
      iovec vector[kMaxPiecesACall];
      const size_t used = std::min(count, kMaxPiecesACall);
      for (size_t i = 0; i < used; ++i) {
        vector[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
      }
      vector[0].iov_base = static_cast<char*>(vector[0].iov_base) + done;
      vector[0].iov_len -= done;
      const ssize_t wrote = pwritev(fd_.get(), vector, static_cast<int>(used), static_cast<off_t>(offset));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return Failed("write", path());
      offset += static_cast<uint64_t>(wrote);
      done += static_cast<size_t>(wrote);
      while (count > 0 && done >= pieces[0].size()) {
        done -= pieces[0].size();
        ++pieces;
        --count;
      }
    }
    return {};
  }

  FileError Truncate(uint64_t size) override {
    while (ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
      if (errno != EINTR) return Failed("truncate", path());
    }
    return {};
  }

  FileError Reserve(uint64_t end) override {
    while (fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(end)) != 0) {
      if (errno == EOPNOTSUPP || errno == ENOSYS) return {};
      if (errno != EINTR) return Failed("reserve room for", path());
    }
    return {};
  }

  FileError Sync() override {
    while (fdatasync(fd_.get()) != 0) {
      if (errno != EINTR) return Failed("fdatasync", path());
    }
    return {};
  }

  FileError Size(uint64_t* size) override {
    struct stat status;
    if (fstat(fd_.get(), &status) != 0) return Failed("stat", path());
    *size = static_cast<uint64_t>(status.st_size);
    return {};
  }

  void WillReadAll() override { (void)posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL); }

 private:
  const Descriptor fd_;
};

class PosixFolderLock : public FolderLock {
 public:
  explicit PosixFolderLock(int fd) : fd_(fd) {}

 private:
  const Descriptor fd_;
};

class PosixFiles : public FileSystem {
 public:
  FileError Open(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) override {
    const int flags = mode == OpenMode::kRead     ? O_RDONLY
                      : mode == OpenMode::kUpdate ? O_RDWR
                                                  : O_RDWR | O_CREAT | O_EXCL;
    const int fd = OpenFd(path.c_str(), flags, kFilePermissions);
    if (fd < 0) return Failed(mode == OpenMode::kCreate ? "create" : "open", path);
    *file = std::make_unique<PosixFile>(path, fd);
    return {};
  }

  FileError Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) return Failed("rename", from);
    return {};
  }

  FileError Remove(const std::string& path) override {
    if (unlink(path.c_str()) != 0) return Failed("remove", path);
    return {};
  }

  FileError List(const std::string& folder, std::vector<FolderEntry>* entries) override {
    entries->clear();
    DIR* stream = opendir(folder.c_str());
    if (stream == nullptr) return Failed("list", folder);
    FileError error;
    while (true) {
      errno = 0;
      const dirent* entry = readdir(stream);
      if (entry == nullptr) {
        if (errno != 0) error = Failed("list", folder);
        break;
      }
      FolderEntry found{entry->d_name};
      if (found.name == "." || found.name == "..") continue;
      struct stat status;
      if (fstatat(dirfd(stream), entry->d_name, &status, 0) != 0) continue;  // removed meanwhile, or a link to nothing
      found.bytes = static_cast<uint64_t>(status.st_size);
      found.is_file = S_ISREG(status.st_mode);
      entries->push_back(std::move(found));
    }
    closedir(stream);
    std::sort(entries->begin(), entries->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return error;
  }

  FileError CreateFolder(const std::string& path) override {
    if (mkdir(path.c_str(), kFolderPermissions) == 0) return {};
    struct stat status;
    if (errno == EEXIST && stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
    return Failed("create the folder", path);
  }

  FileError SyncFolder(const std::string& path) override {
    const Descriptor fd(OpenFd(path.c_str(), O_RDONLY | O_DIRECTORY));
    if (fd.get() < 0) return Failed("open the folder", path);
    while (fsync(fd.get()) != 0) {
      if (errno != EINTR) return Failed("fsync the folder", path);
    }
    return {};
  }

  FileError FreeBytes(const std::string& folder, uint64_t* bytes) override {
    struct statvfs status;
    while (statvfs(folder.c_str(), &status) != 0) {
      if (errno != EINTR) return Failed("ask for the free room of", folder);
    }
    *bytes = static_cast<uint64_t>(status.f_bavail) * status.f_frsize;
    return {};
  }

  FileError Lock(const std::string& folder, std::unique_ptr<FolderLock>* lock) override {
    const std::string path = JoinPath(folder, kLockName);
    const int fd = OpenFd(path.c_str(), O_RDWR | O_CREAT, kFilePermissions);
    if (fd < 0) return Failed("open", path);
    auto taken = std::make_unique<PosixFolderLock>(fd);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EINTR) return Failed("lock", path);
    }
    *lock = std::move(taken);
    return {};
  }
};

}  // namespace

FileSystem& PosixFileSystem() {
  static PosixFiles files;
  return files;
}

}  // namespace kvorum
