// kvorum ask: answers questions from documents that `kvorum ingest` has put into a server.
#pragma once

namespace kvorum {

// `argv` begins with the subcommand. Returns the exit status.
int AskMain(int argc, char** argv);

}  // namespace kvorum
