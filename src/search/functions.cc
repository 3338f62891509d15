// The functions of expressions.
#include <array>
#include <cmath>
#include <string>

#include "search/calendar.h"
#include "search/expression.h"
#include "search/geo_index.h"
#include "search/words.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

using Arguments = std::span<const Value>;

constexpr size_t kMaxMatchedTerms = 100;
constexpr size_t kMaxFormattedBytes = 1 << 20;

template <double (*kFunction)(double)>
Value Numeric(Arguments arguments, const ExpressionContext&) {
  double number;
  return arguments[0].ToNumber(&number) ? Value(kFunction(number)) : Value();
}
double Log(double x) { return std::log(x); }
double Abs(double x) { return std::fabs(x); }
double Ceil(double x) { return std::ceil(x); }
double Floor(double x) { return std::floor(x); }
double Log2(double x) { return std::log2(x); }
double Exp(double x) { return std::exp(x); }
double Sqrt(double x) { return std::sqrt(x); }

// Texts, and numbers as texts.
bool TextOf(const Value& value, std::string* text) {
  if (!value.IsText() && !value.IsNumber()) return false;
  *text = value.ToText();
  return true;
}

Value Upper(Arguments arguments, const ExpressionContext&) {
  return arguments[0].IsText() ? Value(UpperCase(arguments[0].text())) : Value();
}
Value Lower(Arguments arguments, const ExpressionContext&) {
  return arguments[0].IsText() ? Value(FoldCase(arguments[0].text())) : Value();
}

Value StartsWith(Arguments arguments, const ExpressionContext&) {
  std::string text, prefix;
  if (!TextOf(arguments[0], &text) || !TextOf(arguments[1], &prefix)) return Value();
  return text.starts_with(prefix) ? 1.0 : 0.0;
}

Value Contains(Arguments arguments, const ExpressionContext&) {
  std::string text, part;
  if (!TextOf(arguments[0], &text) || !TextOf(arguments[1], &part)) return Value();
  if (part.empty()) return static_cast<double>(text.size() + 1);
  double count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

Value StrLen(Arguments arguments, const ExpressionContext&) {
  std::string text;
  return TextOf(arguments[0], &text) ? Value(static_cast<double>(text.size())) : Value();
}

Value SubStr(Arguments arguments, const ExpressionContext&) {
  std::string text;
  double offset, count;
  if (!TextOf(arguments[0], &text) || !arguments[1].ToNumber(&offset) || !arguments[2].ToNumber(&count)) return Value();
  const auto size = static_cast<double>(text.size());
  if (!(std::fabs(offset) <= 1e15) || !(std::fabs(count) <= 1e15)) return Value();
  if (offset < 0) offset = std::max(0.0, size + offset);
  offset = std::min(std::floor(offset), size);
  if (count < 0) count = count == -1 ? size : std::max(0.0, size - offset + count);
  return Value(text.substr(static_cast<size_t>(offset), static_cast<size_t>(count)));
}

Value Format(Arguments arguments, const ExpressionContext&) {
  if (!arguments[0].IsText()) return Value();
  const std::string& format = arguments[0].text();
  std::string text;
  size_t next = 1;
  for (size_t i = 0; i < format.size() && text.size() < kMaxFormattedBytes; ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      text += format[i];
    } else if (format[++i] == 's') {
      if (next == arguments.size()) return Value();
      text += arguments[next].IsNull() ? "(null)" : arguments[next].ToText();
      ++next;
    } else if (format[i] == '%') {
      text += '%';
    } else {
      return Value();
    }
  }
  return Value(std::move(text));
}

Value Split(Arguments arguments, const ExpressionContext&) {
  std::string separators = ",", strip = " ", text;
  if (!TextOf(arguments[0], &text)) return Value();
  if (arguments.size() > 1 && !TextOf(arguments[1], &separators)) return Value();
  if (arguments.size() > 2 && !TextOf(arguments[2], &strip)) return Value();
  Value::List list;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find_first_of(separators, begin), text.size());
    std::string_view part = std::string_view(text).substr(begin, end - begin);
    while (!part.empty() && strip.find(part.front()) != std::string::npos) part.remove_prefix(1);
    while (!part.empty() && strip.find(part.back()) != std::string::npos) part.remove_suffix(1);
    if (!part.empty()) list.emplace_back(part);
    begin = end + 1;
  }
  return Value(std::move(list));
}

Value MatchedTerms(Arguments arguments, const ExpressionContext& context) {
  double limit = kMaxMatchedTerms;
  if (!arguments.empty() && !arguments[0].ToNumber(&limit)) return Value();
  Value::List list;
  for (std::string& term : context.MatchedTerms()) {
    if (static_cast<double>(list.size()) >= std::min(limit, static_cast<double>(kMaxMatchedTerms))) break;
    list.emplace_back(std::move(term));
  }
  return Value(std::move(list));
}

bool TimestampOf(const Value& value, int64_t* timestamp) {
  double number;
  if (!value.ToNumber(&number) || !(std::fabs(number) <= static_cast<double>(kMaxTimestamp))) return false;
  *timestamp = static_cast<int64_t>(std::floor(number));
  return true;
}

