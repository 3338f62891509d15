// Any words as those of FT.CREATE and FT.SEARCH: a result or an error that says why.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "search/request.h"
#include "search/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  std::vector<std::string_view> words;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    words.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  std::string error;
  Schema schema;
  if (ParseSchema(words, &schema, &error)) {
    CHECK(!schema.fields.empty());
    error.clear();
    CHECK(ParseFields(words, &schema, &error) != !error.empty());
  } else {
    CHECK(!error.empty());
  }
  error.clear();
  SearchRequest request;
  CHECK(ParseSearchRequest(words, 2, &request, &error) != !error.empty());
  return 0;
}
