#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace kvorum {

void CheckFailed(const char* condition, const char* file, int line, const char* function) {
  std::fprintf(stderr,
               "kvorum: CHECK failed: %s at %s:%d in %s\nThis is a bug in Kvorum; please report it with this line.\n",
               condition, file, line, function);
  std::abort();
}

}  // namespace kvorum
