// RdbValueReader: values of RDB's types, made from its bytes. Every type that Redis up to 7.2 writes for strings, lists, sets, sorted
// sets and hashes; streams and modules' values are an error that names them.
//
// Values come out in the form that Redis 7.2 gives them after loading: the small ones as the settings say. A collection that has an
// element twice, or none, or a sorted set with a score that is no number, is refused.
//
// Threads: one. Ownership: borrows the reader; what it returns is the caller's.
#pragma once

#include <memory>
#include <string_view>

#include "base/buffer.h"
#include "keyspace/object.h"
#include "keyspace/settings.h"
#include "rdb/format.h"
#include "rdb/reader.h"

namespace kvorum {

class ListObject;

struct RdbValue {
  std::unique_ptr<Object> object;  // nullptr: a string
  // Lies in what is read or in the value reader: good until the next Read.
  std::string_view text;
};

class RdbValueReader {
 public:
  RdbValueReader(RdbReader& in, const KeyspaceSettings& settings) : in_(in), settings_(settings) {}

  // What follows the type. False: the reader's error() says why.
  [[nodiscard]] bool Read(uint8_t type, RdbValue* value);

 private:
  bool ReadCount(uint64_t* count);
  bool ReadList(RdbValue* value);
  bool ReadZiplistAsList(RdbValue* value);
  bool ReadQuicklist(bool has_plain_nodes, RdbValue* value);
  bool AppendNode(ListObject& list, std::string_view block, bool is_ziplist);
  bool ReadSet(RdbValue* value);
  bool ReadIntset(RdbValue* value);
  bool ReadSortedSet(bool scores_are_text, RdbValue* value);
  bool ReadHash(RdbValue* value);
  bool ReadVectorSet(RdbValue* value);
  bool ReadModule(RdbValue* value);
  bool Unsupported(uint8_t type);

  using Unpack = bool (*)(std::string_view block, Buffer* entries, size_t* count);
  // Reads a string and unpacks it into entries_; `step` 2: pairs.
  bool ReadBlock(Unpack unpack, size_t step, size_t* count);
  bool ReadPackedSet(RdbValue* value);
  bool ReadPackedSortedSet(Unpack unpack, RdbValue* value);
  bool ReadPackedHash(Unpack unpack, RdbValue* value);

  RdbReader& in_;
  const KeyspaceSettings& settings_;
  Buffer text_;
  Buffer other_text_;
  Buffer entries_;
};

// A score of RdbType::kSortedSetText.
[[nodiscard]] bool ReadRdbTextScore(RdbReader& in, Buffer* storage, double* score);

// The name of a type that we do not read: "a stream", "a module's value".
std::string_view UnsupportedTypeName(uint8_t type);

}  // namespace kvorum
