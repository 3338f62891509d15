// What a file holds, as a short text that is the same on every machine, to tell whether it has changed. Not made to withstand
// somebody who builds files on purpose.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "documents/unit.h"

namespace kvorum {

// XXH3, 128 bits, as 32 hexadecimal digits; of a dictionary's index, twice as many: those of the file beside it follow.
DocumentError HashDocument(const std::string& path, std::string* hash);
// XXH3, 64 bits, as 16 of them.
std::string HashText(std::string_view text);

}  // namespace kvorum
