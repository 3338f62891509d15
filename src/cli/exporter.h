// Exporter: walks the keys of a server with SCAN, fetches each by DUMP, and writes them to an RDB file. Commands go on meanwhile: a
// key is as it was when it was fetched, and one that comes or goes during the walk may be in the file or not.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/file_bytes.h"
#include "cli/progress.h"
#include "cli/seen_keys.h"
#include "client/resp_client.h"
#include "rdb/file_writer.h"

namespace kvorum {

struct ExportOptions {
  std::string file;
  ServerAddress server;
  int only_db = -1;  // -1: all
  std::string match = "*";
  bool overwrites = false;
};

class Exporter {
 public:
  Exporter(const ExportOptions& options, File& file) : options_(options), sink_(file) {}

  // Writes the whole file. False: error().
  [[nodiscard]] bool Run();

  const std::string& error() const { return error_; }
  std::string Summary() const;

 private:
  struct DatabaseSize {
    int db;
    uint64_t keys;
    uint64_t expiring;
  };

  bool Fail(std::string text);
  bool FindDatabases();
  bool ExportDatabase(const DatabaseSize& database, Progress& progress);
  // Takes the keys of SCAN's reply, and its cursor.
  bool TakeScan(std::string* cursor, SeenKeys& seen);
  // Asks for the values of up to `count` keys.
  void Request(size_t count);
  // Reads the values that were asked for longest ago.
  bool TakeValues();
  bool WriteKey(std::string_view key, const RespReply& deadline, const RespReply& payload);
  void Begin(int version);

  const ExportOptions& options_;
  FileSink sink_;
  RespClient client_;
  std::unique_ptr<RdbFileWriter> writer_;
  int version_ = 0;
  std::string error_;

  std::vector<DatabaseSize> databases_;
  DatabaseSize current_{};
  bool has_selected_ = false;                     // in the file
  std::deque<std::string> keys_;                  // to be asked for
  std::deque<std::vector<std::string>> batches_;  // asked for

  uint64_t exported_ = 0;
  uint64_t left_out_ = 0;  // vector sets
  uint64_t payload_bytes_ = 0;
  double seconds_ = 0;
};

}  // namespace kvorum
