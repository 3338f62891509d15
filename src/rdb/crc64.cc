#include "rdb/crc64.h"

#include <array>
#include <cstring>

namespace kvorum {
namespace {

constexpr uint64_t kReflectedPolynomial = 0x95AC9329AC4BC9B5;

using Tables = std::array<std::array<uint64_t, 256>, 8>;

// tables[k][b]: what byte b contributes when k more bytes follow it.
constexpr Tables MakeTables() {
  Tables tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ kReflectedPolynomial : crc >> 1;
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t before = tables[k - 1][byte];
      tables[k][byte] = before >> 8 ^ tables[0][before & 255];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

}  // namespace

uint64_t Crc64(uint64_t crc, std::string_view bytes) {
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    uint64_t word;
    std::memcpy(&word, p, sizeof(word));
    word ^= crc;
    crc = kTables[7][word & 255] ^ kTables[6][word >> 8 & 255] ^ kTables[5][word >> 16 & 255] ^
          kTables[4][word >> 24 & 255] ^ kTables[3][word >> 32 & 255] ^ kTables[2][word >> 40 & 255] ^
          kTables[1][word >> 48 & 255] ^ kTables[0][word >> 56];
  }
  for (; left > 0; --left, ++p) crc = kTables[0][(crc ^ static_cast<unsigned char>(*p)) & 255] ^ crc >> 8;
  return crc;
}

}  // namespace kvorum
