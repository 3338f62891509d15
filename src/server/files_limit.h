// How many files the process may have open: one for each client, and some for itself.
#pragma once

#include <cstdint>

namespace kvorum {

// Files that are not clients: listeners, logs, epoll.
inline constexpr int64_t kReservedFiles = 32;

// Raises the limit for that many clients as far as it goes; returns how many there can be.
int64_t RaiseFilesLimit(int64_t clients);

}  // namespace kvorum
