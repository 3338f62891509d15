// JSON as text: parsed (RFC 8259, UTF-8, by RapidJSON's iterative parser) and written.
//
// Whole numbers that fit into 64 bits stay integers; all others become doubles, correctly rounded, and too large ones are an error. Of
// members with the same name the last counts, at the place of the first.
//
// Threads: no state. Memory of parsing: what the text makes, nothing for what it announces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "json/value.h"

namespace kvorum {

// False: *error says what is wrong and where.
[[nodiscard]] bool ParseJson(std::string_view text, JsonValue* value, std::string* error);

// What stands before each level, after each item and name. All empty: all in one line without spaces.
struct JsonFormat {
  std::string_view indent;
  std::string_view newline;
  std::string_view space;
};

// `level`: how deep it already stands.
void WriteJson(const JsonValue& value, std::string* out, const JsonFormat& format = {}, size_t level = 0);
void WriteJsonString(std::string_view text, std::string* out);
// A finite number the way RedisJSON prints doubles: as few digits as read back the same, with ".0" when it is whole, or an exponent.
void WriteJsonNumber(double number, std::string* out);

// Between the items of an array or an object that is written piece by piece.
void WriteJsonBreak(const JsonFormat& format, size_t level, std::string* out);

}  // namespace kvorum
