// Importer: reads an RDB file twice, first to see that all of it is good, then to send it to a server, value by value as RESTORE has
// it. A value whose bytes are more than a limit goes in pieces (RPUSH, SADD, ...), so memory does not follow its size.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "cli/progress.h"
#include "client/resp_client.h"
#include "os/file.h"
#include "rdb/file_reader.h"

namespace kvorum {

struct ImportOptions {
  std::string file;
  ServerAddress server;
  int only_db = -1;       // -1: all
  bool replaces = false;  // keys that are there
  bool keeps = false;     // those, as they are
  bool skips_unsupported = false;
  uint64_t large_bytes = 64 << 20;
};

class Importer {
 public:
  Importer(const ImportOptions& options, File& file, uint64_t file_bytes);

  // False: error().
  [[nodiscard]] bool Check();
  [[nodiscard]] bool Send();

  const std::string& error() const { return error_; }
  // A line for the user: how it went.
  std::string Summary() const;

 private:
  friend class PieceSender;

  // A command whose reply has not been read.
  struct Sent {
    enum class Kind : uint8_t { kRestore, kSelect, kPiece } kind;
    std::string key;
    uint64_t offset;
    uint8_t type;
  };

  bool Fail(std::string text);
  bool FileFailed(const RdbError& error);
  bool Wants(const RdbPart& part) const { return options_.only_db < 0 || part.db == options_.only_db; }
  bool SendKey(RdbFileReader& file, const RdbPart& part);
  bool SendWhole(const RdbPart& part, std::string_view bytes, uint64_t offset);
  bool SendInPieces(const RdbPart& part, std::string_view key, uint64_t offset);
  bool Select(int db);
  // Adds what is sent to those whose replies are waited for, and reads replies when there are many.
  bool Note(Sent sent);
  bool ReadReplies(size_t down_to);
  bool Handle(const Sent& sent, const RespReply& reply);

  const ImportOptions& options_;
  File& file_;
  const uint64_t file_bytes_;
  RespClient client_;
  std::string error_;

  int version_ = 0;
  int64_t now_ms_ = 0;
  int db_ = -1;
  std::deque<Sent> sent_;
  Buffer payload_;

  uint64_t keys_ = 0;  // that the file has, of those wanted
  uint64_t imported_ = 0;
  uint64_t expired_ = 0;
  uint64_t kept_ = 0;
  uint64_t libraries_ = 0;
  bool has_checksum_ = false;
  std::map<std::string, uint64_t, std::less<>> unsupported_;  // by name of the type
  std::string first_unsupported_;
  double seconds_ = 0;
};

}  // namespace kvorum
