// A command's arguments in one line, as people read them: "key value [NX | XX] [GET] [EX seconds | PX milliseconds]".
// For HELP replies and documents. Pure; any thread.
#pragma once

#include <string>

#include "commands/spec.h"

namespace kvorum {

// Without the command's name. Empty where there are no arguments.
std::string UsageOf(const CommandSpec& spec);

}  // namespace kvorum
