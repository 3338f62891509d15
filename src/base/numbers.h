// Numbers as text, the way Redis 7.2 reads and writes them: what a user may send as a number, and the bytes that come
// back.
//
// Parsers take the whole text or nothing: no spaces around it, nothing after it. On failure they return false and leave
// *value alone. Formatters write without a terminating zero and return the number of bytes; the buffer must have the
// named size. Threads: no state. Complexity: O(length). The process must keep LC_NUMERIC at "C".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kvorum {

inline constexpr size_t kMaxInt64Chars = 20;   // "-9223372036854775808"
inline constexpr size_t kMaxUint64Chars = 20;  // "18446744073709551615"
inline constexpr size_t kMaxDoubleChars = 32;
inline constexpr size_t kMaxLongDoubleChars = 5 * 1024;  // 4933 digits before the point, 17 after it

// Accepts exactly the texts that FormatInt64 prints: no '+', no leading zero, no "-0". So text -> number -> text is the
// identity, which lets structures keep such strings as numbers.
[[nodiscard]] bool ParseInt64(std::string_view text, int64_t* value);
[[nodiscard]] inline bool ParseCanonicalInt64(std::string_view text, int64_t* value) { return ParseInt64(text, value); }

// The same for 0 .. 2^64-1.
[[nodiscard]] bool ParseUint64(std::string_view text, uint64_t* value);

// Everything strtod accepts from a text without leading space: decimal and hexadecimal, "inf", "+inf", "-Infinity". Not
// accepted: NaN, and what is too large for a double or so small that it becomes zero.
[[nodiscard]] bool ParseDouble(std::string_view text, double* value);

// The same for INCRBYFLOAT's type; texts of kMaxLongDoubleChars and more are refused, as Redis does.
[[nodiscard]] bool ParseLongDouble(std::string_view text, long double* value);

size_t FormatInt64(int64_t value, char* out);    // out: kMaxInt64Chars
size_t FormatUint64(uint64_t value, char* out);  // out: kMaxUint64Chars

// A double as replies give it (ZSCORE, RESP3 doubles): whole numbers below 2^62 as integers, others with the fewest
// digits that read back as the same double, in exponent form ("1e+21", "1e-7") where that is how Redis prints it;
// "inf", "-inf", "nan", "-0". out: kMaxDoubleChars.
size_t FormatDouble(double value, char* out);

// What INCRBYFLOAT stores: 17 digits after the point, without the zeros at their end, never an exponent; "inf", "-inf",
// "nan". out: kMaxLongDoubleChars.
size_t FormatLongDouble(long double value, char* out);

}  // namespace kvorum
