#include "sim/indexes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "base/quote.h"
#include "search/vector_bytes.h"
#include "shard/search_service.h"
#include "vector/search_context.h"

namespace kvorum::sim {
namespace {

// Until nothing is left to be read.
void Finish(SearchService& search, int64_t now_ms) {
  do {
    search.CatchUp();
  } while (search.Work(now_ms));
}

// The documents that a search finds that asks for all that have a vector in the field.
std::set<std::string> FoundBy(const SearchIndex& index, const Field& field) {
  const FieldVectors& vectors = *index.vectors(field);
  VectorQueryOptions query;
  query.k = query.search_width.emplace(vectors.size() + 1);
  query.vector = EncodeVector(field.vector.element, std::vector<double>(field.vector.dimensions, 1));
  const std::unique_ptr<VectorQuery> search = vectors.BeginNearest(query, nullptr);
  SearchContext context;
  search->Run(&context);
  std::set<std::string> found;
  for (const FoundVector& each : vectors.Take(*search)) {
    const IndexedDocument* document = index.Find(each.id);
    found.insert(document == nullptr ? "?" : std::string(document->key));
  }
  return found;
}

std::string CompareVectors(const SearchIndex& kept, const SearchIndex& made, bool is_partial) {
  std::string wrong;
  for (const Field& field : kept.schema().fields) {
    const FieldVectors* vectors = kept.vectors(field);
    if (vectors == nullptr) continue;
    const Field& same = *made.schema().Find(field.name);
    const FieldVectors& others = *made.vectors(same);
    const std::set<std::string> found = FoundBy(kept, field), wanted = FoundBy(made, same);
    // While a graph is written what nobody has taken over stays in it.
    const size_t most = vectors->is_adopting() ? SIZE_MAX : others.size();
    const bool is_good = is_partial ? vectors->size() <= most && std::ranges::includes(wanted, found)
                                    : vectors->size() >= others.size() && vectors->size() <= most && found == wanted;
    if (is_good) continue;
    wrong += fmt::format("  index {} has {} vectors in {}, not {}, and finds {} documents by them, not {}\n",
                         kept.name(), vectors->size(), field.name, others.size(), found.size(), wanted.size());
  }
  return wrong;
}

// `kept` may lack documents where it is `is_partial`.
std::string Compare(const SearchIndex& kept, const SearchIndex& made, bool is_partial, Database& database) {
  std::string wrong;
  size_t both = 0;
  database.ForEach([&](const Entry* entry) {
    const bool is_kept = kept.Find(entry->key()) != nullptr, is_made = made.Find(entry->key()) != nullptr;
    both += is_kept && is_made;
    if (is_kept == is_made || (is_made && is_partial)) return;
    wrong +=
        fmt::format("  {} is {} index {}\n", InQuotes(entry->key()), is_kept ? "still in" : "missing in", kept.name());
  });
  if (wrong.empty() && kept.size() != both) {
    wrong = fmt::format("  index {} has {} documents, not {}\n", kept.name(), kept.size(), both);
  }
  return wrong.empty() ? CompareVectors(kept, made, is_partial) : wrong;
}

}  // namespace

std::string IndexesOf(Shard& shard) {
  std::string text;
  for (const auto& words : shard.search().DefinitionCommands()) {
    for (const std::string& word : words) text += InQuotes(word) + " ";
    text += "\n";
  }
  return text;
}

uint64_t DigestOfIndexes(Shard& shard) {
  const std::string text = IndexesOf(shard);
  return text.empty() ? 0 : HashBytes(text);
}

std::string CheckIndexes(Shard& shard, int64_t now_ms) {
  SearchService& search = shard.search();
  Finish(search, now_ms);
  SearchService anew(&shard.keyspace());
  // One that was made with SKIPINITIALSCAN lacks what nobody has written since; and no index may have what the keys do not make.
  anew.SetRestoring(true);
  for (const auto& [name, index] : search.indexes()) {
    const std::vector<std::string_view> words(index.definition.begin(), index.definition.end());
    const std::string error = anew.Create(name, words);
    if (!error.empty()) return fmt::format("index {} cannot be made anew: {}", name, error);
  }
  Finish(anew, now_ms);
  std::string wrong;
  Database& database = shard.keyspace().database(kSearchDatabase);
  for (const auto& [name, index] : search.indexes()) {
    index.index->Validate();
    wrong += Compare(*index.index, *anew.FindExact(name)->index, index.index->schema().skip_initial_scan, database);
  }
  return wrong.empty() ? "" : "an index is not what the data is:\n" + wrong;
}

}  // namespace kvorum::sim
