#include "cli/export_command.h"

#include <cstdio>

#include "base/hash.h"
#include "cli/client_options.h"
#include "cli/exporter.h"
#include "os/clock.h"

namespace kvorum {
namespace {

constexpr char kFooter[] = R"(
The server goes on working meanwhile: each key is written as it is when its turn comes. The file appears under its name only
when all of it is on disk. Redis 7.2 and later load it (a FILE of an older Redis is one that this Redis loads, too), and so
does `kvorum import`.

  kvorum export dump.rdb
      all that the server on this machine's port 6379 holds
  kvorum export users.rdb --match 'user:*' --db 0 --port 7000
      some of it
  kvorum export /backup/cache.rdb --force
      over a file that is there already

To have a Redis load it: stop it, put the file where its `dir` and `dbfilename` say, start it.)";

bool Exists(const std::string& path) {
  std::unique_ptr<File> file;
  return !PosixFileSystem().Open(path, OpenMode::kRead, &file).IsMissing();
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// Makes the finished file durable under its own name.
FileError Publish(File& file, const std::string& temporary, const std::string& path) {
  FileSystem& files = PosixFileSystem();
  if (FileError error = file.Sync()) return error;
  if (FileError error = files.Rename(temporary, path)) return error;
  return files.SyncFolder(FolderOf(path));
}

int Export(const ExportOptions& options) {
  const std::string temporary = options.file + ".unfinished";
  if (!options.overwrites && Exists(options.file)) {
    std::fprintf(stderr, "kvorum export: %s is there already; --force overwrites it\n", options.file.c_str());
    return 1;
  }
  FileSystem& files = PosixFileSystem();
  std::unique_ptr<File> file;
  (void)!files.Remove(temporary);  // of an export that was killed
  if (FileError error = files.Open(temporary, OpenMode::kCreate, &file)) {
    std::fprintf(stderr, "kvorum export: %s\n", error.text().c_str());
    return 1;
  }
  Exporter exporter(options, *file);
  std::string failure;
  if (!exporter.Run()) {
    failure = exporter.error();
  } else if (FileError error = Publish(*file, temporary, options.file)) {
    failure = error.text();
  }
  if (!failure.empty()) {
    std::fprintf(stderr, "kvorum export: %s\nNo file was made.\n", failure.c_str());
    (void)!files.Remove(temporary);
    return 1;
  }
  std::printf("%s\n", exporter.Summary().c_str());
  return 0;
}

}  // namespace

int ExportMain(int argc, char** argv) {
  ExportOptions options;
  CLI::App app("Writes the keys of a running server, ours or a Redis from 7.0 on, to an RDB file.", "kvorum export");
  app.add_option("FILE", options.file, "The file to make")->required();
  AddServerOptions(app, &options.server);
  app.add_option("--db", options.only_db, "Only this database")->check(CLI::NonNegativeNumber);
  app.add_option("--match", options.match, "Only keys that fit this pattern, as in SCAN")->capture_default_str();
  app.add_flag("--force", options.overwrites, "Overwrite FILE");
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  SeedHash(SystemEntropy());
  return Export(options);
}

}  // namespace kvorum
