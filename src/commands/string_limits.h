// How long a string may get.
#pragma once

#include <cstdint>

#include "commands/context.h"

namespace kvorum {

// Whether a string of this many bytes may be: proto-max-bulk-len. Replies the error if not.
[[nodiscard]] bool FitsString(Context& ctx, uint64_t size);

}  // namespace kvorum
