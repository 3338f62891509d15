// RdbFileReader: the parts of an RDB file, one after another (format.h draws them). Versions 1 to 11, which is Redis up to 7.2.
//
//   RdbFileReader file(source);
//   RdbPart part;
//   while (file.Next(&part)) {
//     if (part.kind == RdbPart::Kind::kKey) ... read the value: RdbValueReader(file.in(), ...).Read(part.type, ...), or SkipRdbValue
//   }
//   if (file.in().failed()) ... file.in().error() ...
//
// Threads: one. Ownership: borrows the source.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "rdb/reader.h"

namespace kvorum {

struct RdbPart {
  enum class Kind : uint8_t {
    kAux,        // name, text
    kFunctions,  // text: the code of a library
    kModule,     // a module's own data, which is skipped
    kSizes,      // keys, expiring: how many this database has
    kKey,        // key, and what stands before it; the value follows, and must be read or skipped
  };
  Kind kind;
  int db = 0;
  // Good until the next part.
  std::string_view name;
  std::string_view text;
  std::string_view key;
  uint64_t keys = 0;
  uint64_t expiring = 0;
  uint8_t type = 0;          // RdbType, or one that we do not know
  int64_t deadline_ms = -1;  // -1: none
  int64_t idle_s = -1;       // -1: not told
  int frequency = -1;        // -1: not told
};

class RdbFileReader {
 public:
  // Above this a database's number is damage.
  static constexpr uint64_t kMaxDatabases = uint64_t{1} << 30;

  explicit RdbFileReader(ByteSource& source) : in_(source) {}

  // False: that was the last part and the checksum fits, or something is wrong (in().failed()).
  [[nodiscard]] bool Next(RdbPart* part);

  RdbReader& in() { return in_; }
  // Known after the first Next.
  int version() const { return version_; }
  // After the end: false if the file has none.
  bool has_checksum() const { return has_checksum_; }

 private:
  bool ReadHeader();
  bool ReadEnd();
  // One opcode's worth. *is_whole: it is a part of its own; otherwise it says something about what follows.
  bool ReadPart(uint8_t opcode, RdbPart* part, bool* is_whole);
  bool ReadAttribute(uint8_t opcode, RdbPart* part);

  RdbReader in_;
  int version_ = 0;
  int db_ = 0;
  bool ended_ = false;
  bool has_checksum_ = false;
  Buffer name_;
  Buffer text_;
};

// Reads over a value of any type that Redis up to 7.2 writes, streams and modules' included, without making anything of it.
// *module_type_id: of a module's value, what it is of (format.h); 0 of others.
[[nodiscard]] bool SkipRdbValue(uint8_t type, RdbReader& in, uint64_t* module_type_id = nullptr);

}  // namespace kvorum
