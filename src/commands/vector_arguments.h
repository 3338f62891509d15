// Vectors among the words of a command.
#pragma once

#include <cstddef>
#include <vector>

#include "commands/context.h"

namespace kvorum {

// FP32 blob, or VALUES n f1 .. fn, from args[*at] on, which then is the word behind. False: it is no such thing, or has a number that is not finite; nothing
// replied.
[[nodiscard]] bool ParseVector(const Context& ctx, size_t* at, std::vector<float>* vector);

}  // namespace kvorum
