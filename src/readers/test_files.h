// Files in memory, for fuzz targets: the readers take paths.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

// A ZIP archive of these parts, by name, as they are.
std::string StoredZip(const std::vector<std::pair<std::string, std::string_view>>& parts);
// `bytes` cut at zeros into as many parts as there are names; what is behind the last zero that counts is the last part's.
std::vector<std::pair<std::string, std::string_view>> CutParts(std::string_view bytes,
                                                               const std::vector<std::string>& names);

}  // namespace kvorum
