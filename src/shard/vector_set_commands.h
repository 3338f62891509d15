// VADD and VSIM; the other commands of vector sets are in src/commands.
#pragma once

namespace kvorum {

class CommandTable;

void RegisterVectorWorkCommands(CommandTable& table);

}  // namespace kvorum
