// What version this is, and which Redis it is compatible with. HELLO, INFO, LOLWUT and the command line say it.
#pragma once

#include <string_view>

namespace kvorum {

inline constexpr std::string_view kVersion = "0.1.0";
inline constexpr std::string_view kRedisVersion = "7.2.4";

}  // namespace kvorum
