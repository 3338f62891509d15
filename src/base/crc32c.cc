#include "base/crc32c.h"

#include <array>
#include <atomic>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define KVORUM_CRC32C_TARGET __attribute__((target("sse4.2")))
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define KVORUM_CRC32C_TARGET __attribute__((target("+crc")))
#endif

namespace kvorum {
namespace {

// The polynomial, bits reversed, as the shift register sees it.
constexpr uint32_t kPolynomial = 0x82F63B78;

// Table 0 is one byte's effect on the register; table k the same byte's followed by k zero bytes.
using Tables = std::array<std::array<uint32_t, 256>, 8>;
constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}
constexpr Tables kTables = MakeTables();

uint64_t Load(const uint8_t* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

uint32_t ByTable(uint32_t crc, const uint8_t* data, size_t size) {
  crc = ~crc;
  for (; size >= 8; size -= 8, data += 8) {  // eight bytes at once ("slicing", Kounavis and Berry 2005)
    const uint64_t word = Load(data) ^ crc;
    crc = 0;
    for (size_t i = 0; i < 8; ++i) crc ^= kTables[7 - i][(word >> (8 * i)) & 0xFF];
  }
  for (; size > 0; --size, ++data) crc = (crc >> 8) ^ kTables[0][(crc ^ *data) & 0xFF];
  return ~crc;
}

#ifdef KVORUM_CRC32C_TARGET

// The instruction takes three cycles but one can start in each, so long blocks go as three lanes side by side, whose
// registers are then put together: a register followed by a lane of zeros is a linear function of its bits, and so four
// look-ups.
constexpr size_t kLaneBytes = 2048;

using Shift = std::array<std::array<uint32_t, 256>, 4>;
constexpr uint32_t ApplyMatrix(const std::array<uint32_t, 32>& matrix, uint32_t vector) {
  uint32_t result = 0;
  for (size_t bit = 0; bit < 32; ++bit) result ^= (vector >> bit & 1) != 0 ? matrix[bit] : 0;
  return result;
}
constexpr Shift MakeLaneShift() {
  std::array<uint32_t, 32> matrix{};  // column i: what becomes of bit i over one zero byte
  for (size_t bit = 0; bit < 32; ++bit) {
    const uint32_t before = uint32_t{1} << bit;
    matrix[bit] = (before >> 8) ^ kTables[0][before & 0xFF];
  }
  for (size_t bytes = 1; bytes < kLaneBytes; bytes *= 2) {
    std::array<uint32_t, 32> squared{};
    for (size_t bit = 0; bit < 32; ++bit) squared[bit] = ApplyMatrix(matrix, matrix[bit]);
    matrix = squared;
  }
  Shift shift{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    for (size_t i = 0; i < 4; ++i) shift[i][byte] = ApplyMatrix(matrix, byte << (8 * i));
  }
  return shift;
}
constexpr Shift kLaneShift = MakeLaneShift();

uint32_t OverALane(uint32_t crc) {
  return kLaneShift[0][crc & 0xFF] ^ kLaneShift[1][crc >> 8 & 0xFF] ^ kLaneShift[2][crc >> 16 & 0xFF] ^
         kLaneShift[3][crc >> 24];
}

KVORUM_CRC32C_TARGET inline uint32_t Step64(uint32_t crc, uint64_t word) {
#if defined(__x86_64__)
  return static_cast<uint32_t>(_mm_crc32_u64(crc, word));
#else
  return __crc32cd(crc, word);
#endif
}

KVORUM_CRC32C_TARGET inline uint32_t Step8(uint32_t crc, uint8_t byte) {
#if defined(__x86_64__)
  return _mm_crc32_u8(crc, byte);
#else
  return __crc32cb(crc, byte);
#endif
}

KVORUM_CRC32C_TARGET uint32_t ByHardware(uint32_t crc, const uint8_t* data, size_t size) {
  crc = ~crc;
  for (; size >= 3 * kLaneBytes; size -= 3 * kLaneBytes, data += 3 * kLaneBytes) {
    uint32_t second = 0;
    uint32_t third = 0;
    for (size_t i = 0; i < kLaneBytes; i += 8) {
      crc = Step64(crc, Load(data + i));
      second = Step64(second, Load(data + kLaneBytes + i));
      third = Step64(third, Load(data + 2 * kLaneBytes + i));
    }
    crc = OverALane(OverALane(crc) ^ second) ^ third;
  }
  for (; size >= 8; size -= 8, data += 8) crc = Step64(crc, Load(data));
  for (; size > 0; --size, ++data) crc = Step8(crc, *data);
  return ~crc;
}

bool HasHardware() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") != 0;
#else
  constexpr unsigned long kHasCrc32 = 1 << 7;  // HWCAP_CRC32
  return (getauxval(AT_HWCAP) & kHasCrc32) != 0;
#endif
}

#else

uint32_t ByHardware(uint32_t crc, const uint8_t* data, size_t size) { return ByTable(crc, data, size); }
bool HasHardware() { return false; }

#endif

using Function = uint32_t (*)(uint32_t, const uint8_t*, size_t);
uint32_t Choose(uint32_t crc, const uint8_t* data, size_t size);
// Chosen by the first call, whenever that is: also before main.
constinit std::atomic<Function> g_function{&Choose};

uint32_t Choose(uint32_t crc, const uint8_t* data, size_t size) {
  const Function chosen = HasHardware() ? &ByHardware : &ByTable;
  g_function.store(chosen, std::memory_order_relaxed);
  return chosen(crc, data, size);
}

}  // namespace

uint32_t Crc32c(uint32_t crc, const void* data, size_t size) {
  return g_function.load(std::memory_order_relaxed)(crc, static_cast<const uint8_t*>(data), size);
}

uint32_t Crc32cBy(Crc32cVariant variant, uint32_t crc, const void* data, size_t size) {
  const bool hardware = variant == Crc32cVariant::kHardware && HasHardware();
  return (hardware ? &ByHardware : &ByTable)(crc, static_cast<const uint8_t*>(data), size);
}

}  // namespace kvorum
