// The HELP subcommand of every container (CLIENT HELP, OBJECT HELP, ...), made from the rows of spec.h: one handler for
// all, bound under each name: table.Bind("object|help", HelpCommand). It tells of the subcommands that are bound.
#pragma once

namespace kvorum {

class Context;

void HelpCommand(Context& context);

}  // namespace kvorum
