// Lines split into arguments, as inline commands and configuration files have them: what was split, written with quotes, splits
// to the same; and a request parser reads the line so too.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "protocol/request.h"

using namespace kvorum;

namespace {

std::string InDoubleQuotes(std::string_view arg, bool all_hex) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : arg) {
    const auto byte = static_cast<unsigned char>(c);
    if (all_hex || c == '\n') {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
  return text + '"';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string line(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> args;
  const bool split = SplitArguments(line, &args);
  // Quotes and escapes only ever make it shorter.
  size_t bytes = 0;
  for (const std::string& arg : args) bytes += arg.size();
  CHECK(bytes <= size);
  if (split) {
    for (const bool all_hex : {false, true}) {
      std::string quoted;
      for (const std::string& arg : args) quoted += InDoubleQuotes(arg, all_hex) + ' ';
      std::vector<std::string> again;
      CHECK(SplitArguments(quoted, &again));
      CHECK(again == args);
    }
  }
  if (line.empty() || line[0] == '*' || line.find('\n') != std::string::npos) return 0;
  RequestParser parser;
  std::vector<std::string_view> words;
  size_t consumed = 0;
  const std::string request = line + '\n';
  const ParseStatus status = parser.Parse(request, {}, words, &consumed);
  if (status == ParseStatus::kError) {
    CHECK(!split || line.ends_with('\r') || size > (64 << 10));
    return 0;
  }
  CHECK(status == ParseStatus::kComplete && consumed == size + 1);
  // The line's own '\r' may stand inside of quotes that are then open.
  if (!line.ends_with('\r')) CHECK(split && std::vector<std::string>(words.begin(), words.end()) == args);
  return 0;
}
