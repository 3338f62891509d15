// Any bytes as HTML: units that keep their promises. (The parser is a library's; the walk over its tree is ours.)
#include <cstdint>

#include "readers/reader.h"
#include "readers/test_files.h"
#include "readers/test_units.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  static MemoryFile file;
  const std::string& path = file.Fill({reinterpret_cast<const char*>(data), size});
  CheckedUnits([&path](const UnitSink& sink) { return ReadHtml(path, sink); });
  return 0;
}
