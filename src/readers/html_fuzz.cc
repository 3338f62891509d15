// Any bytes as HTML: units that keep their promises. (The parser is a library's; the walk over its tree is ours.)
#include <cstdint>
#include <cstdio>

#include "base/check.h"
#include "readers/reader.h"
#include "readers/test_files.h"
#include "readers/test_units.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  static MemoryFile file;
  std::vector<Unit> units;
  const DocumentError error = ReadHtml(file.Fill({reinterpret_cast<const char*>(data), size}), [&](Unit&& unit) {
    units.push_back(std::move(unit));
    return true;
  });
  const std::string breach = UnitBreach(units);
  if (!breach.empty()) std::fprintf(stderr, "%s\n", breach.c_str());
  CHECK(breach.empty() && (error || !units.empty()));
  return 0;
}
