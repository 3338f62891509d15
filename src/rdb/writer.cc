#include "rdb/writer.h"

#include "base/check.h"
#include "base/numbers.h"
#include "json/text.h"
#include "keyspace/hash_object.h"
#include "keyspace/json_object.h"
#include "keyspace/list_object.h"
#include "keyspace/set_object.h"
#include "keyspace/sorted_set_object.h"
#include "keyspace/vector_set_file.h"
#include "keyspace/vector_set_object.h"
#include "rdb/crc64.h"
#include "rdb/lzf.h"
#include "rdb/packed_forms.h"

namespace kvorum {
namespace {

constexpr size_t kMaxNumberStringBytes = 11;  // "-2147483648"
constexpr size_t kMaxLengthBytes = 9;
// Longer texts go to the sink from where they are.
constexpr size_t kCopiedBytes = 64 << 10;
// A block that was larger is given back.
constexpr size_t kKeptBlockBytes = 1 << 20;

size_t WriteRdbLength(char* out, uint64_t length) {
  if (length < 1u << 6) {
    out[0] = static_cast<char>(length);
    return 1;
  }
  if (length < 1u << 14) {
    out[0] = static_cast<char>(0x40 | length >> 8);
    out[1] = static_cast<char>(length & 0xFF);
    return 2;
  }
  if (length <= UINT32_MAX) {
    const uint32_t big_endian = __builtin_bswap32(static_cast<uint32_t>(length));
    out[0] = static_cast<char>(0x80);
    std::memcpy(out + 1, &big_endian, sizeof(big_endian));
    return 5;
  }
  const uint64_t big_endian = __builtin_bswap64(length);
  out[0] = static_cast<char>(0x81);
  std::memcpy(out + 1, &big_endian, sizeof(big_endian));
  return 9;
}

// The forms C0, C1, C2. 0: the number needs more.
size_t WriteShortNumber(char* out, int64_t number) {
  size_t bytes;
  if (number >= INT8_MIN && number <= INT8_MAX) {
    out[0] = static_cast<char>(0xC0);
    bytes = 1;
  } else if (number >= INT16_MIN && number <= INT16_MAX) {
    out[0] = static_cast<char>(0xC1);
    bytes = 2;
  } else if (number >= INT32_MIN && number <= INT32_MAX) {
    out[0] = static_cast<char>(0xC2);
    bytes = 4;
  } else {
    return 0;
  }
  std::memcpy(out + 1, &number, bytes);
  return 1 + bytes;
}

}  // namespace

void RdbWriter::Length(uint64_t length) {
  char bytes[kMaxLengthBytes];
  Append({bytes, WriteRdbLength(bytes, length)});
}

void RdbWriter::NumberString(int64_t number) {
  char bytes[1 + kMaxInt64Chars];
  size_t size = WriteShortNumber(bytes, number);
  if (size == 0) {
    size = 1 + FormatInt64(number, bytes + 1);
    bytes[0] = static_cast<char>(size - 1);
  }
  Append({bytes, size});
}

void RdbWriter::String(std::string_view text) {
  if (text.size() <= kMaxNumberStringBytes) {
    int64_t number;
    char bytes[5];
    if (!text.empty() && static_cast<unsigned char>(text.back() - '0') <= 9 && ParseCanonicalInt64(text, &number)) {
      if (const size_t size = WriteShortNumber(bytes, number); size != 0) return Append({bytes, size});
    }
  } else if (text.size() >= kMinLzfBytes && options_.compresses && CompressedString(text)) {
    return;
  }
  if (text.size() > kCopiedBytes && sink_ != nullptr) return LongString(text);
  char* out = buffer_.Prepare(kMaxLengthBytes + text.size());
  const size_t head = WriteRdbLength(out, text.size());
  if (!text.empty()) std::memcpy(out + head, text.data(), text.size());
  buffer_.Commit(head + text.size());
  Append({});
}

void RdbWriter::LongString(std::string_view text) {
  Length(text.size());
  if (!Flush()) return;
  checksum_ = Crc64(checksum_, text);
  error_ = sink_->Write(text);
}

bool RdbWriter::CompressedString(std::string_view text) {
  if (text.size() > kMaxLzfBytes) return false;
  constexpr size_t kHeadBytes = 1 + 2 * kMaxLengthBytes;
  const size_t room = text.size() - 4;  // or it is not worth it
  char* out = buffer_.Prepare(kHeadBytes + room);
  const size_t size = LzfCompress(text, out + kHeadBytes, room);
  if (size == 0) return false;
  out[0] = static_cast<char>(0xC3);
  size_t head = 1 + WriteRdbLength(out + 1, size);
  head += WriteRdbLength(out + head, text.size());
  std::memmove(out + head, out + kHeadBytes, size);
  buffer_.Commit(head + size);
  Append({});
  return true;
}

bool RdbWriter::Flush() {
  if (!error_.empty()) {
    buffer_.Clear();
    return false;
  }
  if (sink_ == nullptr || buffer_.empty()) return true;
  checksum_ = Crc64(checksum_, buffer_.view());
  error_ = sink_->Write(buffer_.view());
  buffer_.Clear();
  if (buffer_.capacity() > kKeptBlockBytes) buffer_ = Buffer(kFlushBytes);
  return error_.empty();
}

uint64_t RdbWriter::Checksum() { return Crc64(checksum_, buffer_.view()); }

// --- Values -----------------------------------------------------------------------------------------------------------------

RdbType RdbWriter::TypeOf(const Entry& entry) { return entry.is_string() ? RdbType::kString : TypeOf(*entry.object()); }

RdbType RdbWriter::TypeOf(const Object& object) {
  switch (object.type()) {
    case ObjectType::kList:
      return RdbType::kListQuicklist2;
    case ObjectType::kSet: {
      const auto form = static_cast<const SetObject&>(object).form();
      if (form == SetObject::Encoding::kIntSet) return RdbType::kSetIntset;
      return form == SetObject::Encoding::kListpack ? RdbType::kSetListpack : RdbType::kSet;
    }
    case ObjectType::kSortedSet:
      return static_cast<const SortedSetObject&>(object).is_packed() ? RdbType::kSortedSetListpack
                                                                     : RdbType::kSortedSet;
    case ObjectType::kHash:
      return static_cast<const HashObject&>(object).form() == HashObject::Encoding::kListpack ? RdbType::kHashListpack
                                                                                              : RdbType::kHash;
    case ObjectType::kVectorSet:
      return RdbType::kVectorSet;
    case ObjectType::kJson:
      return RdbType::kModule;
    case ObjectType::kString:
      break;
  }
  CHECK(!"a string is no object");
}

void RdbWriter::Value(const Entry& entry) {
  if (!entry.is_string()) return Value(*entry.object());
  if (entry.is_integer()) return NumberString(entry.integer());
  String(entry.string());
}

void RdbWriter::Value(const Object& object) {
  switch (object.type()) {
    case ObjectType::kList:
      return List(static_cast<const ListObject&>(object));
    case ObjectType::kSet:
      return Set(static_cast<const SetObject&>(object));
    case ObjectType::kSortedSet:
      return SortedSet(static_cast<const SortedSetObject&>(object));
    case ObjectType::kHash:
      return Hash(static_cast<const HashObject&>(object));
    case ObjectType::kVectorSet:
      return VectorSet(static_cast<const VectorSetObject&>(object));
    case ObjectType::kJson:
      return Json(static_cast<const JsonObject&>(object));
    case ObjectType::kString:
      break;
  }
  CHECK(!"a string is no object");
}

void RdbWriter::VectorSet(const VectorSetObject& object) {
  VectorSetSaver saver(object.set());
  std::string frame;
  while (saver.Next(&frame)) Raw(frame);
  Fixed(uint32_t{0});
}

void RdbWriter::Listpack(std::string_view entries, size_t count) {
  block_.Clear();
  AppendListpack(entries, count, &block_);
  String(block_.view());
  if (block_.capacity() > kKeptBlockBytes) block_ = Buffer();
}

void RdbWriter::Intset(const IntSet& integers) {
  block_.Clear();
  const auto width = static_cast<uint32_t>(integers.width());
  const auto count = static_cast<uint32_t>(integers.size());
  char* out = block_.Prepare(2 * sizeof(uint32_t) + size_t{width} * count);
  std::memcpy(out, &width, sizeof(width));
  std::memcpy(out + sizeof(width), &count, sizeof(count));
  char* p = out + 2 * sizeof(uint32_t);
  for (size_t i = 0; i < count; ++i, p += width) {
    const int64_t integer = integers.At(i);
    std::memcpy(p, &integer, width);
  }
  block_.Commit(static_cast<size_t>(p - out));
  String(block_.view());
  if (block_.capacity() > kKeptBlockBytes) block_ = Buffer();
}

void RdbWriter::Element(const PackedValue& value) { value.is_number ? NumberString(value.number) : String(value.text); }

void RdbWriter::List(const ListObject& list) {
  if (const PackedList* packed = list.packed()) {
    Length(1);
    Length(kPackedNode);
    return Listpack(packed->raw(), packed->size());
  }
  Length(list.node_count());
  list.large()->ForEachNode([this](bool is_plain, std::string_view bytes, size_t count) {
    const bool stays_plain = is_plain && bytes.size() >= options_.plain_bytes;
    Length(stays_plain ? kPlainNode : kPackedNode);
    if (stays_plain) return String(bytes);
    if (!is_plain) return Listpack(bytes, count);
    entry_.Clear();
    const PackedEntry entry(bytes);
    entry.Write(entry_.Prepare(entry.bytes()));
    entry_.Commit(entry.bytes());
    Listpack(entry_.view(), 1);
    if (entry_.capacity() > kKeptBlockBytes) entry_ = Buffer();
  });
}

void RdbWriter::Set(const SetObject& set) {
  if (set.form() == SetObject::Encoding::kIntSet) return Intset(set.integers());
  if (set.form() == SetObject::Encoding::kListpack) return Listpack(set.packed().raw(), set.packed().size());
  Length(set.size());
  set.ForEach([this](const PackedValue& member) { Element(member); });
}

void RdbWriter::SortedSet(const SortedSetObject& set) {
  if (set.is_packed()) return Listpack(set.packed().raw(), set.packed().size());
  Length(set.size());
  // The highest first, as Redis does: its skiplist is then rebuilt at its head.
  set.VisitRanks({0, set.size()}, true, [this](std::string_view member, double score) {
    String(member);
    Fixed(score);
  });
}

void RdbWriter::Hash(const HashObject& hash) {
  if (hash.form() == HashObject::Encoding::kListpack) return Listpack(hash.packed().raw(), hash.packed().size());
  Length(hash.size());
  hash.ForEach([this](const PackedValue& field, const PackedValue& value) {
    Element(field);
    Element(value);
  });
}

void RdbWriter::Json(const JsonObject& json) {
  std::string text;
  WriteJson(json.root(), &text);
  Length(kJsonTypeId);
  Length(module_opcode::kString);
  String(text);
  Length(module_opcode::kEnd);
}

std::string_view RdbWriter::Payload(const Entry& entry) {
  CHECK(sink_ == nullptr);
  buffer_.Clear();
  Byte(static_cast<uint8_t>(TypeOf(entry)));
  Value(entry);
  Fixed(static_cast<uint16_t>(kRdbVersion));
  Fixed(Crc64(0, buffer_.view()));
  return buffer_.view();
}

}  // namespace kvorum
