// Bits of strings, numbered from the most significant bit of the first byte, as Redis numbers them.
//
// Pure functions. Complexity: O(bytes), eight at a time.
#pragma once

#include <cstdint>
#include <string_view>

namespace kvorum {

int64_t CountBits(std::string_view bytes);

// The bits from `first` to `last`, both included and inside.
int64_t CountBits(std::string_view bytes, int64_t first, int64_t last);

// The first bit of this value in [first, last], or -1.
int64_t FindBit(std::string_view bytes, bool bit, int64_t first, int64_t last);

inline bool GetBit(std::string_view bytes, uint64_t bit) {
  const uint64_t byte = bit / 8;
  return byte < bytes.size() && (static_cast<uint8_t>(bytes[byte]) >> (7 - bit % 8) & 1) != 0;
}

// `width` bits (at most 64) from `offset` as an unsigned number; those beyond the end are zero.
uint64_t GetUnsigned(std::string_view bytes, uint64_t offset, unsigned width);
int64_t GetSigned(std::string_view bytes, uint64_t offset, unsigned width);
// All of them must be inside.
void SetUnsigned(char* bytes, uint64_t offset, unsigned width, uint64_t value);

}  // namespace kvorum
