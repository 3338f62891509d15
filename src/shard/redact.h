// What MONITOR and the slow log may show of a command: everything but passwords.
//
// Threads: no state.
#pragma once

#include <string_view>
#include <vector>

#include "commands/context.h"

namespace kvorum {

// The arguments, with "(redacted)" in the place of secrets. Views into `args`. O(arguments).
std::vector<std::string_view> WithoutSecrets(const Command& command, Arguments args);

}  // namespace kvorum
