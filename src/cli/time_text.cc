#include "cli/time_text.h"

#include <ctime>
#include <string_view>

namespace kvorum {
namespace {

constexpr uint64_t kMicros = 1'000'000;

// Takes "NN", all digits, off the front.
bool TakeNumber(std::string_view* text, size_t digits, int* number) {
  if (text->size() < digits) return false;
  *number = 0;
  for (size_t i = 0; i < digits; ++i) {
    if ((*text)[i] < '0' || (*text)[i] > '9') return false;
    *number = *number * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(digits);
  return true;
}

bool Take(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

bool TakeClock(std::string_view* text, std::tm* time, uint64_t* micros) {
  if (!TakeNumber(text, 2, &time->tm_hour) || !Take(text, ':') || !TakeNumber(text, 2, &time->tm_min)) return false;
  if (!Take(text, ':')) return true;
  if (!TakeNumber(text, 2, &time->tm_sec)) return false;
  if (!Take(text, '.')) return true;
  uint64_t unit = kMicros;
  int digit;
  while (unit > 1 && TakeNumber(text, 1, &digit)) *micros += static_cast<uint64_t>(digit) * (unit /= 10);
  return unit < kMicros;
}

}  // namespace

std::string TimeText(uint64_t unix_micros) {
  const auto seconds = static_cast<time_t>(unix_micros / kMicros);
  std::tm time{};
  char text[32];
  if (gmtime_r(&seconds, &time) == nullptr) return "a time far away";
  return std::string(text, std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &time));
}

bool ParseTime(const std::string& text, uint64_t* unix_micros) {
  std::string_view rest = text;
  if (rest.ends_with(" UTC")) rest.remove_suffix(4);
  std::tm time{};
  uint64_t micros = 0;
  if (!TakeNumber(&rest, 4, &time.tm_year) || !Take(&rest, '-') || !TakeNumber(&rest, 2, &time.tm_mon) ||
      !Take(&rest, '-') || !TakeNumber(&rest, 2, &time.tm_mday)) {
    return false;
  }
  if ((Take(&rest, ' ') || Take(&rest, 'T')) && !TakeClock(&rest, &time, &micros)) return false;
  Take(&rest, 'Z');
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  const std::tm asked = time;
  const time_t seconds = timegm(&time);
  // The 31st of a month that has 30 days becomes another day.
  if (!rest.empty() || seconds < 0 || asked.tm_mday != time.tm_mday || asked.tm_mon != time.tm_mon ||
      asked.tm_hour != time.tm_hour || asked.tm_min != time.tm_min || asked.tm_sec != time.tm_sec) {
    return false;
  }
  *unix_micros = static_cast<uint64_t>(seconds) * kMicros + micros;
  return true;
}

}  // namespace kvorum
