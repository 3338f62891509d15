// The records that hash tables of sets and hashes hold: a member, or a field with its value, in one block.
//
//   member   = length text
//   field    = field-length value-length field value
//   length   = 1 byte up to 253; 254 and 2 bytes up to 65535; 255 and 8 bytes above (little-endian)
//
// So 16 bytes of field and 16 of value take 34 bytes, in a block of 40. A block is as large as the allocator makes it anyway,
// and a value may grow into what is left.
//
// Threads: plain data. Ownership: whoever holds the pointer destroys the record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/allocator.h"

namespace kvorum {

inline constexpr size_t kMaxShortLength = 253;

inline size_t LengthBytes(size_t length) { return length <= kMaxShortLength ? 1 : length <= UINT16_MAX ? 3 : 9; }

inline char* WriteLength(char* out, size_t length) {
  if (length <= kMaxShortLength) {
    *out = static_cast<char>(length);
    return out + 1;
  }
  const bool is_middle = length <= UINT16_MAX;
  *out = static_cast<char>(is_middle ? 254 : 255);
  std::memcpy(out + 1, &length, is_middle ? 2 : 8);  // little-endian: the low bytes come first
  return out + (is_middle ? 3 : 9);
}

inline const char* ReadLength(const char* in, size_t* length) {
  *length = static_cast<unsigned char>(*in);
  if (__builtin_expect(*length <= kMaxShortLength, 1)) return in + 1;
  const bool is_middle = *length == 254;
  *length = 0;
  std::memcpy(length, in + 1, is_middle ? 2 : 8);
  return in + (is_middle ? 3 : 9);
}

inline char* AppendText(char* out, std::string_view text) {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

class MemberRecord {
 public:
  MemberRecord() = delete;
  static MemberRecord* Create(std::string_view member) {
    auto* record = static_cast<char*>(Allocate(AllocationSize(LengthBytes(member.size()) + member.size())));
    AppendText(WriteLength(record, member.size()), member);
    return reinterpret_cast<MemberRecord*>(record);
  }
  static void Destroy(MemberRecord* record) { Free(record, record->allocated_bytes()); }

  std::string_view member() const {
    size_t length;
    const char* text = ReadLength(reinterpret_cast<const char*>(this), &length);
    return {text, length};
  }
  size_t allocated_bytes() const {
    const size_t length = member().size();
    return AllocationSize(LengthBytes(length) + length);
  }

  struct Traits {
    static std::string_view Key(const MemberRecord* record) { return record->member(); }
  };
};

class FieldRecord {
 public:
  FieldRecord() = delete;
  static FieldRecord* Create(std::string_view field, std::string_view value) {
    auto* record = static_cast<char*>(Allocate(BlockBytes(field.size(), value.size())));
    Write(record, field, value);
    return reinterpret_cast<FieldRecord*>(record);
  }
  static void Destroy(FieldRecord* record) { Free(record, record->allocated_bytes()); }

  std::string_view field() const {
    const Lengths lengths = ReadLengths();
    return {lengths.text, lengths.field};
  }
  std::string_view value() const {
    const Lengths lengths = ReadLengths();
    return {lengths.text + lengths.field, lengths.value};
  }

  // The same field with another value: this record if the value fits into its block, or a new one, and this is gone. `value`
  // must not lie in this record.
  FieldRecord* WithValue(std::string_view value) {
    const Lengths old = ReadLengths();
    auto* block = reinterpret_cast<char*>(this);
    if (value.size() == old.value) {
      AppendText(const_cast<char*>(old.text) + old.field, value);
      return this;
    }
    if (BlockBytes(old.field, value.size()) == BlockBytes(old.field, old.value)) {
      const std::string_view field(old.text, old.field);
      const size_t text_offset = LengthBytes(field.size()) + LengthBytes(value.size());
      std::memmove(block + text_offset, field.data(), field.size());
      WriteLength(block + LengthBytes(field.size()), value.size());
      AppendText(block + text_offset + field.size(), value);
      return this;
    }
    FieldRecord* record = Create({old.text, old.field}, value);
    Destroy(this);
    return record;
  }

  size_t allocated_bytes() const {
    const Lengths lengths = ReadLengths();
    return BlockBytes(lengths.field, lengths.value);
  }

  struct Traits {
    static std::string_view Key(const FieldRecord* record) { return record->field(); }
  };

 private:
  struct Lengths {
    size_t field;
    size_t value;
    const char* text;
  };
  Lengths ReadLengths() const {
    Lengths lengths;
    lengths.text = ReadLength(ReadLength(reinterpret_cast<const char*>(this), &lengths.field), &lengths.value);
    return lengths;
  }
  static size_t BlockBytes(size_t field, size_t value) {
    return AllocationSize(LengthBytes(field) + LengthBytes(value) + field + value);
  }
  static void Write(char* block, std::string_view field, std::string_view value) {
    char* out = WriteLength(WriteLength(block, field.size()), value.size());
    AppendText(AppendText(out, field), value);
  }
};

}  // namespace kvorum
