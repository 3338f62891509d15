// A file as RDB's readers and writers see it.
//
// Threads: one. Ownership: borrows the file.
#pragma once

#include "os/file.h"
#include "rdb/bytes.h"

namespace kvorum {

class FileSource final : public ByteSource {
 public:
  explicit FileSource(File& file, uint64_t offset = 0) : file_(file), offset_(offset) {}
  Result Read(std::span<char> out) override {
    size_t read = 0;
    if (FileError error = file_.Read(offset_, out.data(), out.size(), &read)) return {0, error.text()};
    offset_ += read;
    return {read, {}};
  }

 private:
  File& file_;
  uint64_t offset_;
};

class FileSink final : public ByteSink {
 public:
  explicit FileSink(File& file) : file_(file) {}
  std::string Write(std::string_view bytes) override {
    if (FileError error = file_.Write(offset_, bytes)) return error.text();
    offset_ += bytes.size();
    return {};
  }
  uint64_t bytes() const { return offset_; }

 private:
  File& file_;
  uint64_t offset_ = 0;
};

}  // namespace kvorum
