// Any text in chunks of any kind: the promises of documents/chunker.h hold. The first three bytes choose the options.
#include <cstdio>

#include "base/check.h"
#include "documents/chunker.h"
#include "documents/test_chunks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  if (size < 3) return 0;
  ChunkOptions options;
  options.by = static_cast<ChunkBy>(data[0] % 3);
  options.size = 1 + data[1];
  options.overlap = data[2] % options.size;
  const std::string_view text(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::string breach = ChunkBreach(text, options, ChunkText(text, options));
  if (!breach.empty()) std::fprintf(stderr, "%s\n", breach.c_str());
  CHECK(breach.empty());
  return 0;
}
