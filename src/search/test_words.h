// For the fuzz targets of commands: what the fuzzer gives as the words of one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kvorum {

// A word a line. They point into `data`.
inline std::vector<std::string_view> WordsOf(const uint8_t* data, size_t size) {
  std::vector<std::string_view> words;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    words.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  return words;
}

}  // namespace kvorum
