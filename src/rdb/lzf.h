// LZF (Marc Lehmann's liblzf), as RDB compresses strings with it.
//
// Threads: no state. Complexity: O(bytes). The compressor has a table of 256 KiB on the stack.
#pragma once

#include <cstddef>
#include <string_view>

namespace kvorum {

// Shorter strings are not worth it; and above the other limit the compressed copy would take too much memory.
inline constexpr size_t kMinLzfBytes = 21;
inline constexpr size_t kMaxLzfBytes = size_t{64} << 20;

// Compresses into `out`, which has `room` bytes. Returns how many it took, or 0 if that is not enough.
size_t LzfCompress(std::string_view bytes, char* out, size_t room);

// Decompresses into `out`; true if that makes exactly `size` bytes. Reads and writes nothing else, whatever the bytes are.
[[nodiscard]] bool LzfDecompress(std::string_view compressed, char* out, size_t size);

// More than this cannot come of so many compressed bytes: three bytes stand for up to 264.
inline bool IsPossibleLzfSize(size_t compressed, size_t size) { return size / 264 <= compressed / 3 + 1; }

}  // namespace kvorum
