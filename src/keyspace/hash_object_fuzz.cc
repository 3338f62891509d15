// Drives a HashObject and its model with the fuzzer's bytes.
#include "keyspace/hash_object_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kvorum::FuzzChoices choices(data, size);
  kvorum::HashObjectModel model(choices.Below(1000));
  while (!choices.done()) {
    model.Step(choices);
    model.Compare();
  }
  return 0;
}
