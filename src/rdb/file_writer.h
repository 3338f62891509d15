// RdbFileWriter: a whole RDB file of version 11, part by part. See format.h; the order is header, Aux, Functions, then for each
// database SelectDb, Sizes and its keys, then Finish.
//
// Threads: one. Ownership: borrows the sink.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "keyspace/entry.h"
#include "rdb/writer.h"

namespace kvorum {

class RdbFileWriter {
 public:
  // Writes the header. `version`: of the file, which must not be lower than that of any payload in it.
  RdbFileWriter(RdbWriter::Options options, ByteSink& sink, int version = kRdbVersion);

  void Aux(std::string_view name, std::string_view text);
  void Functions(std::string_view code);
  void SelectDb(int db);
  // Hints for whoever loads it.
  void Sizes(uint64_t keys, uint64_t expiring);

  // A key with its deadline and value.
  void Key(const Entry& entry);
  // The same of what DUMP gave: its type and bytes, without the footer.
  void Key(std::string_view key, int64_t deadline_ms, std::string_view type_and_value);

  // The end and the checksum. False: something failed, error().
  [[nodiscard]] bool Finish();
  const std::string& error() const { return out_.error(); }

 private:
  void Deadline(int64_t deadline_ms);

  RdbWriter out_;
};

}  // namespace kvorum
