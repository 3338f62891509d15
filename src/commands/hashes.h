// The parts of the hash family, which RegisterHashCommands puts together.
#pragma once

#include <string_view>

#include "commands/table.h"

namespace kvorum {

class HashObject;

// False: the key holds something else, and the error has been replied.
[[nodiscard]] bool FindOrCreateHash(Context& ctx, std::string_view key, HashObject** hash);

void RegisterHashNumberCommands(CommandTable& table);  // HINCRBY, HINCRBYFLOAT
void RegisterHashRandomCommands(CommandTable& table);  // HRANDFIELD

}  // namespace kvorum
