// kvorum compatibility-page [NOTES]: prints docs/compatibility.md. For tools/generate_docs; users have no need of it.
#pragma once

namespace kvorum {

// `argv` begins with the subcommand. Returns the exit status.
int CompatibilityPageMain(int argc, char** argv);

}  // namespace kvorum
