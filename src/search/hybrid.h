// FT.HYBRID: one search by words and one by a vector, and their ranks or scores put together.
//
//   FT.HYBRID index SEARCH query [SCORER name] [YIELD_SCORE_AS name]
//             VSIM @field $vector [KNN n K k [EF_RUNTIME width]] | [RANGE n RADIUS radius [EPSILON epsilon]] [YIELD_SCORE_AS name]
//                  [FILTER query [POLICY ADHOC|BATCHES] [BATCH_SIZE size]]
//             [COMBINE RRF n [CONSTANT c] [WINDOW w] [YIELD_SCORE_AS name] | COMBINE LINEAR n [ALPHA a] [BETA b] [WINDOW w] [YIELD_SCORE_AS name]]
//             and then the steps and options of FT.AGGREGATE, NOSORT
//
// RRF (Cormack, Clarke and Buettcher 2009): a document's score is the sum over both lists of 1 / (c + its rank there). LINEAR: a * its score by
// words + b * its likeness, which is 1 - d / 2 of cosine and inner product, 1 / (1 + d) of L2. Of both lists the first w count.
// Without LOAD, rows have __key and __score; they are sorted by __score unless something else is said.
//
// Threads, ownership: as search/search.h.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "search/aggregate.h"

namespace kvorum {

struct HybridRequest {
  SearchRequest words;
  std::string field;
  std::string vector;  // or the "$name" of a parameter
  bool is_range = false;
  uint64_t k = 10;
  double radius = 0;
  std::string vector_options;  // as a query has them
  std::string filter;          // empty: none
  std::string words_score;     // names under which scores are shown; empty: not
  std::string vector_score;
  std::string combined_score = "__score";
  bool is_linear = false;
  double constant = 60;
  double alpha = 0.5;
  double beta = 0.5;
  uint64_t window = 20;
  AggregateRequest steps;  // its parameters and dialect go for all
};

// `words`: those behind the index's name.
[[nodiscard]] bool ParseHybridRequest(std::span<const std::string_view> words, HybridRequest* request,
                                      std::string* error);

// As Aggregate.
[[nodiscard]] bool SearchHybrid(SearchIndex* index, const HybridRequest& request, const SearchEnvironment& environment,
                                Random* random, AggregateResults* results, std::string* error);

// The steps of an aggregation over the documents of a plan.
[[nodiscard]] bool AggregatePlan(SearchIndex* index, const AggregateRequest& request,
                                 const SearchEnvironment& environment, Random* random, Plan* plan,
                                 AggregateResults* results, std::string* error);

}  // namespace kvorum
