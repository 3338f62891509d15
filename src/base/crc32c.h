// CRC-32C (Castagnoli): the checksum of everything that is written to disk. It finds every error of up to three flipped
// bits in blocks of the sizes we write, and any other with a chance of 2^-32 to miss it; the instruction sets of x86
// and ARM compute it.
//
// Threads: no state. Complexity: O(bytes); with SSE4.2 about 8 bytes in three cycles, three times that in long blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kvorum {

// The checksum of some bytes followed by `data`, given `crc` of those before (0 for none).
uint32_t Crc32c(uint32_t crc, const void* data, size_t size);
inline uint32_t Crc32c(uint32_t crc, std::string_view bytes) { return Crc32c(crc, bytes.data(), bytes.size()); }

// The variants that Crc32c chooses from, for tests. kHardware is what this processor has, or kTable again.
enum class Crc32cVariant { kTable, kHardware };
uint32_t Crc32cBy(Crc32cVariant variant, uint32_t crc, const void* data, size_t size);

}  // namespace kvorum
