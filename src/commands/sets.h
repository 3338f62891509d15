// The parts of the set family, which RegisterSetCommands puts together.
#pragma once

#include "commands/table.h"

namespace kvorum {

void RegisterSetAlgebraCommands(CommandTable& table);  // SINTER, SUNION, SDIFF and what goes with them
void RegisterSetRandomCommands(CommandTable& table);   // SPOP, SRANDMEMBER

}  // namespace kvorum
