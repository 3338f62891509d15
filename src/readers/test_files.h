// Files in memory, for fuzz targets: the readers take paths.
#pragma once

#include <string>
#include <string_view>

namespace kvorum {

// A file that no disk holds. Ownership: goes with the object.
class MemoryFile {
 public:
  MemoryFile();
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  // Replaces what it holds; a path by which it can be opened.
  const std::string& Fill(std::string_view bytes);

 private:
  int fd_;
  std::string path_;
};

}  // namespace kvorum
