// CHECK: for bugs, never for input. Always on. A failed check prints the condition and the place and aborts.
#pragma once

#include <source_location>

namespace kvorum {

[[noreturn]] void CheckFailed(const char* condition, std::source_location where = std::source_location::current());

}  // namespace kvorum

#define CHECK(condition) \
  (__builtin_expect(static_cast<bool>(condition), 1) ? (void)0 : ::kvorum::CheckFailed(#condition))
