#include "search/calendar.h"

#include <fmt/format.h>

#include <array>

#include "search/words.h"

namespace kvorum {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};

constexpr int64_t kDay = 86400;

int64_t DaysOf(int64_t year, int month, int day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t of_era = year - era * 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0)); }

// What composed conversions stand for.
std::string_view ExpansionOf(char conversion) {
  switch (conversion) {
    case 'F':
      return "%Y-%m-%d";
    case 'T':
      return "%H:%M:%S";
    case 'D':
      return "%m/%d/%y";
    case 'R':
      return "%H:%M";
    case 'c':
      return "%a %b %e %H:%M:%S %Y";
    case 'x':
      return "%m/%d/%y";
    case 'X':
      return "%H:%M:%S";
    case 'r':
      return "%I:%M:%S %p";
    default:
      return "";
  }
}

std::string ConversionOf(char conversion, const Calendar& date, int64_t timestamp) {
  const int hour_of_12 = date.hour % 12 == 0 ? 12 : date.hour % 12;
  switch (conversion) {
    case 'Y':
      return fmt::format("{}", date.year);
    case 'C':
      return fmt::format("{:02}", FloorDivide(date.year, 100));
    case 'y':
      return fmt::format("{:02}", date.year - FloorDivide(date.year, 100) * 100);
    case 'm':
      return fmt::format("{:02}", date.month);
    case 'd':
      return fmt::format("{:02}", date.day);
    case 'e':
      return fmt::format("{:2}", date.day);
    case 'H':
      return fmt::format("{:02}", date.hour);
    case 'I':
      return fmt::format("{:02}", hour_of_12);
    case 'M':
      return fmt::format("{:02}", date.minute);
    case 'S':
      return fmt::format("{:02}", date.second);
    case 'p':
      return date.hour < 12 ? "AM" : "PM";
    case 'j':
      return fmt::format("{:03}", date.DayOfYear() + 1);
    case 'w':
      return fmt::format("{}", date.DayOfWeek());
    case 'u':
      return fmt::format("{}", date.DayOfWeek() == 0 ? 7 : date.DayOfWeek());
    case 'a':
      return std::string(kDays[static_cast<size_t>(date.DayOfWeek())].substr(0, 3));
    case 'A':
      return std::string(kDays[static_cast<size_t>(date.DayOfWeek())]);
    case 'b':
    case 'h':
      return std::string(kMonths[static_cast<size_t>(date.month - 1)].substr(0, 3));
    case 'B':
      return std::string(kMonths[static_cast<size_t>(date.month - 1)]);
    case 'Z':
      return "GMT";
    case 'z':
      return "+0000";
    case 's':
      return fmt::format("{}", timestamp);
    case 'n':
      return "\n";
    case 't':
      return "\t";
    case '%':
      return "%";
    default:
      return std::string("%") + conversion;
  }
}

class TimeParser {
 public:
  explicit TimeParser(std::string_view text) : text_(text) {}

  bool Parse(std::string_view format) {
    for (size_t i = 0; i < format.size(); ++i) {
      if (format[i] == '%' && i + 1 < format.size()) {
        const char conversion = format[++i];
        const std::string_view expansion = ExpansionOf(conversion);
        if (!(expansion.empty() ? Take(conversion) : Parse(expansion))) return false;
      } else if (format[i] == ' ') {
        while (!text_.empty() && text_[0] == ' ') text_.remove_prefix(1);
      } else {
        if (text_.empty() || text_[0] != format[i]) return false;
        text_.remove_prefix(1);
      }
    }
    return true;
  }

  bool Finish(int64_t* timestamp) {
    if (!text_.empty()) return false;
    if (is_pm_ && date_.hour < 12) date_.hour += 12;
    if (is_am_ && date_.hour == 12) date_.hour = 0;
    *timestamp = has_timestamp_ ? timestamp_ : date_.Timestamp();
    return true;
  }

 private:
  template <typename Number>
  bool TakeNumber(size_t digits, int64_t least, int64_t greatest, Number* number) {
    int64_t value = 0;
    size_t taken = 0;
    while (!text_.empty() && text_[0] == ' ') text_.remove_prefix(1);
    const bool negative = least < 0 && text_.starts_with('-');
    if (negative) text_.remove_prefix(1);
    while (taken < digits && taken < text_.size() && text_[taken] >= '0' && text_[taken] <= '9') {
      value = value * 10 + (text_[taken++] - '0');
    }
    if (negative) value = -value;
    if (taken == 0 || value < least || value > greatest) return false;
    text_.remove_prefix(taken);
    *number = static_cast<Number>(value);
    return true;
  }

