#include "readers/test_files.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"

namespace kvorum {

MemoryFile::MemoryFile() : fd_(memfd_create("document", MFD_CLOEXEC)), path_("/proc/self/fd/" + std::to_string(fd_)) {
  CHECK(fd_ >= 0);
}

MemoryFile::~MemoryFile() { close(fd_); }

const std::string& MemoryFile::Fill(std::string_view bytes) {
  CHECK(ftruncate(fd_, 0) == 0);
  CHECK(pwrite(fd_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  return path_;
}

}  // namespace kvorum
