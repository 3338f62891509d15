// Any words as those of FT.AGGREGATE: rows or an error that says why.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "search/aggregate.h"
#include "search/test_documents.h"
#include "search/test_words.h"

namespace {

struct Fixture {
  Fixture() {
    using namespace kvorum;
    const std::vector<std::string_view> words = {"SCHEMA", "t",       "TEXT",     "SORTABLE", "g",  "TAG",
                                                 "n",      "NUMERIC", "SORTABLE", "p",        "GEO"};
    Schema schema;
    std::string error;
    CHECK(ParseSchema(words, &schema, &error));
    index = SearchIndex::Create("i", schema, nullptr, &error);
    for (int i = 0; i < 30; ++i) {
      const std::string key = std::to_string(i);
      documents.by_key[key] = TestDocument(TestDocument::Fields{{"t", "hello number " + key},
                                                                {"g", i % 2 == 0 ? "a" : "b,c"},
                                                                {i % 3 == 0 ? "x" : "n", key},
                                                                {"p", "1," + key}});
      index->Put(key, documents.by_key[key]);
    }
  }
  std::unique_ptr<kvorum::SearchIndex> index;
  kvorum::TestDocuments documents;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  static const Fixture fixture;
  const std::vector<std::string_view> words = WordsOf(data, size);
  std::string error;
  AggregateRequest request;
  const bool parsed = ParseAggregateRequest(words, 2, &request, &error);
  CHECK(parsed != !error.empty());
  if (!parsed) return 0;
  AggregateResults results;
  Random random(1);
  const bool done =
      Aggregate(fixture.index.get(), request, {.documents = &fixture.documents}, &random, &results, &error);
  CHECK(done != !error.empty());
  for (const AggregateRow& row : results.rows) {
    for (const auto& [name, value] : row.fields) value.ToText();
  }
  return 0;
}
