// kvorum check: what a data folder holds, what is wrong with it, and repairs.
#pragma once

namespace kvorum {

// `argv` begins with the subcommand. Returns the exit status: 0 if nothing is wrong, 1 if something is or could not be
// done, as for a wrong argument.
int CheckMain(int argc, char** argv);

}  // namespace kvorum
