// Search: a request against an index: which documents, in what order, and what of them to show.
//
// Threads: one. Ownership: results point into the index, which must not change while they are used. Complexity: the documents matched, and
// log of those wanted for each; memory only for those wanted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "search/document.h"
#include "search/index.h"
#include "search/plan.h"
#include "search/request.h"

namespace kvorum {

struct SearchRow {
  const IndexedDocument* document = nullptr;
  double score = 0;
  Value sort_key;
  std::vector<std::pair<std::string, double>> distances;  // names of vector clauses
};

struct SearchResults {
  uint64_t total = 0;
  std::vector<SearchRow> rows;
  bool timed_out = false;  // there may be more
};

// What a search needs besides the index.
struct SearchEnvironment {
  const DocumentSource* documents = nullptr;  // for sorting by fields that are not SORTABLE
  std::function<bool()> is_late = nullptr;    // asked now and then; true: give what there is
  VectorSearches* searches = nullptr;         // that run elsewhere: after a failure without an error look there
  SearchContext* context = nullptr;           // for those that do not; null: one is made for each
};

// The query's tree, with the filters that a request gives outside of it. Null: *error says why.
QueryPtr ParseRequestQuery(const SearchIndex& index, const SearchRequest& request, std::string* error);

// False: *error says why.
[[nodiscard]] bool Search(SearchIndex* index, const SearchRequest& request, const SearchEnvironment& environment,
                          SearchResults* results, std::string* error);

// What a reply shows of a row: names and values, by RETURN, SUMMARIZE and HIGHLIGHT.
class RowFormatter {
 public:
  // `request` must outlive it.
  RowFormatter(SearchIndex* index, const SearchRequest* request);
  ~RowFormatter();

  std::vector<std::pair<std::string, std::string>> Fields(const SearchRow& row, const Document& document) const;

 private:
  void Embellish(const std::string& name, std::string* value) const;

  SearchIndex* index_;
  const SearchRequest* request_;
  std::unique_ptr<class Highlighter> highlighter_;
};

}  // namespace kvorum
