// A line of a dictd index.
#pragma once

#include <cstdint>
#include <string_view>

namespace kvorum {

struct DictdLine {
  std::string_view word;  // of the line
  uint64_t offset = 0;
  uint64_t size = 0;
};

// False: it is none.
[[nodiscard]] bool ParseDictdLine(std::string_view line, DictdLine* entry);

}  // namespace kvorum
