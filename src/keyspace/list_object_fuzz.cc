// Drives a list and a model of it with the fuzzer's bytes.
#include <cstddef>
#include <cstdint>

#include "keyspace/list_object_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kvorum::FuzzChoices choices(data, size);
  kvorum::ListObjectModel model({.fill = static_cast<int>(choices.Below(20)) - 5, .plain_bytes = size_t{1} << 30}, 300);
  while (!choices.done()) model.Step(choices);
  model.Compare();
  return 0;
}
