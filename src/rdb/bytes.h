// Where RDB's bytes come from and go to: a file, a socket, memory. Whoever owns the file implements these.
//
// Threads: one. Each may block.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace kvorum {

class ByteSource {
 public:
  struct Result {
    size_t bytes = 0;   // 0 without an error: the end
    std::string error;  // "Input/output error"; empty: it went well
  };

  virtual ~ByteSource() = default;
  // Up to as many bytes as `out` has, at least one unless at the end.
  [[nodiscard]] virtual Result Read(std::span<char> out) = 0;
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // All of the bytes. Returns what went wrong, or nothing.
  [[nodiscard]] virtual std::string Write(std::string_view bytes) = 0;
};

}  // namespace kvorum
