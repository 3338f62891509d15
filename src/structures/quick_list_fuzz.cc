// Drives a QuickList and its model with the fuzzer's bytes.
#include "structures/quick_list_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kvorum::FuzzChoices choices(data, size);
  kvorum::QuickListOptions options;
  options.fill = static_cast<int>(choices.Below(12)) - 6;
  if (choices.Below(2) == 0) options.packed_threshold = 1 + choices.Below(100);
  kvorum::QuickListModel model(options, 10000);
  while (!choices.done()) {
    model.Step(choices);
    model.Compare();
  }
  return 0;
}
