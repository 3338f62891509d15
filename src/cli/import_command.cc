#include "cli/import_command.h"

#include <cstdio>

#include "cli/client_options.h"
#include "cli/importer.h"

namespace kvorum {
namespace {

constexpr char kFooter[] = R"(
The whole file is checked before anything is sent. Values keep their deadlines; what has expired is left out. A key that the
server has already stops the import, unless --replace or --keep says what to do. What was sent until an error stays there.

  kvorum import dump.rdb
      into the server on this machine's port 6379
  kvorum import dump.rdb --port 7000 --db 2
      only what the file has in database 2
  kvorum import /var/lib/redis/dump.rdb --host cache1 --replace
  REDISCLI_AUTH='a long password' kvorum import dump.rdb
      for a server that asks for a password

A Redis writes such a file on BGSAVE, or for `redis-cli --rdb FILE`. `kvorum export` makes one of what a server holds.)";

int Import(const ImportOptions& options) {
  std::unique_ptr<File> file;
  uint64_t bytes = 0;
  FileError error = PosixFileSystem().Open(options.file, OpenMode::kRead, &file);
  if (!error) error = file->Size(&bytes);
  if (error) {
    std::fprintf(stderr, "kvorum import: %s\n", error.text().c_str());
    return 1;
  }
  Importer importer(options, *file, bytes);
  if (!importer.Check()) {
    std::fprintf(stderr, "kvorum import: %s\nNothing was sent.\n", importer.error().c_str());
    return 1;
  }
  if (!importer.Send()) {
    std::fprintf(stderr, "kvorum import: %s\nStopped: %s\n", importer.error().c_str(), importer.Summary().c_str());
    return 1;
  }
  std::printf("%s\n", importer.Summary().c_str());
  return 0;
}

}  // namespace

int ImportMain(int argc, char** argv) {
  ImportOptions options;
  CLI::App app("Sends the keys of an RDB file, as Redis up to 7.2 writes them, to a running server.", "kvorum import");
  app.add_option("FILE", options.file, "The file")->required();
  AddServerOptions(app, &options.server);
  app.add_option("--db", options.only_db, "Only this database of the file")->check(CLI::NonNegativeNumber);
  CLI::Option* replace = app.add_flag("--replace", options.replaces, "Overwrite keys that the server has already");
  app.add_flag("--keep", options.keeps, "Leave keys that the server has already as they are")->excludes(replace);
  app.add_flag("--skip-unsupported", options.skips_unsupported,
               "Leave out streams and modules' values instead of refusing the file");
  app.add_option("--large", options.large_bytes,
                 "Send values above so many bytes in pieces; such a one is not there at once")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("64mb");
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  return Import(options);
}

}  // namespace kvorum
