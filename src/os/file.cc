#include "os/file.h"

#include <cerrno>
#include <cstring>

namespace kvorum {

FileError::FileError(int code, std::string_view call, std::string_view path) : code_(code) {
  text_.append(call).append(" ").append(path).append(": ").append(std::strerror(code));
}

bool FileError::IsNoRoom() const { return code_ == ENOSPC || code_ == EDQUOT; }
bool FileError::IsMissing() const { return code_ == ENOENT; }

std::string JoinPath(std::string_view folder, std::string_view name) {
  std::string path(folder);
  if (!path.empty() && path.back() != '/') path += '/';
  return path.append(name);
}

}  // namespace kvorum
