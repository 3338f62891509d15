#include "rdb/file_writer.h"

#include "base/check.h"
#include "rdb/format.h"

namespace kvorum {

RdbFileWriter::RdbFileWriter(RdbWriter::Options options, ByteSink& sink, int version) : out_(options, &sink) {
  CHECK(version > 0 && version <= kRdbVersion);
  const std::string digits = std::to_string(10000 + version);
  out_.Raw(kRdbMagic);
  out_.Raw(std::string_view(digits).substr(1));
}

void RdbFileWriter::Aux(std::string_view name, std::string_view text) {
  out_.Byte(rdb_opcode::kAux);
  out_.String(name);
  out_.String(text);
}

void RdbFileWriter::Functions(std::string_view code) {
  out_.Byte(rdb_opcode::kFunction);
  out_.String(code);
}

void RdbFileWriter::SelectDb(int db) {
  out_.Byte(rdb_opcode::kSelectDb);
  out_.Length(static_cast<uint64_t>(db));
}

void RdbFileWriter::Sizes(uint64_t keys, uint64_t expiring) {
  out_.Byte(rdb_opcode::kResizeDb);
  out_.Length(keys);
  out_.Length(expiring);
}

void RdbFileWriter::Deadline(int64_t deadline_ms) {
  if (deadline_ms == Entry::kNoDeadline) return;
  out_.Byte(rdb_opcode::kExpireMs);
  out_.Fixed(deadline_ms);
}

void RdbFileWriter::Key(const Entry& entry) {
  Deadline(entry.deadline_ms());
  out_.Byte(static_cast<uint8_t>(RdbWriter::TypeOf(entry)));
  out_.String(entry.key());
  out_.Value(entry);
}

void RdbFileWriter::Key(std::string_view key, int64_t deadline_ms, std::string_view type_and_value) {
  CHECK(!type_and_value.empty());
  Deadline(deadline_ms);
  out_.Byte(static_cast<uint8_t>(type_and_value[0]));
  out_.String(key);
  out_.Raw(type_and_value.substr(1));
}

bool RdbFileWriter::Finish() {
  out_.Byte(rdb_opcode::kEnd);
  out_.Fixed(out_.Checksum());
  return out_.Flush();
}

}  // namespace kvorum
