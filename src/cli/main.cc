// kvorum: the command line. Each subcommand has a file of its own.
#include <cstdio>
#include <string>
#include <vector>

#include "base/version.h"
#include "cli/ask_command.h"
#include "cli/backup_command.h"
#include "cli/check_command.h"
#include "cli/compatibility_command.h"
#include "cli/experiment_command.h"
#include "cli/export_command.h"
#include "cli/help_text.h"
#include "cli/import_command.h"
#include "cli/ingest_command.h"
#include "cli/server_command.h"

int main(int argc, char** argv) {
  using namespace kvorum;
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string word = words.empty() ? "--help" : words[0];
  if (word == "compatibility-page") return CompatibilityPageMain(argc - 1, argv + 1);
  if (word == "backup") return BackupMain(argc - 1, argv + 1);
  if (word == "restore") return RestoreMain(argc - 1, argv + 1);
  if (word == "check") return CheckMain(argc - 1, argv + 1);
  if (word == "import") return ImportMain(argc - 1, argv + 1);
  if (word == "export") return ExportMain(argc - 1, argv + 1);
  if (word == "ingest") return IngestMain(argc - 1, argv + 1);
  if (word == "experiment") return ExperimentMain(argc - 1, argv + 1);
  if (word == "ask") return AskMain(argc - 1, argv + 1);
  if (word == "version" || word == "--version" || word == "-v") {
    std::printf("Kvorum server v=%s redis=%s bits=%zu\n", kVersion.data(), kRedisVersion.data(), sizeof(void*) * 8);
    return 0;
  }
  if (word == "help" || word == "--help" || word == "-h") {
    std::fputs(words.size() > 1 && words[1] == "server" ? kServerHelp : kHelp, stdout);
    return 0;
  }
  if (word != "server") {
    std::fprintf(stderr, "kvorum: there is no command '%s'.\n\n%s", word.c_str(), kHelp);
    return 1;
  }
  if (words.size() > 1 && (words[1] == "--help" || words[1] == "-h")) {
    std::fputs(kServerHelp, stdout);
    return 0;
  }
  if (words.size() == 2 && (words[1] == "--version" || words[1] == "-v")) {
    std::printf("Kvorum server v=%s redis=%s bits=%zu\n", kVersion.data(), kRedisVersion.data(), sizeof(void*) * 8);
    return 0;
  }
  return ServerMain(std::span(words).subspan(1));
}
