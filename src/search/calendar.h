// Dates of Unix timestamps, in UTC, and as texts by strftime's conversions (those of the C locale).
//
// The calendar is the Gregorian one, for all time; days from dates by Howard Hinnant's algorithms ("chrono-compatible low-level date algorithms").
// Threads: no state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kvorum {

struct Calendar {
  int64_t year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // of the month, from 1
  int hour = 0;
  int minute = 0;
  int second = 0;

  static Calendar Of(int64_t timestamp_s);
  int64_t Timestamp() const;
  int DayOfWeek() const;  // from Sunday, 0
  int DayOfYear() const;  // from 0
};

// Timestamps that have a date here: some ten thousand years around ours.
inline constexpr int64_t kMaxTimestamp = int64_t{1} << 38;

inline constexpr std::string_view kIsoTime = "%FT%TZ";

// Unknown conversions stay as they are.
std::string FormatTime(int64_t timestamp_s, std::string_view format);
// The opposite. False when the text is not so.
bool ParseTime(std::string_view text, std::string_view format, int64_t* timestamp_s);

}  // namespace kvorum
