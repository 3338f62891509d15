// The CRC that Redis's files and payloads end with: 64 bits, polynomial 0xAD93D23594C935A9 ("Jones"), reflected, begun with 0.
//
// Threads: no state. Complexity: O(bytes), eight at a time (slicing-by-8, Kounavis and Berry 2005).
#pragma once

#include <cstdint>
#include <string_view>

namespace kvorum {

// Of bytes that follow those whose CRC is `crc`.
uint64_t Crc64(uint64_t crc, std::string_view bytes);

}  // namespace kvorum
