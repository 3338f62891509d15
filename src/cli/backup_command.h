// kvorum backup and kvorum restore: a copy of a data folder, also while a server uses it, and a data folder from such a
// copy, whole or up to a time.
#pragma once

namespace kvorum {

// `argv` begins with the subcommand. Each returns the exit status.
int BackupMain(int argc, char** argv);
int RestoreMain(int argc, char** argv);

}  // namespace kvorum
