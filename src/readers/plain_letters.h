// Letters as people type them, where a format keeps them as they were set.
#pragma once

#include <string>
#include <string_view>

namespace kvorum {

// UTF-8 without soft hyphens (U+00AD), and with the letters of ligatures (U+FB00 to U+FB06): nobody who looks for a word types these.
std::string PlainLetters(std::string_view text);

}  // namespace kvorum
