#include "cli/backup_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "cli/progress.h"
#include "cli/time_text.h"
#include "journal/copy.h"
#include "os/clock.h"
#include "os/file.h"

namespace kvorum {
namespace {

constexpr char kBackupFooter[] = R"(
Copies the newest snapshot and the journal after it into a new folder. A server may go on working in DIR meanwhile: the
copy is a state that it had. Everything is checked on the way; a damaged folder is not copied. The copy is a data folder
like any other.

  kvorum backup /var/lib/kvorum /backup/2026-11-22)";

constexpr char kRestoreFooter[] = R"(
Makes a data folder for a server from a backup, or from another data folder, up to the end or up to a time. The time is
UTC; it must not be before the backup's snapshot, unless the journal goes back further.

  kvorum restore /backup/2026-11-22 /var/lib/kvorum
  kvorum restore /backup/2026-11-22 /var/lib/kvorum --until '2026-11-22 17:59:30')";

struct Request {
  const char* command;
  std::string from;
  std::string to;
  std::string until;
};

int Run(const Request& request) {
  CopyOptions options;
  if (!request.until.empty() && !ParseTime(request.until, &options.last_micros)) {
    std::fprintf(stderr, "kvorum %s: '%s' is no time; write it as '2026-11-22 17:59:30', in UTC\n", request.command,
                 request.until.c_str());
    return 1;
  }
  Progress progress("copying " + request.from, 0);
  options.progress = [&](uint64_t done, uint64_t) {
    progress.ShowBytes(done);
    return true;
  };
  SystemClock clock;
  CopyResult result;
  const StorageError error = CopyFolder(PosixFileSystem(), request.from, request.to, clock, options, &result);
  progress.Clear();
  if (error) {
    std::fprintf(stderr, "kvorum %s: %s\n", request.command, error.text().c_str());
    return 1;
  }
  std::printf("%s holds the state of %s (entry %llu): %s and %llu journal entries, in %.1f s.\n", request.to.c_str(),
              result.last_micros == 0 ? "the beginning" : TimeText(result.last_micros).c_str(),
              static_cast<unsigned long long>(result.last_index),
              result.snapshot.empty() ? "no snapshot" : result.snapshot.c_str(),
              static_cast<unsigned long long>(result.entries), progress.seconds());
  return 0;
}

int Main(int argc, char** argv, const char* command, const char* what, const char* footer, bool takes_time) {
  Request request{command, {}, {}, {}};
  CLI::App app(what, std::string("kvorum ") + command);
  app.add_option(takes_time ? "BACKUP" : "DIR", request.from, takes_time ? "The backup" : "The server's data folder")
      ->required();
  app.add_option("TO", request.to, "The folder to make; it must be empty if it is there")->required();
  if (takes_time) app.add_option("--until", request.until, "Nothing that was written after this time");
  app.footer(footer);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  return Run(request);
}

}  // namespace

int BackupMain(int argc, char** argv) {
  return Main(argc, argv, "backup", "Copies a data folder, also while a server uses it.", kBackupFooter, false);
}

int RestoreMain(int argc, char** argv) {
  return Main(argc, argv, "restore", "Makes a data folder from a backup.", kRestoreFooter, true);
}

}  // namespace kvorum
