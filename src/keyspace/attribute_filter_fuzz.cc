// Any filter on any attributes: the first line is the filter.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "keyspace/attribute_filter.h"
#include "keyspace/json_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(all.find('\n'), all.size());
  const std::string_view attributes = all.substr(std::min(line + 1, all.size()));
  kvorum::AttributeFilter filter;
  size_t error_at = 0;
  if (filter.Compile(all.substr(0, line), &error_at)) {
    (void)filter.Matches(attributes);
    (void)filter.Matches(R"({"a": 1, "b": "x\n", "c": [1, "y"], "d": true})");
  } else {
    CHECK(error_at <= line);
  }
  (void)kvorum::IsJsonText(attributes);
  return 0;
}
