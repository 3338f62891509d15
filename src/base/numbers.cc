#include "base/numbers.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/shortest_double.h"

namespace kvorum {
namespace {

constexpr size_t kMaxUint64Digits = 20;

// Digits without sign; the first is not '0' unless it is alone.
bool ParseDigits(const char* p, const char* end, uint64_t* value) {
  size_t count = static_cast<size_t>(end - p);
  if (count == 0 || count > kMaxUint64Digits) return false;
  if (*p == '0' && count > 1) return false;
  uint64_t result = 0;
  // 19 digits cannot overflow.
  const char* safe_end = count < kMaxUint64Digits ? end : end - 1;
  for (; p < safe_end; ++p) {
    unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
    if (digit > 9) return false;
    result = result * 10 + digit;
  }
  if (p < end) {
    unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
    if (digit > 9) return false;
    if (__builtin_mul_overflow(result, uint64_t{10}, &result)) return false;
    if (__builtin_add_overflow(result, uint64_t{digit}, &result)) return false;
  }
  *value = result;
  return true;
}

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// strtod and strtold want a terminated text; `text` may be anything, zeros included (they end the number, so it is
// refused).
template <typename Float, Float (*kParse)(const char*, char**)>
bool ParseTerminated(const char* text, size_t size, Float* value) {
  if (size == 0 || IsSpace(text[0])) return false;
  errno = 0;
  char* end = nullptr;
  Float result = kParse(text, &end);
  if (static_cast<size_t>(end - text) != size || std::isnan(result)) return false;
  if (errno == ERANGE && (std::isinf(result) || result == 0)) return false;
  *value = result;
  return true;
}

bool ParseDoubleSlow(std::string_view text, double* value) {
  char small[128];
  if (text.empty()) return false;  // it may lie nowhere
  if (text.size() < sizeof(small)) {
    std::memcpy(small, text.data(), text.size());
    small[text.size()] = '\0';
    return ParseTerminated<double, std::strtod>(small, text.size(), value);
  }
  std::string copy(text);
  return ParseTerminated<double, std::strtod>(copy.c_str(), text.size(), value);
}

size_t Put(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return text.size();
}

// Lays out `count` digits times 10^exponent.
size_t PutDecimal(const char* digits, int count, int exponent, char* out) {
  char* p = out;
  int scientific = exponent + count - 1;  // of the first digit
  if (exponent >= 0 && scientific < count + 7) {
    p += Put({digits, static_cast<size_t>(count)}, p);
    std::memset(p, '0', static_cast<size_t>(exponent));
    return static_cast<size_t>(p + exponent - out);
  }
  if (exponent < 0 && (exponent > -7 || std::abs(scientific) < 4)) {
    int before_point = count + exponent;
    if (before_point <= 0) {
      p += Put("0.", p);
      std::memset(p, '0', static_cast<size_t>(-before_point));
      p += -before_point;
      p += Put({digits, static_cast<size_t>(count)}, p);
    } else {
      p += Put({digits, static_cast<size_t>(before_point)}, p);
      *p++ = '.';
      p += Put({digits + before_point, static_cast<size_t>(-exponent)}, p);
    }
    return static_cast<size_t>(p - out);
  }
  *p++ = digits[0];
  if (count > 1) {
    *p++ = '.';
    p += Put({digits + 1, static_cast<size_t>(count - 1)}, p);
  }
  *p++ = 'e';
  *p++ = scientific < 0 ? '-' : '+';
  p += FormatInt64(std::abs(scientific), p);
  return static_cast<size_t>(p - out);
}

}  // namespace

bool ParseInt64(std::string_view text, int64_t* value) {
  if (text.empty() || text.size() > kMaxInt64Chars) return false;
  const char* p = text.data();
  const char* end = p + text.size();
  uint64_t magnitude;
  if (*p == '-') {
    if (!ParseDigits(p + 1, end, &magnitude)) return false;
    if (magnitude == 0 || magnitude > uint64_t{1} << 63) return false;
    *value = static_cast<int64_t>(-magnitude);
    return true;
  }
  if (!ParseDigits(p, end, &magnitude) || magnitude > static_cast<uint64_t>(INT64_MAX)) return false;
  *value = static_cast<int64_t>(magnitude);
  return true;
}

bool ParseUint64(std::string_view text, uint64_t* value) {
  return ParseDigits(text.data(), text.data() + text.size(), value);
}

bool ParseDouble(std::string_view text, double* value) {
  if (text.size() <= 15) {  // such integers are exact in a double
    int64_t integer;
    if (ParseInt64(text, &integer)) {
      *value = static_cast<double>(integer);
      return true;
    }
  }
  double result;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), result);
  // Whatever is unusual (signs, infinities, hexadecimal, underflow, errors) strtod decides.
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || !std::isfinite(result) || result == 0) {
    return ParseDoubleSlow(text, value);
  }
  *value = result;
  return true;
}

bool ParseLongDouble(std::string_view text, long double* value) {
  char copy[kMaxLongDoubleChars];
  if (text.size() >= sizeof(copy)) return false;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return ParseTerminated<long double, std::strtold>(copy, text.size(), value);
}

size_t FormatInt64(int64_t value, char* out) {
  return static_cast<size_t>(std::to_chars(out, out + kMaxInt64Chars, value).ptr - out);
}

size_t FormatUint64(uint64_t value, char* out) {
  return static_cast<size_t>(std::to_chars(out, out + kMaxUint64Chars, value).ptr - out);
}

size_t FormatDouble(double value, char* out) {
  if (std::isnan(value)) return Put("nan", out);
  if (std::isinf(value)) return Put(value < 0 ? "-inf" : "inf", out);
  if (value == 0) return Put(std::signbit(value) ? "-0" : "0", out);
  constexpr double kIntegerLimit = 4611686018427387904.0;  // 2^62
  if (value >= -kIntegerLimit && value <= kIntegerLimit) {
    int64_t integer = static_cast<int64_t>(value);
    if (static_cast<double>(integer) == value) return FormatInt64(integer, out);
  }
  size_t sign = 0;
  if (value < 0) {
    out[sign++] = '-';
    value = -value;
  }
  char digits[kMaxShortestDigits];
  int exponent;
  int count = ShortestDigits(value, digits, &exponent);
  return sign + PutDecimal(digits, count, exponent, out + sign);
}

size_t FormatLongDouble(long double value, char* out) {
  if (std::isnan(value)) return Put("nan", out);
  if (std::isinf(value)) return Put(value < 0 ? "-inf" : "inf", out);
  int printed = std::snprintf(out, kMaxLongDoubleChars, "%.17Lf", value);
  size_t size = static_cast<size_t>(printed);
  while (out[size - 1] == '0') --size;  // ends at the point at the latest
  if (out[size - 1] == '.') --size;
  if (size == 2 && out[0] == '-' && out[1] == '0') return Put("0", out);
  return size;
}

}  // namespace kvorum
