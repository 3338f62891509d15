// kvorum ingest: puts documents into an index on a running server, for `kvorum ask`.
#pragma once

namespace kvorum {

// `argv` begins with the subcommand. Returns the exit status.
int IngestMain(int argc, char** argv);

}  // namespace kvorum
