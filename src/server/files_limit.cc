#include "server/files_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace kvorum {

int64_t RaiseFilesLimit(int64_t clients) {
  const auto wanted = static_cast<rlim_t>(clients + kReservedFiles);
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return clients;
  if (limit.rlim_cur >= wanted) return clients;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = wanted;
  limit.rlim_max = std::max(limit.rlim_max, wanted);
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return clients;
  // Not root: up to the hard limit.
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min(limit.rlim_max, wanted);
  const rlim_t reached = setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
  return std::max<int64_t>(static_cast<int64_t>(reached) - kReservedFiles, 1);
}

}  // namespace kvorum
