// CHECK: for bugs, never for input. Always on. A failed check prints the condition and the place and aborts.
#pragma once

namespace kvorum {

// Not std::source_location, which clang 14 cannot take from Debian's libstdc++.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line, const char* function);

}  // namespace kvorum

#define CHECK(condition)                             \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? (void)0                                     \
       : ::kvorum::CheckFailed(#condition, __FILE__, __LINE__, static_cast<const char*>(__PRETTY_FUNCTION__)))
