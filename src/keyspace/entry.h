// Entry: a key, its deadline and its value in one allocation.
//
//   +-----------+-----------------+--------+----------------+-------------------+------+----------------------+
//   | clock: 24 | type, encoding: | flags: | key length: 8, | value length: 16, | ...  |
//   |           | 4 + 4 bits      | 8      | 255 = long     | of inline strings |      |
//   +-----------+-----------------+--------+----------------+-------------------+
//   then [long key length: 8 bytes] [deadline: 8 bytes] [number or pointer: 8 bytes] key [inline string]
//
// A string is inline up to kMaxInlineStringBytes, a number when its text is one, and a BigString otherwise; everything else
// is an Object behind the pointer.
//
// Threads: one. Ownership: the Database owns its entries; an entry owns its value. Entries move when their value or deadline
// changes: never keep a pointer to one over a change of its key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "keyspace/object.h"

namespace kvorum {

// Longer strings live in a block of their own, so that growing them does not copy the key, nor moving the entry them.
inline constexpr size_t kMaxInlineStringBytes = 1024;
// As in Redis, up to this length a string's encoding is called embstr.
inline constexpr size_t kEmbeddedStringBytes = 44;
// Digits of an int64 with its sign, and some room.
inline constexpr size_t kIntegerTextBytes = 24;

// A string on its own, with room to grow.
struct BigString {
  size_t size;
  size_t capacity;
  char data[];

  static BigString* Create(size_t size, size_t capacity);
  static void Destroy(BigString* string);
};

class Entry {
 public:
  enum class Encoding : uint8_t { kInline = 0, kInteger = 1, kBigString = 2, kObject = 3 };

  static Entry* NewString(std::string_view key, std::string_view value, int64_t deadline_ms);
  static Entry* NewInteger(std::string_view key, int64_t value, int64_t deadline_ms);
  static Entry* NewBigString(std::string_view key, BigString* value, int64_t deadline_ms);
  static Entry* NewObject(std::string_view key, std::unique_ptr<Object> object, int64_t deadline_ms);
  static void Destroy(Entry* entry);

  std::string_view key() const { return {bytes() + KeyOffset(), KeyLength()}; }
  ObjectType type() const { return static_cast<ObjectType>(type_encoding_ & 15); }
  Encoding encoding() const { return static_cast<Encoding>(type_encoding_ >> 4); }
  // As OBJECT ENCODING says it.
  std::string_view encoding_name() const;

  static constexpr int64_t kNoDeadline = -1;
  bool has_deadline() const { return flags_ & kHasDeadline; }
  // Milliseconds since 1970, or kNoDeadline.
  int64_t deadline_ms() const {
    return has_deadline() ? Load<int64_t>(sizeof(Entry) + (flags_ & kLongKey ? 8 : 0)) : kNoDeadline;
  }

  // The 24 bits for the eviction policies: seconds of last use, or minutes and a logarithmic counter (Redis's LFU).
  uint32_t clock() const { return clock_[0] | clock_[1] << 8 | static_cast<uint32_t>(clock_[2]) << 16; }
  void set_clock(uint32_t clock) {
    clock_[0] = static_cast<uint8_t>(clock);
    clock_[1] = static_cast<uint8_t>(clock >> 8);
    clock_[2] = static_cast<uint8_t>(clock >> 16);
  }

  bool is_string() const { return type() == ObjectType::kString; }
  bool is_integer() const { return encoding() == Encoding::kInteger; }
  int64_t integer() const { return Load<int64_t>(PayloadOffset()); }
  void set_integer(int64_t value) { Store(PayloadOffset(), value); }
  // Of a string that is not an integer.
  std::string_view string() const {
    if (encoding() == Encoding::kInline) return {bytes() + InlineOffset(), value_length_};
    const BigString* big = Load<BigString*>(PayloadOffset());
    return {big->data, big->size};
  }
  // Of any string; a number is written into `buffer`.
  std::string_view Text(char (&buffer)[kIntegerTextBytes]) const;
  size_t StringLength() const;
  // Of a string that is not an integer: how long it may grow where it is.
  size_t StringCapacity() const;

  Object* object() const { return Load<Object*>(PayloadOffset()); }

  // Bytes of the entry and its value (for objects see Object::MemoryBytes).
  size_t MemoryBytes(size_t samples) const;

 private:
  friend class Database;
  friend class Keyspace;
  friend class SnapshotDecoder;
  friend class SnapshotEncoder;
  friend class SnapshotWalk;

  static constexpr uint8_t kHasDeadline = 1;
  static constexpr uint8_t kLongKey = 2;
  static constexpr uint8_t kRaw = 4;   // a string that was changed in place: its encoding is called raw
  static constexpr uint8_t kMark = 8;  // a snapshot's, see change_guard.h
  static constexpr size_t kMaxShortKey = 254;

  Entry() = default;
  static Entry* Create(ObjectType type, Encoding encoding, std::string_view key, size_t value_length,
                       int64_t deadline_ms);

  const char* bytes() const { return reinterpret_cast<const char*>(this); }
  char* bytes() { return reinterpret_cast<char*>(this); }
  template <typename T>
  T Load(size_t offset) const {
    T value;
    std::memcpy(&value, bytes() + offset, sizeof(T));
    return value;
  }
  template <typename T>
  void Store(size_t offset, T value) {
    std::memcpy(bytes() + offset, &value, sizeof(T));
  }
  size_t KeyLength() const { return flags_ & kLongKey ? Load<uint64_t>(sizeof(Entry)) : key_length_; }
  size_t PayloadOffset() const { return sizeof(Entry) + (flags_ & kLongKey ? 8 : 0) + (flags_ & kHasDeadline ? 8 : 0); }
  size_t KeyOffset() const { return PayloadOffset() + (encoding() == Encoding::kInline ? 0 : 8); }
  size_t InlineOffset() const { return KeyOffset() + KeyLength(); }
  size_t AllocatedSize() const { return InlineOffset() + value_length_; }
  // Frees the entry but not its value.
  static void FreeShell(Entry* entry) { Free(entry, entry->AllocatedSize()); }
  // Same value, clock and mark under another key or deadline. The value moves; `entry` is freed.
  static Entry* Rebuild(Entry* entry, std::string_view key, int64_t deadline_ms);

  uint8_t clock_[3];
  uint8_t type_encoding_;
  uint8_t flags_;
  uint8_t key_length_;
  uint16_t value_length_;
};
static_assert(sizeof(Entry) == 8);

}  // namespace kvorum
