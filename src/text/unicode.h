// Code points: UTF-8 to and fro, letter case, and which of them part words.
//
// Texts are any bytes. A byte that is not part of valid UTF-8 counts as a code point of its own, kRawByte + byte, which goes
// back to that byte; so nothing is ever lost or refused.
//
// Threads: no state. Complexity: O(1) a code point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kvorum {

inline constexpr char32_t kRawByte = 0x110000;

// The code point at *offset, which moves behind it. *offset must be inside.
char32_t TakeCodePoint(std::string_view text, size_t* offset);
void AppendCodePoint(std::string& out, char32_t point);
size_t CountCodePoints(std::string_view text);

// Whether the code point parts words: what is neither letter, digit, mark nor underscore. Beyond ASCII also symbols that are
// no currency or mathematics (emoji) make words.
bool IsSeparator(char32_t point);
// Spaces and control characters.
bool IsSpace(char32_t point);

// Simple case folding, one code point to one.
char32_t FoldCase(char32_t point);
std::string FoldCase(std::string_view text);
std::string UpperCase(std::string_view text);

// The form by which texts are sorted: folded, and without marks on letters (é is e).
std::string SortForm(std::string_view text);

}  // namespace kvorum
