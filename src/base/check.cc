#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace kvorum {

void CheckFailed(const char* condition, std::source_location where) {
  std::fprintf(stderr,
               "kvorum: CHECK failed: %s at %s:%u in %s\nThis is a bug in Kvorum; please report it with this line.\n",
               condition, where.file_name(), where.line(), where.function_name());
  std::abort();
}

}  // namespace kvorum
