// What FT.SEARCH asks for, from its words.
//
// Threads: no state. Ownership: everything is copied.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "search/limits.h"
#include "search/query.h"
#include "text/language.h"
#include "text/ranking.h"

namespace kvorum {

struct NumericFilter {
  std::string field;
  NumericRange range;
};
struct GeoFilter {
  std::string field;
  GeoCircle circle;
};
struct ReturnedField {
  std::string name;   // of the schema, or what the document calls it
  std::string shown;  // in the reply
};
struct SummarizeOptions {
  std::vector<std::string> fields;  // none: all
  size_t fragments = 3;
  size_t words = 20;
  std::string separator = "... ";
};
struct HighlightOptions {
  std::vector<std::string> fields;  // none: all
  std::string open = "<b>";
  std::string close = "</b>";
};

struct SearchRequest {
  std::string query;
  bool no_content = false;
  bool verbatim = false;
  bool no_stop_words = false;
  bool with_scores = false;
  bool with_payloads = false;
  bool with_sort_keys = false;
  bool explain_score = false;
  std::vector<NumericFilter> filters;
  std::vector<GeoFilter> geo_filters;
  std::optional<std::vector<std::string>> in_keys;
  std::vector<std::string> in_fields;
  std::optional<std::vector<ReturnedField>> returned;
  std::optional<SummarizeOptions> summarize;
  std::optional<HighlightOptions> highlight;
  std::optional<int64_t> slop;
  bool in_order = false;
  std::optional<Language> language;
  std::optional<Scorer> scorer;
  double tanh_factor = 4;
  std::string payload;
  std::string sort_by;  // empty: by score
  bool descending = false;
  uint64_t offset = 0;
  uint64_t count = 10;
  std::optional<uint64_t> timeout_ms;
  QueryParameters parameters;
  int dialect = kDefaultDialect;
};

// `words` are those behind the index's name, the query first. False: *error says why.
[[nodiscard]] bool ParseSearchRequest(std::span<const std::string_view> words, int default_dialect,
                                      SearchRequest* request, std::string* error);

// The value behind PARAMS, DIALECT, LIMIT and TIMEOUT, which other commands have too.
class WordReader;
bool ParseParameters(WordReader* reader, QueryParameters* parameters, std::string* error);
bool ParseDialect(WordReader* reader, int* dialect, std::string* error);
bool ParseLimit(WordReader* reader, uint64_t* offset, uint64_t* count, std::string* error);

}  // namespace kvorum
