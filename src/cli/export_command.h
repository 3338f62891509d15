// kvorum export: writes what a running server holds to an RDB file.
#pragma once

namespace kvorum {

// `argv` begins with the subcommand. Returns the exit status.
int ExportMain(int argc, char** argv);

}  // namespace kvorum
