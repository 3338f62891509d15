// Drives an IntSet and its model with the fuzzer's bytes.
#include "structures/int_set_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kvorum::FuzzChoices choices(data, size);
  kvorum::IntSetModel model;
  while (!choices.done()) {
    model.Step(choices);
    model.Compare();
  }
  return 0;
}
