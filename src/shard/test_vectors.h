// What tests of vector fields write commands with.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

namespace kvorum {

using Words = std::vector<std::string>;

// A vector of FLOAT32 as commands take it.
inline std::string Bytes(std::initializer_list<float> numbers) {
  std::string bytes;
  for (const float number : numbers) bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
  return bytes;
}

}  // namespace kvorum
