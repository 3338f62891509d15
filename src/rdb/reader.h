// RdbReader: lengths, strings and numbers out of RDB's bytes, from memory or from a source that is read piece by piece.
//
// What is read may be anything: nothing is trusted, nothing outside the bytes is looked at, and memory is taken only for
// bytes that have come (or for what they decompress to, at most 88 times as many). A call returns false when it fails; error() then
// says why, and every later call fails too.
//
// Threads: one. Ownership: borrows the memory or the source.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "rdb/bytes.h"
#include "rdb/format.h"

namespace kvorum {

struct RdbError {
  enum class Kind : uint8_t {
    kNone,
    kEnd,          // the bytes end too early
    kDamaged,      // they are not what they say they are
    kUnsupported,  // a type or version that we do not have
    kEmpty,        // a collection without elements, which no key can have
    kSource,       // reading failed
  };
  Kind kind = Kind::kNone;
  std::string text;     // what is wrong
  uint64_t offset = 0;  // about where
};

class RdbReader {
 public:
  // The memory must outlive what is read from it.
  explicit RdbReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()), mark_(at_) {}
  // `offset`: where the source begins, for offset().
  explicit RdbReader(ByteSource& source, uint64_t offset = 0);
  RdbReader(const RdbReader&) = delete;
  RdbReader& operator=(const RdbReader&) = delete;

  [[nodiscard]] bool Byte(uint8_t* byte) {
    if (at_ == end_ && !Need(1)) return false;
    *byte = static_cast<uint8_t>(*at_++);
    return true;
  }
  // A little-endian number, or a double.
  template <typename Number>
  [[nodiscard]] bool Fixed(Number* number) {
    if (!Need(sizeof(Number))) return false;
    std::memcpy(number, at_, sizeof(Number));
    at_ += sizeof(Number);
    return true;
  }
  [[nodiscard]] bool Length(uint64_t* length);
  // *text lies in the reader's memory or in *storage, which loses what it held: good as long as both.
  [[nodiscard]] bool String(Buffer* storage, std::string_view* text);
  // Of a string's bytes it looks at nothing but their number.
  [[nodiscard]] bool SkipString();
  [[nodiscard]] bool Skip(uint64_t bytes);
  // As they are; *view as in String.
  [[nodiscard]] bool Bytes(uint64_t count, Buffer* storage, std::string_view* view);
  // Whether nothing is left. False if that could not be found out, too (see failed()).
  [[nodiscard]] bool AtEnd();

  // From 0 at the beginning of the bytes, or the constructor's `offset`.
  uint64_t offset() const { return offset_ + static_cast<uint64_t>(at_ - mark_); }
  // The CRC of all bytes before offset(); of a source only.
  uint64_t Checksum() {
    Account();
    return crc_;
  }
  // From now on all bytes that are read are also appended to *copy, up to `limit`; beyond it *copy is cleared, and stays so.
  // Nullptr: no more.
  void Capture(Buffer* copy, size_t limit = SIZE_MAX);
  // Of the last copy, also after it.
  bool capture_overflowed() const { return capture_overflowed_; }

  // Records what is wrong, unless something was already. Returns false.
  bool Fail(RdbError::Kind kind, std::string_view text);
  bool Damaged(std::string_view text) { return Fail(RdbError::Kind::kDamaged, text); }
  bool failed() const { return error_.kind != RdbError::Kind::kNone; }
  const RdbError& error() const { return error_; }

 private:
  // At least `bytes` bytes, at most kWindowBytes, from at_ on.
  bool Need(size_t bytes) { return (static_cast<size_t>(end_ - at_) >= bytes && !failed()) || Refill(bytes); }
  bool Refill(size_t bytes);
  // Counts the bytes from mark_ to at_ into what is made of all bytes.
  void Account();
  bool CompressedString(Buffer* storage, std::string_view* text);
  // A number as text.
  bool NumberString(uint8_t head, Buffer* storage, std::string_view* text);
  // A string's first byte and, unless it has another form (*is_plain false), its length.
  bool StringHead(uint8_t* head, bool* is_plain, uint64_t* length);
  bool LengthAfter(uint8_t head, uint64_t* length);

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  const char* mark_ = nullptr;
  uint64_t offset_ = 0;  // of mark_
  ByteSource* source_ = nullptr;
  Buffer window_;  // of a source
  Buffer compressed_;
  uint64_t crc_ = 0;
  Buffer* capture_ = nullptr;
  size_t capture_limit_ = 0;
  bool capture_overflowed_ = false;
  RdbError error_;
};

}  // namespace kvorum
