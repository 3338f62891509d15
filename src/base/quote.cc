#include "base/quote.h"

namespace kvorum {

void AppendQuoted(std::string& out, std::string_view text) {
  static constexpr std::string_view kEscaped = "\"\\\n\r\t\a\b";
  static constexpr std::string_view kLetters = "\"\\nrtab";
  static constexpr char kHexDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const size_t escape = kEscaped.find(c); escape != std::string_view::npos) {
      out += '\\';
      out += kLetters[escape];
    } else if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
    }
  }
  out += '"';
}

}  // namespace kvorum
