// Names that clients give themselves (CLIENT SETNAME, HELLO SETNAME, CLIENT SETINFO).
#pragma once

#include <algorithm>
#include <string_view>

namespace kvorum {

inline constexpr std::string_view kBadClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";

// They must not break the lines of CLIENT LIST: printable ASCII without spaces.
inline bool IsClientName(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace kvorum
