#include "cli/compatibility_command.h"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "server/compatibility.h"

namespace kvorum {

int CompatibilityPageMain(int argc, char** argv) {
  std::string notes;
  if (argc > 1) {
    std::ifstream file(argv[1], std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
      std::fprintf(stderr, "kvorum compatibility-page: cannot read %s\n", argv[1]);
      return 1;
    }
    notes = text.str();
  }
  const std::string page = MakeCompatibilityPage(notes);
  const bool written = std::fwrite(page.data(), 1, page.size(), stdout) == page.size() && std::fflush(stdout) == 0;
  return written ? 0 : 1;
}

}  // namespace kvorum
