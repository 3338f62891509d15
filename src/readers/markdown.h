// What of a line of Markdown is text.
#pragma once

#include <string>
#include <string_view>

namespace kvorum {

// Without marks of emphasis and code; of links and pictures, their text. A star or an underscore that marks nothing stays.
std::string PlainMarkdown(std::string_view line);

}  // namespace kvorum
