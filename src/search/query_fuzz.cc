// Any bytes as a query, in any dialect: a tree or an error; what parses can be explained, planned and run.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "search/search.h"
#include "search/test_documents.h"

namespace {

std::unique_ptr<kvorum::SearchIndex> MakeIndex() {
  using namespace kvorum;
  const std::vector<std::string_view> words = {
      "SCHEMA", "t",    "TEXT", "WITHSUFFIXTRIE", "INDEXEMPTY",   "u",   "TEXT", "NOSTEM",
      "g",      "TAG",  "n",    "NUMERIC",        "INDEXMISSING", "p",   "GEO",  "v",
      "VECTOR", "FLAT", "6",    "TYPE",           "FLOAT32",      "DIM", "1",    "DISTANCE_METRIC",
      "L2"};
  Schema schema;
  std::string error;
  CHECK(ParseSchema(words, &schema, &error));
  auto index = SearchIndex::Create("i", schema, nullptr, &error);
  for (int i = 0; i < 40; ++i) {
    TestDocument document({{"t", "hello world number " + std::to_string(i)},
                           {"u", i % 2 == 0 ? "foo bar" : "bar baz foo"},
                           {"g", "a,b b," + std::to_string(i)},
                           {i % 3 == 0 ? "x" : "n", std::to_string(i)},
                           {"p", "1," + std::to_string(i)}});
    index->Put(std::to_string(i), document);
    if (i % 5 == 0) index->Remove(std::to_string(i / 2));
  }
  return index;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  static const std::unique_ptr<SearchIndex> index = MakeIndex();
  if (size == 0) return 0;
  SearchRequest request;
  request.dialect = 1 + data[0] % 4;
  request.with_scores = true;
  request.scorer = static_cast<Scorer>(data[0] / 4 % 8);
  request.query.assign(reinterpret_cast<const char*>(data + 1), size - 1);
  request.parameters = {{"a", "1"}, {"b", "1234"}, {"c", "hello world"}};
  request.highlight.emplace();
  request.summarize.emplace();
  std::string error;
  const QueryPtr query = ParseRequestQuery(*index, request, &error);
  CHECK((query == nullptr) == !error.empty());
  if (query == nullptr) return 0;
  ExplainQuery(*query, index->schema(), Language::kEnglish);
  SearchResults results;
  if (!Search(index.get(), request, {}, &results, &error)) return 0;
  CHECK(results.rows.size() <= 10 && results.total >= results.rows.size() && results.total <= index->size());
  const RowFormatter formatter(index.get(), &request);
  const TestDocument shown({{"t", "hello world, number 12"}, {"u", "foo"}});
  for (const SearchRow& row : results.rows) formatter.Fields(row, shown);
  return 0;
}
