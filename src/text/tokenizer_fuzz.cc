// Any bytes as a text: words lie inside it, in order; indexing them and finding each again works in every language.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "text/inverted_index.h"
#include "text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  if (size == 0) return 0;
  const auto language = static_cast<Language>(data[0] % kLanguages);
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  InvertedIndex index({.suffixes = (data[0] & 0x80) != 0, .fields = {{}}}, StopWords());
  index.AddText(0, language, text);
  index.Finish(1, 1);
  Tokenizer tokenizer(text, language);
  Token token;
  size_t before = 0;
  while (tokenizer.Next(&token)) {
    CHECK(token.begin >= before && token.end > token.begin && token.end <= text.size());
    CHECK(!token.text.empty());
    before = token.end;
    CHECK(index.terms().Find(token.text) != nullptr);
  }
  index.terms().Near(text.substr(0, 40), 2, [](const Term&) { return true; });
  index.terms().Matching(text.substr(0, 100), [](const Term&) { return true; });
  index.Validate();
  return 0;
}
