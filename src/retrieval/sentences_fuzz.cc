// Any bytes as a text: sentences lie in it, in their order, without white space round them, and only white space between them.
#include <cstdint>

#include "base/check.h"
#include "retrieval/sentences.h"

namespace {

bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  size_t end = 0;
  const auto check_gap = [&](size_t to) {
    for (; end < to; ++end) CHECK(IsBlank(text[end]));
  };
  for (const TextSpan& span : SplitSentences(text)) {
    CHECK(end <= span.begin && span.begin < span.end && span.end <= size);
    check_gap(span.begin);
    CHECK(!IsBlank(text[span.begin]) && !IsBlank(text[span.end - 1]));
    end = span.end;
  }
  check_gap(size);
  return 0;
}
