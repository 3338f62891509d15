// Any bytes as Markdown: units that keep their promises, and lines whose text is never longer than they are.
#include <cstdint>

#include "base/check.h"
#include "readers/markdown.h"
#include "readers/reader.h"
#include "readers/test_files.h"
#include "readers/test_units.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  static MemoryFile file;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CHECK(PlainMarkdown(bytes).size() <= bytes.size());
  const std::string& path = file.Fill(bytes);
  CheckedUnits([&path](const UnitSink& sink) { return ReadMarkdown(path, sink); });
  return 0;
}
