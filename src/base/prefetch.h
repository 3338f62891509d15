// PrefetchLine: brings a cache line near, without waiting for it.
//
// Not __builtin_prefetch alone: GCC takes a function that does nothing but prefetch for one without effects, and drops the
// calls to it.
#pragma once

namespace kvorum {

inline void PrefetchLine(const void* address) {
  __builtin_prefetch(address);
  asm volatile("" ::"r"(address));
}

}  // namespace kvorum
