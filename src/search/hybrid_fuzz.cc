// Any words as those of FT.HYBRID: rows or an error that says why.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "search/hybrid.h"
#include "search/test_documents.h"
#include "search/test_words.h"

namespace {

struct Fixture {
  Fixture() {
    using namespace kvorum;
    const std::vector<std::string_view> words = {"SCHEMA",  "t",
                                                 "TEXT",    "g",
                                                 "TAG",     "v",
                                                 "VECTOR",  "HNSW",
                                                 "6",       "TYPE",
                                                 "FLOAT32", "DIM",
                                                 "2",       "DISTANCE_METRIC",
                                                 "L2",      "w",
                                                 "VECTOR",  "FLAT",
                                                 "6",       "TYPE",
                                                 "FLOAT64", "DIM",
                                                 "1",       "DISTANCE_METRIC",
                                                 "COSINE"};
    Schema schema;
    std::string error;
    CHECK(ParseSchema(words, &schema, &error));
    index = SearchIndex::Create("i", schema, nullptr, &error);
    for (int i = 0; i < 30; ++i) {
      const std::string key = std::to_string(i);
      // Eight letters are two floats, and one double.
      documents.by_key[key] = TestDocument(TestDocument::Fields{{"t", i % 2 == 0 ? "tree leaf" : "leaf number " + key},
                                                                {"g", i % 3 == 0 ? "a" : "b,c"},
                                                                {"v", std::string(7, 'A') + static_cast<char>('0' + i)},
                                                                {i % 5 == 0 ? "x" : "w", std::string(8, 'B')}});
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
  HybridRequest request;
  const bool parsed = ParseHybridRequest(words, &request, &error);
  CHECK(parsed != !error.empty());
  if (!parsed) return 0;
  AggregateResults results;
  Random random(1);
  const bool done =
      SearchHybrid(fixture.index.get(), request, {.documents = &fixture.documents}, &random, &results, &error);
  CHECK(done != !error.empty());
  for (const AggregateRow& row : results.rows) {
    for (const auto& [name, value] : row.fields) value.ToText();
  }
  return 0;
}
