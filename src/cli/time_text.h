// Times for people, and from them: UTC, as "2026-11-22 18:00:00", with up to six digits of the second behind a point.
#pragma once

#include <cstdint>
#include <string>

namespace kvorum {

// `unix_micros`: microseconds since 1970. To the second.
std::string TimeText(uint64_t unix_micros);
// Also with a T between day and time, and with a Z at the end; the time may be left out. False if it is no time.
[[nodiscard]] bool ParseTime(const std::string& text, uint64_t* unix_micros);

}  // namespace kvorum
