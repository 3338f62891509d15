#include "readers/test_files.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zip.h>

#include <cstdio>

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

std::string StoredZip(const std::vector<std::pair<std::string, std::string_view>>& parts) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* bytes = zip_source_buffer_create(nullptr, 0, 0, &error);
  CHECK(bytes);
  zip_source_keep(bytes);
  zip_t* archive = zip_open_from_source(bytes, ZIP_TRUNCATE, &error);
  CHECK(archive);
  for (const auto& [name, content] : parts) {
    const zip_int64_t index =
        zip_file_add(archive, name.c_str(), zip_source_buffer(archive, content.data(), content.size(), 0), 0);
    CHECK(index >= 0 && zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0) == 0);
  }
  CHECK(zip_close(archive) == 0);
  CHECK(zip_source_open(bytes) == 0 && zip_source_seek(bytes, 0, SEEK_END) == 0);
  std::string out(static_cast<size_t>(zip_source_tell(bytes)), '\0');
  CHECK(zip_source_seek(bytes, 0, SEEK_SET) == 0);
  CHECK(zip_source_read(bytes, out.data(), out.size()) == static_cast<zip_int64_t>(out.size()));
  zip_source_close(bytes);
  zip_source_free(bytes);
  zip_error_fini(&error);
  return out;
}

std::vector<std::pair<std::string, std::string_view>> CutParts(std::string_view bytes,
                                                               const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, std::string_view>> parts;
  for (const std::string& name : names) {
    const size_t end = parts.size() + 1 == names.size() ? bytes.npos : bytes.find('\0');
    parts.emplace_back(name, bytes.substr(0, end));
    bytes = end == bytes.npos ? std::string_view() : bytes.substr(end + 1);
  }
  return parts;
}

}  // namespace kvorum
