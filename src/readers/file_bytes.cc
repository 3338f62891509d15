#include "readers/file_bytes.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace kvorum {
namespace {

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
};

}  // namespace

DocumentError CheckIsFile(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return DocumentError(std::strerror(errno));
  return S_ISREG(status.st_mode) ? DocumentError() : DocumentError("is no file");
}

DocumentError ReadStart(const std::string& path, size_t size, std::string* bytes) {
  const std::unique_ptr<FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return DocumentError(std::strerror(errno));
  bytes->resize(size);
  errno = 0;
  bytes->resize(std::fread(bytes->data(), 1, size, file.get()));
  return std::ferror(file.get()) ? DocumentError(std::strerror(errno ? errno : EIO)) : DocumentError();
}

DocumentError ReadWhole(const std::string& path, uint64_t most, std::string* bytes) {
  const std::unique_ptr<FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return DocumentError(std::strerror(errno));
  bytes->clear();
  char block[64 << 10];
  while (const size_t count = std::fread(block, 1, sizeof(block), file.get())) {
    if (bytes->size() + count > most) return DocumentError("is larger than " + MebibytesText(most));
    bytes->append(block, count);
  }
  return std::ferror(file.get()) ? DocumentError(std::strerror(errno)) : DocumentError();
}

std::string MebibytesText(uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace kvorum
