// Drives a PackedList and its model with the fuzzer's bytes; then takes the same bytes for entries and validates them.
#include <memory>

#include "structures/packed_list_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kvorum::FuzzChoices choices(data, size);
  kvorum::PackedListModel model(70000);
  while (!choices.done()) {
    model.Step(choices);
    model.Compare();
  }
  // A copy of its own, so that the address sanitizer sees a byte read past the end.
  auto bytes = std::make_unique<char[]>(size);
  if (size > 0) memcpy(bytes.get(), data, size);
  size_t count;
  (void)kvorum::ValidatePackedEntries(bytes.get(), size, &count);
  return 0;
}
