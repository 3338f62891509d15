// Numbers as bytes: little-endian of fixed size, and varints. What file formats are made of.
//
// A varint is 7 bits a byte, the lowest first, the top bit set on all but the last. Readers take the shortest form
// only, so that a number has one encoding.
//
// Threads: no state.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kvorum {

static_assert(std::endian::native == std::endian::little,
              "the formats are little-endian, and so are all machines we know");

inline void PutU32(char* to, uint32_t value) { std::memcpy(to, &value, sizeof(value)); }
inline void PutU64(char* to, uint64_t value) { std::memcpy(to, &value, sizeof(value)); }
inline uint32_t GetU32(const char* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}
inline uint64_t GetU64(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline constexpr size_t kMaxVarintBytes = 10;

// Writes at most kMaxVarintBytes and returns the end.
inline char* PutVarint(char* to, uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}

// Takes a varint off the front. False, and nothing taken, if there is none that is whole, shortest and below 2^64.
inline bool TakeVarint(std::string_view* from, uint64_t* value) {
  uint64_t result = 0;
  for (size_t i = 0; i < from->size() && i < kMaxVarintBytes; ++i) {
    const auto byte = static_cast<uint8_t>((*from)[i]);
    if (i == kMaxVarintBytes - 1 && byte > 1) return false;
    result |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      if (byte == 0 && i > 0) return false;
      *value = result;
      from->remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

}  // namespace kvorum
