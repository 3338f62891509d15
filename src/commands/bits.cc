#include "commands/bits.h"

#include <algorithm>
#include <cstring>

namespace kvorum {
namespace {

uint8_t ByteAt(std::string_view bytes, int64_t index) {
  return static_cast<uint8_t>(bytes[static_cast<size_t>(index)]);
}

// Of the byte that holds `bit`, those from it on (in Redis's order), and those up to it.
uint8_t FromBit(int64_t bit) { return static_cast<uint8_t>(0xFF >> (bit % 8)); }
uint8_t UpToBit(int64_t bit) { return static_cast<uint8_t>(0xFF << (7 - bit % 8)); }

}  // namespace

int64_t CountBits(std::string_view bytes) {
  int64_t count = 0;
  while (bytes.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    count += __builtin_popcountll(word);
    bytes.remove_prefix(8);
  }
  for (char byte : bytes) count += __builtin_popcount(static_cast<uint8_t>(byte));
  return count;
}

int64_t CountBits(std::string_view bytes, int64_t first, int64_t last) {
  const int64_t first_byte = first / 8;
  const int64_t last_byte = last / 8;
  int64_t count =
      CountBits(bytes.substr(static_cast<size_t>(first_byte), static_cast<size_t>(last_byte - first_byte + 1)));
  count -= __builtin_popcount(ByteAt(bytes, first_byte) & static_cast<uint8_t>(~FromBit(first)));
  count -= __builtin_popcount(ByteAt(bytes, last_byte) & static_cast<uint8_t>(~UpToBit(last)));
  return count;
}

int64_t FindBit(std::string_view bytes, bool bit, int64_t first, int64_t last) {
  const auto flip = static_cast<uint8_t>(bit ? 0 : 0xFF);  // afterwards a one is looked for
  for (int64_t i = first / 8; i <= last / 8; ++i) {
    // Whole words without one are skipped.
    uint64_t word;
    while (i > first / 8 && i + 8 <= last / 8) {
      std::memcpy(&word, bytes.data() + i, 8);
      if (word != (bit ? 0 : ~uint64_t{0})) break;
      i += 8;
    }
    uint8_t byte = ByteAt(bytes, i) ^ flip;
    if (i == first / 8) byte &= FromBit(first);
    if (i == last / 8) byte &= UpToBit(last);
    if (byte != 0) return i * 8 + __builtin_clz(byte) - 24;
  }
  return -1;
}

uint64_t GetUnsigned(std::string_view bytes, uint64_t offset, unsigned width) {
  uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) value = value << 1 | static_cast<uint64_t>(GetBit(bytes, offset + i));
  return value;
}

int64_t GetSigned(std::string_view bytes, uint64_t offset, unsigned width) {
  const uint64_t value = GetUnsigned(bytes, offset, width);
  const unsigned unused = 64 - width;
  return static_cast<int64_t>(value << unused) >> unused;
}

void SetUnsigned(char* bytes, uint64_t offset, unsigned width, uint64_t value) {
  for (unsigned i = 0; i < width; ++i) {
    const uint64_t bit = offset + i;
    const auto mask = static_cast<uint8_t>(0x80 >> (bit % 8));
    auto byte = static_cast<uint8_t>(bytes[bit / 8]);
    byte = (value >> (width - 1 - i) & 1) != 0 ? byte | mask : byte & static_cast<uint8_t>(~mask);
    bytes[bit / 8] = static_cast<char>(byte);
  }
}

}  // namespace kvorum
