// What the bitmap commands share.
//
// Threads: none of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/numbers.h"
#include "commands/context.h"

namespace kvorum {

// args[index] as a bit's number. `unit` above zero: "#3" is allowed and means 3 * unit. Replies the error and returns false
// when it is none, or beyond proto-max-bulk-len.
[[nodiscard]] bool BitOffsetArg(Context& ctx, size_t index, uint64_t unit, uint64_t* offset);

// The bytes of a string to be changed, with room for `bits` bits, created or grown with zeros where needed (*grown). Replies
// the error and returns false if the key holds another type.
[[nodiscard]] bool WritableBits(Context& ctx, std::string_view key, uint64_t bits, char** bytes, size_t* size,
                                bool* grown);

}  // namespace kvorum