Value TimeFmt(Arguments arguments, const ExpressionContext&) {
  int64_t timestamp;
  std::string format(kIsoTime);
  if (!TimestampOf(arguments[0], &timestamp)) return Value();
  if (arguments.size() > 1 && !TextOf(arguments[1], &format)) return Value();
  if (format.size() > 1024) return Value();
  return Value(FormatTime(timestamp, format));
}

Value ParseTimeFunction(Arguments arguments, const ExpressionContext&) {
  std::string text, format(kIsoTime);
  int64_t timestamp;
  if (!TextOf(arguments[0], &text) || (arguments.size() > 1 && !TextOf(arguments[1], &format))) return Value();
  return ParseTime(text, format, &timestamp) ? Value(static_cast<double>(timestamp)) : Value();
}

template <int64_t (*kFunction)(int64_t, const Calendar&)>
Value OfTime(Arguments arguments, const ExpressionContext&) {
  int64_t timestamp;
  if (!TimestampOf(arguments[0], &timestamp)) return Value();
  return Value(static_cast<double>(kFunction(timestamp, Calendar::Of(timestamp))));
}
int64_t Minute(int64_t timestamp, const Calendar& date) { return timestamp - date.second; }
int64_t Hour(int64_t timestamp, const Calendar& date) { return timestamp - date.second - 60 * date.minute; }
int64_t Day(int64_t timestamp, const Calendar& date) { return Hour(timestamp, date) - 3600 * date.hour; }
int64_t Month(int64_t, const Calendar& date) {
  Calendar first;
  first.year = date.year;
  first.month = date.month;
  return first.Timestamp();
}
int64_t DayOfWeek(int64_t, const Calendar& date) { return date.DayOfWeek(); }
int64_t DayOfMonth(int64_t, const Calendar& date) { return date.day; }
int64_t DayOfYear(int64_t, const Calendar& date) { return date.DayOfYear(); }
int64_t Year(int64_t, const Calendar& date) { return date.year; }
int64_t MonthOfYear(int64_t, const Calendar& date) { return date.month - 1; }

// Takes a point, one argument or two, off the front.
bool TakePoint(Arguments* arguments, size_t after, GeoPoint* point) {
  if (!arguments->empty() && (*arguments)[0].IsText() && ParseGeoPoint((*arguments)[0].text(), point)) {
    *arguments = arguments->subspan(1);
    return arguments->size() >= after;
  }
  if (arguments->size() < 2 + after) return false;
  if (!(*arguments)[0].ToNumber(&point->longitude) || !(*arguments)[1].ToNumber(&point->latitude)) return false;
  *arguments = arguments->subspan(2);
  return true;
}

Value GeoDistance(Arguments arguments, const ExpressionContext&) {
  GeoPoint a, b;
  if (!TakePoint(&arguments, 1, &a) || !TakePoint(&arguments, 0, &b) || !arguments.empty()) return Value();
  return Value(std::round(GeoDistanceMetres(a, b) * 100) / 100);
}

Value Exists(Arguments arguments, const ExpressionContext&) { return arguments[0].IsNull() ? 0.0 : 1.0; }

constexpr size_t kAny = 64;
constexpr std::array<ExpressionFunctionInfo, 30> kFunctions = {{
    {"log", 1, 1, Numeric<Log>},
    {"abs", 1, 1, Numeric<Abs>},
    {"ceil", 1, 1, Numeric<Ceil>},
    {"floor", 1, 1, Numeric<Floor>},
    {"log2", 1, 1, Numeric<Log2>},
    {"exp", 1, 1, Numeric<Exp>},
    {"sqrt", 1, 1, Numeric<Sqrt>},
    {"upper", 1, 1, Upper},
    {"lower", 1, 1, Lower},
    {"startswith", 2, 2, StartsWith},
    {"contains", 2, 2, Contains},
    {"strlen", 1, 1, StrLen},
    {"substr", 3, 3, SubStr},
    {"format", 1, kAny, Format},
    {"split", 1, 3, Split},
    {"matched_terms", 0, 1, MatchedTerms},
    {"timefmt", 1, 2, TimeFmt},
    {"parsetime", 1, 2, ParseTimeFunction},
    {"parse_time", 1, 2, ParseTimeFunction},
    {"day", 1, 1, OfTime<Day>},
    {"hour", 1, 1, OfTime<Hour>},
    {"minute", 1, 1, OfTime<Minute>},
    {"month", 1, 1, OfTime<Month>},
    {"dayofweek", 1, 1, OfTime<DayOfWeek>},
    {"dayofmonth", 1, 1, OfTime<DayOfMonth>},
    {"dayofyear", 1, 1, OfTime<DayOfYear>},
    {"year", 1, 1, OfTime<Year>},
    {"monthofyear", 1, 1, OfTime<MonthOfYear>},
    {"geodistance", 2, 4, GeoDistance},
    {"exists", 1, 1, Exists},
}};

}  // namespace

const ExpressionFunctionInfo* FindExpressionFunction(std::string_view name) {
  for (const ExpressionFunctionInfo& function : kFunctions) {
    if (SameWord(function.name, name)) return &function;
  }
  return nullptr;
}

}  // namespace kvorum
