// Text in double quotes with escapes, as redis.conf, MONITOR and redis-cli have it; SplitArguments (protocol/request.h) reads it back.
#pragma once

#include <string>
#include <string_view>

namespace kvorum {

// Appends the text in quotes: \" \\ \n \r \t \a \b, and \xHH for what else is not printable ASCII.
void AppendQuoted(std::string& out, std::string_view text);

inline std::string InQuotes(std::string_view text) {
  std::string quoted;
  AppendQuoted(quoted, text);
  return quoted;
}

}  // namespace kvorum
