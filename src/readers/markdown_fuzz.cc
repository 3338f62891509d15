// Any bytes as Markdown: units that keep their promises, and lines whose text is never longer than they are.
#include <cstdint>
#include <cstdio>

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
  std::vector<Unit> units;
  const DocumentError error = ReadMarkdown(file.Fill(bytes), [&](Unit&& unit) {
    units.push_back(std::move(unit));
    return true;
  });
  const std::string breach = UnitBreach(units);
  if (!breach.empty()) std::fprintf(stderr, "%s\n", breach.c_str());
  CHECK(breach.empty() && (error || !units.empty()));
  return 0;
}