  template <size_t kCount>
  bool TakeNamed(const std::array<std::string_view, kCount>& names, int* index) {
    for (size_t i = 0; i < kCount; ++i) {
      for (size_t length : {names[i].size(), size_t{3}}) {
        if (!SameWord(text_.substr(0, length), names[i].substr(0, length))) continue;
        text_.remove_prefix(length);
        *index = static_cast<int>(i);
        return true;
      }
    }
    return false;
  }

  bool Take(char conversion) {
    int index = 0;
    switch (conversion) {
      case 'Y':
        return TakeNumber(4, 0, 9999, &date_.year);
      case 'y':
        if (!TakeNumber(2, 0, 99, &date_.year)) return false;
        date_.year += date_.year < 69 ? 2000 : 1900;
        return true;
      case 'm':
        return TakeNumber(2, 1, 12, &date_.month);
      case 'd':
      case 'e':
        return TakeNumber(2, 1, 31, &date_.day);
      case 'H':
        return TakeNumber(2, 0, 23, &date_.hour);
      case 'I':
        return TakeNumber(2, 1, 12, &date_.hour);
      case 'M':
        return TakeNumber(2, 0, 59, &date_.minute);
      case 'S':
        return TakeNumber(2, 0, 60, &date_.second);
      case 's':
        has_timestamp_ = true;
        return TakeNumber(12, -kMaxTimestamp, kMaxTimestamp, &timestamp_);
      case 'p':
        is_am_ = SameWord(text_.substr(0, 2), "AM");
        is_pm_ = SameWord(text_.substr(0, 2), "PM");
        if (!is_am_ && !is_pm_) return false;
        text_.remove_prefix(2);
        return true;
      case 'a':
      case 'A':
        return TakeNamed(kDays, &index);
      case 'b':
      case 'B':
      case 'h':
        if (!TakeNamed(kMonths, &index)) return false;
        date_.month = index + 1;
        return true;
      case 'Z':
        for (std::string_view name : {"GMT", "UTC", "Z"}) {
          if (!text_.starts_with(name)) continue;
          text_.remove_prefix(name.size());
          return true;
        }
        return false;
      case '%':
        if (!text_.starts_with('%')) return false;
        text_.remove_prefix(1);
        return true;
      default:
        return false;
    }
  }

  std::string_view text_;
  Calendar date_;
  bool is_am_ = false, is_pm_ = false;
  bool has_timestamp_ = false;
  int64_t timestamp_ = 0;
};

}  // namespace

Calendar Calendar::Of(int64_t timestamp_s) {
  const int64_t days = FloorDivide(timestamp_s, kDay);
  const int64_t seconds = timestamp_s - days * kDay;
  const int64_t shifted = days + 719468;
  const int64_t era = FloorDivide(shifted, 146097);
  const int64_t of_era = shifted - era * 146097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t part = (5 * of_year + 2) / 153;
  Calendar date;
  date.day = static_cast<int>(of_year - (153 * part + 2) / 5 + 1);
  date.month = static_cast<int>(part < 10 ? part + 3 : part - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2);
  date.hour = static_cast<int>(seconds / 3600);
  date.minute = static_cast<int>(seconds / 60 % 60);
  date.second = static_cast<int>(seconds % 60);
  return date;
}

int64_t Calendar::Timestamp() const { return DaysOf(year, month, day) * kDay + hour * 3600 + minute * 60 + second; }

int Calendar::DayOfWeek() const {
  const int64_t days = DaysOf(year, month, day) + 4;  // the first was a Thursday
  return static_cast<int>(days - FloorDivide(days, 7) * 7);
}

int Calendar::DayOfYear() const { return static_cast<int>(DaysOf(year, month, day) - DaysOf(year, 1, 1)); }

std::string FormatTime(int64_t timestamp_s, std::string_view format) {
  const Calendar date = Calendar::Of(timestamp_s);
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      text += format[i];
      continue;
    }
    const std::string_view expansion = ExpansionOf(format[++i]);
    text += expansion.empty() ? ConversionOf(format[i], date, timestamp_s) : FormatTime(timestamp_s, expansion);
  }
  return text;
}

bool ParseTime(std::string_view text, std::string_view format, int64_t* timestamp_s) {
  TimeParser parser(text);
  return parser.Parse(format) && parser.Finish(timestamp_s);
}

}  // namespace kvorum
