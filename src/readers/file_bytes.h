// Files as bytes in memory, within limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "documents/unit.h"

namespace kvorum {

// Not a file: a folder, a device, a pipe that nobody may ever write to.
DocumentError CheckIsFile(const std::string& path);
// Up to `size` bytes from the file's start.
DocumentError ReadStart(const std::string& path, size_t size, std::string* bytes);
// All of it; one with more than `most` bytes is an error.
DocumentError ReadWhole(const std::string& path, uint64_t most, std::string* bytes);
// "64 MiB"
std::string MebibytesText(uint64_t bytes);

}  // namespace kvorum
