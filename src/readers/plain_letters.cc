#include "readers/plain_letters.h"

#include <cstdint>
#include <iterator>

namespace kvorum {
namespace {

constexpr std::string_view kSoftHyphen = "\u00AD";
constexpr std::string_view kLigatures = "\xEF\xAC";  // and a byte from 0x80
constexpr std::string_view kLetters[] = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};

}  // namespace

std::string PlainLetters(std::string_view text) {
  // As good as always.
  if (text.find(kSoftHyphen) == text.npos && text.find(kLigatures) == text.npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    const size_t ligature = rest.size() > 2 ? static_cast<size_t>(static_cast<uint8_t>(rest[2])) - 0x80 : 0;
    if (rest.starts_with(kSoftHyphen)) {
      i += kSoftHyphen.size();
    } else if (rest.size() > 2 && rest.starts_with(kLigatures) && ligature < std::size(kLetters)) {
      out += kLetters[ligature];
      i += kLigatures.size() + 1;
    } else {
      out += text[i++];
    }
  }
  return out;
}

}  // namespace kvorum
