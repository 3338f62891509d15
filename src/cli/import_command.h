// kvorum import: sends what an RDB file holds to a running server.
#pragma once

namespace kvorum {

// `argv` begins with the subcommand. Returns the exit status.
int ImportMain(int argc, char** argv);

}  // namespace kvorum
