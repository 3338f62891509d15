// RdbWriter: lengths, strings, values and whole entries as RDB's bytes, into memory or towards a sink.
//
// Values get the types that Redis 7.2 gives them: the form in which we hold a value says which, as OBJECT ENCODING tells it.
//
// With a sink, no more than about kFlushBytes, one list node or packed collection, or one string that is compressed
// (kMaxLzfBytes at most) is held at a time: so a value of any size can be written. Nothing is allocated once the buffers have their
// size. After a failure of the sink all calls do nothing; error() tells.
//
// Threads: one. Ownership: borrows the sink.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "keyspace/entry.h"
#include "rdb/bytes.h"
#include "rdb/format.h"
#include "rdb/lzf.h"

namespace kvorum {

struct PackedValue;
class HashObject;
class JsonObject;
class IntSet;
class ListObject;
class SetObject;
class SortedSetObject;
class VectorSetObject;

class RdbWriter {
 public:
  static constexpr size_t kFlushBytes = 256 << 10;

  struct Options {
    bool compresses = true;  // long strings
    // List elements that have a node of their own are written as listpacks below this size, as Redis does, and as they are
    // above.
    size_t plain_bytes = kMaxLzfBytes;
  };

  // Without a sink all stays in buffer().
  explicit RdbWriter(Options options, ByteSink* sink = nullptr) : sink_(sink), options_(options) {}
  RdbWriter(const RdbWriter&) = delete;
  RdbWriter& operator=(const RdbWriter&) = delete;

  void Byte(uint8_t byte) { Append({reinterpret_cast<const char*>(&byte), 1}); }
  template <typename Number>
  void Fixed(Number number) {
    Append({reinterpret_cast<const char*>(&number), sizeof(number)});
  }
  void Length(uint64_t length);
  // A short text that is a number becomes one; a longer one is compressed if that makes it shorter.
  void String(std::string_view text);
  // A text that is the decimal form of a number.
  void NumberString(int64_t number);
  // Bytes as they are.
  void Raw(std::string_view bytes) { Append(bytes); }

  static RdbType TypeOf(const Entry& entry);
  static RdbType TypeOf(const Object& object);
  // The value without its type.
  void Value(const Entry& entry);
  void Value(const Object& object);

  // What DUMP gives of a value. Without a sink only; drops what was in the buffer.
  std::string_view Payload(const Entry& entry);

  Buffer& buffer() { return buffer_; }
  // Gives the sink what there is. False: failed, now or before.
  [[nodiscard]] bool Flush();
  const std::string& error() const { return error_; }
  // Of all bytes written so far.
  uint64_t Checksum();

 private:
  void Append(std::string_view bytes) {
    buffer_.Append(bytes);
    if (__builtin_expect(buffer_.size() >= kFlushBytes, 0) && sink_ != nullptr) (void)Flush();
  }
  bool CompressedString(std::string_view text);
  void LongString(std::string_view text);
  void List(const ListObject& list);
  void Set(const SetObject& set);
  void SortedSet(const SortedSetObject& set);
  void Hash(const HashObject& hash);
  void VectorSet(const VectorSetObject& object);
  void Json(const JsonObject& json);
  void Listpack(std::string_view entries, size_t count);
  void Intset(const IntSet& integers);
  void Element(const PackedValue& value);

  Buffer buffer_;
  Buffer block_;  // a listpack on its way
  Buffer entry_;  // a packed entry on its way there
  ByteSink* sink_;
  Options options_;
  uint64_t checksum_ = 0;  // of what the sink has
  std::string error_;
};

}  // namespace kvorum
