// Texts as sentences, by ICU's rules and what those do not know: abbreviations, initials, lines broken by typesetting.
//
// Threads: any. Complexity: O(bytes).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace kvorum {

struct TextSpan {
  size_t begin = 0;
  size_t end = 0;
  bool operator==(const TextSpan&) const = default;
};

// The sentences in their order, without the white space round them; no empty ones. A single line break is a space; an empty line
// ends a sentence.
std::vector<TextSpan> SplitSentences(std::string_view text);

}  // namespace kvorum
