// Any words as those of FT.CREATE and FT.SEARCH: a result or an error that says why.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "search/request.h"
#include "search/schema.h"
#include "search/test_words.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  const std::vector<std::string_view> words = WordsOf(data, size);
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
