#include "rdb/file_reader.h"

#include <string>

#include "rdb/value_reader.h"

namespace kvorum {
namespace {

using Kind = RdbError::Kind;

// Before version 5 files had no checksum.
constexpr int kFirstVersionWithChecksum = 5;

constexpr uint64_t kStreamIdBytes = 16;
constexpr uint64_t kTimeBytes = 8;

bool SkipModuleData(RdbReader& in) {
  uint64_t opcode;
  while (in.Length(&opcode)) {
    uint64_t ignored;
    bool is_good = false;
    if (opcode == module_opcode::kEnd) return true;
    if (opcode == module_opcode::kSigned || opcode == module_opcode::kUnsigned) is_good = in.Length(&ignored);
    if (opcode == module_opcode::kFloat) is_good = in.Skip(sizeof(float));
    if (opcode == module_opcode::kDouble) is_good = in.Skip(sizeof(double));
    if (opcode == module_opcode::kString) is_good = in.SkipString();
    if (!is_good) return in.Damaged("a module's data is damaged");
  }
  return false;
}

bool SkipLengths(RdbReader& in, int count) {
  uint64_t ignored;
  for (; count > 0; --count) {
    if (!in.Length(&ignored)) return false;
  }
  return true;
}

bool SkipStreamConsumer(RdbReader& in, bool has_active_time) {
  uint64_t pending;
  if (!in.SkipString() || !in.Skip(has_active_time ? 2 * kTimeBytes : kTimeBytes) || !in.Length(&pending)) return false;
  for (; pending > 0; --pending) {
    if (!in.Skip(kStreamIdBytes)) return false;
  }
  return true;
}

bool SkipStream(RdbReader& in, RdbType type) {
  uint64_t nodes;
  uint64_t groups;
  if (!in.Length(&nodes)) return false;
  for (; nodes > 0; --nodes) {
    if (!in.SkipString() || !in.SkipString()) return false;
  }
  // Length and last id; then the first id, the greatest deleted one, and how many there ever were.
  if (!SkipLengths(in, type == RdbType::kStream ? 3 : 8) || !in.Length(&groups)) return false;
  for (; groups > 0; --groups) {
    uint64_t pending;
    uint64_t consumers;
    if (!in.SkipString() || !SkipLengths(in, type == RdbType::kStream ? 2 : 3) || !in.Length(&pending)) return false;
    for (; pending > 0; --pending) {
      if (!in.Skip(kStreamIdBytes + kTimeBytes) || !SkipLengths(in, 1)) return false;
    }
    if (!in.Length(&consumers)) return false;
    for (; consumers > 0; --consumers) {
      if (!SkipStreamConsumer(in, type == RdbType::kStream3)) return false;
    }
  }
  return true;
}

bool SkipScore(RdbReader& in) {
  uint8_t length;
  return in.Byte(&length) && (length >= 253 || in.Skip(length));
}

// `count` times what `skip_one` skips.
template <typename SkipOne>
bool SkipCounted(RdbReader& in, SkipOne skip_one) {
  uint64_t count;
  if (!in.Length(&count)) return false;
  for (; count > 0; --count) {
    if (!skip_one()) return false;
  }
  return true;
}

}  // namespace

bool SkipRdbValue(uint8_t type, RdbReader& in, uint64_t* module_type_id) {
  uint64_t ignored;
  if (module_type_id == nullptr) module_type_id = &ignored;
  *module_type_id = 0;
  switch (static_cast<RdbType>(type)) {
    case RdbType::kString:
    case RdbType::kHashZipmap:
    case RdbType::kListZiplist:
    case RdbType::kSetIntset:
    case RdbType::kSortedSetZiplist:
    case RdbType::kHashZiplist:
    case RdbType::kHashListpack:
    case RdbType::kSortedSetListpack:
    case RdbType::kSetListpack:
      return in.SkipString();
    case RdbType::kList:
    case RdbType::kSet:
    case RdbType::kListQuicklist:
      return SkipCounted(in, [&in] { return in.SkipString(); });
    case RdbType::kHash:
      return SkipCounted(in, [&in] { return in.SkipString() && in.SkipString(); });
    case RdbType::kSortedSetText:
      return SkipCounted(in, [&in] { return in.SkipString() && SkipScore(in); });
    case RdbType::kSortedSet:
      return SkipCounted(in, [&in] { return in.SkipString() && in.Skip(sizeof(double)); });
    case RdbType::kListQuicklist2:
      return SkipCounted(in, [&in, &ignored] { return in.Length(&ignored) && in.SkipString(); });
    case RdbType::kStream:
    case RdbType::kStream2:
    case RdbType::kStream3:
      return SkipStream(in, static_cast<RdbType>(type));
    case RdbType::kModule:
      return in.Length(module_type_id) && SkipModuleData(in);
    case RdbType::kModuleOld:
    case RdbType::kVectorSet:
      break;
  }
  return in.Fail(Kind::kUnsupported,
                 std::string(UnsupportedTypeName(type)) + " (type " + std::to_string(type) + ") cannot be read");
}

bool RdbFileReader::ReadHeader() {
  std::string_view header;
  if (!in_.Bytes(kRdbHeaderBytes, &text_, &header)) return false;
  if (!header.starts_with(kRdbMagic)) return in_.Damaged("this is no RDB file: it does not begin with REDIS");
  for (char digit : header.substr(kRdbMagic.size())) {
    if (digit < '0' || digit > '9') return in_.Damaged("this is no RDB file: its version is no number");
    version_ = version_ * 10 + (digit - '0');
  }
  if (version_ >= 1 && version_ <= kMaxRdbVersion) return true;
  return in_.Fail(Kind::kUnsupported, "RDB version " + std::to_string(version_) + ": this program reads 1 to " +
                                          std::to_string(kMaxRdbVersion));
}

bool RdbFileReader::ReadEnd() {
  ended_ = true;
  if (version_ < kFirstVersionWithChecksum) return false;
  const uint64_t computed = in_.Checksum();
  uint64_t stored;
  if (!in_.Fixed(&stored)) return false;
  has_checksum_ = stored != 0;
  if (has_checksum_ && stored != computed) return in_.Damaged("the file's checksum does not fit its bytes");
  return false;
}

bool RdbFileReader::ReadAttribute(uint8_t opcode, RdbPart* part) {
  uint64_t number;
  int32_t seconds;
  uint8_t frequency;
  switch (opcode) {
    case rdb_opcode::kExpireMs:
      if (!in_.Fixed(&part->deadline_ms)) return false;
      // A time before 1970 is as good as any other in the past.
      if (part->deadline_ms < 0) part->deadline_ms = 0;
      return true;
    case rdb_opcode::kExpireSeconds:
      if (!in_.Fixed(&seconds)) return false;
      part->deadline_ms = seconds < 0 ? 0 : int64_t{seconds} * 1000;
      return true;
    case rdb_opcode::kFrequency:
      if (!in_.Byte(&frequency)) return false;
      part->frequency = frequency;
      return true;
    case rdb_opcode::kIdle:
      if (!in_.Length(&number)) return false;
      part->idle_s = number > INT64_MAX ? INT64_MAX : static_cast<int64_t>(number);
      return true;
    default:
      if (!in_.Length(&number)) return false;
      if (number >= kMaxDatabases) return in_.Damaged("an impossible number of a database");
      db_ = static_cast<int>(number);
      return true;
  }
}

bool RdbFileReader::ReadPart(uint8_t opcode, RdbPart* part, bool* is_whole) {
  *is_whole = true;
  switch (opcode) {
    case rdb_opcode::kAux:
      part->kind = RdbPart::Kind::kAux;
      return in_.String(&name_, &part->name) && in_.String(&text_, &part->text);
    case rdb_opcode::kFunction:
      part->kind = RdbPart::Kind::kFunctions;
      return in_.String(&text_, &part->text);
    case rdb_opcode::kFunctionOld:
      return in_.Fail(Kind::kUnsupported, "functions in the form of a release candidate of Redis 7.0");
    case rdb_opcode::kModuleAux:
      // Module, when to be read, and its data.
      part->kind = RdbPart::Kind::kModule;
      return SkipLengths(in_, 3) && SkipModuleData(in_);
    case rdb_opcode::kResizeDb:
      part->kind = RdbPart::Kind::kSizes;
      part->db = db_;
      return in_.Length(&part->keys) && in_.Length(&part->expiring);
    case rdb_opcode::kExpireMs:
    case rdb_opcode::kExpireSeconds:
    case rdb_opcode::kFrequency:
    case rdb_opcode::kIdle:
    case rdb_opcode::kSelectDb:
      *is_whole = false;
      return ReadAttribute(opcode, part);
    default:
      if (opcode > kLastRdbType) return in_.Damaged("byte " + std::to_string(opcode) + " begins nothing that is known");
      part->kind = RdbPart::Kind::kKey;
      part->db = db_;
      part->type = opcode;
      return in_.String(&name_, &part->key);
  }
}

bool RdbFileReader::Next(RdbPart* part) {
  if (ended_ || in_.failed() || (version_ == 0 && !ReadHeader())) return false;
  *part = {};
  while (true) {
    uint8_t opcode;
    bool is_whole;
    if (!in_.Byte(&opcode)) return false;
    if (opcode == rdb_opcode::kEnd) return ReadEnd();
    if (!ReadPart(opcode, part, &is_whole)) return false;
    if (is_whole) return true;
  }
}

}  // namespace kvorum
