// Expiry times as arguments: EX, PX, EXAT, PXAT and the like.
//
// Threads: none of its own.
#pragma once

#include <cstdint>

#include "commands/context.h"

namespace kvorum {

struct ExpiryUnit {
  bool seconds = false;   // else milliseconds
  bool absolute = false;  // else from now
};

// args[index] as a deadline in ms since 1970. Replies the error and returns false when it is no integer, not positive, or too large.
[[nodiscard]] bool ParseDeadline(Context& ctx, size_t index, ExpiryUnit unit, int64_t* deadline_ms);

// The word EX, PX, EXAT or PXAT at args[index].
[[nodiscard]] bool IsExpiryWord(const Context& ctx, size_t index, ExpiryUnit* unit);

}  // namespace kvorum
