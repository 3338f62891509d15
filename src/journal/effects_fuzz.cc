// Takes the fuzzer's bytes for effects. What can be read must encode to the same bytes.
#include <memory>

#include "journal/effects.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of its own, so that the address sanitizer sees a byte read past the end.
  auto bytes = std::make_unique<char[]>(size);
  if (size > 0) memcpy(bytes.get(), data, size);
  kvorum::EffectsReader reader({bytes.get(), size});
  kvorum::EffectsBuffer again;
  while (reader.Next()) again.Command(reader.db(), reader.words());
  CHECK(reader.damaged() || reader.offset() == size);
  CHECK(again.bytes() == std::string_view(bytes.get(), reader.offset()));
  return 0;
}
