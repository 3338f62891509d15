// Aggregation: FT.AGGREGATE: the documents of a query as records that go through steps: load, apply, filter, group, sort, limit.
//
// Records flow one by one; only sorting and grouping keep what they need. A property that a step names is read from the sort values, or
// from the document when the schema has the field; LOAD reads any field.
//
// What rows show: what LOAD names, distances of vector clauses, sort keys, what APPLY makes; after GROUPBY the group's properties and
// what REDUCE makes. (What APPLY, FILTER and REDUCE only read is not shown.)
//
// A SORTBY without MAX keeps as many as the LIMIT behind it wants, and without that kDefaultSortedRows.
//
// Threads: one. Ownership: requests own everything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "search/expression.h"
#include "search/request.h"
#include "search/search.h"

namespace kvorum {

inline constexpr uint64_t kDefaultSortedRows = 10;

struct PropertySortKey {
  std::string name;
  bool descending = false;
};

struct ReducerSpec {
  std::string function;  // in upper case
  std::vector<std::string> arguments;
  std::string shown;
};

struct AggregateStep {
  enum class Kind : uint8_t { kLoad, kApply, kFilter, kGroup, kSort, kLimit };
  Kind kind = Kind::kLimit;
  bool load_all = false;
  std::vector<ReturnedField> loaded;
  std::shared_ptr<const Expression> expression;
  std::string name;                     // of what APPLY makes
  std::vector<std::string> properties;  // of GROUPBY
  std::vector<ReducerSpec> reducers;
  std::vector<PropertySortKey> sort_keys;
  uint64_t max = 0;  // of SORTBY; 0: not said
  uint64_t offset = 0;
  uint64_t count = 0;
};

struct AggregateRequest {
  SearchRequest search;  // the query and what concerns it
  bool add_scores = false;
  std::vector<AggregateStep> steps;
  bool with_cursor = false;
  uint64_t cursor_count = 1000;
  uint64_t cursor_max_idle_ms = 300000;
};

// `words`: those behind the index's name.
[[nodiscard]] bool ParseAggregateRequest(std::span<const std::string_view> words, int default_dialect,
                                         AggregateRequest* request, std::string* error);

struct AggregateRow {
  std::vector<std::pair<std::string, Value>> fields;
};
struct AggregateResults {
  uint64_t total = 0;  // rows before the last LIMIT
  std::vector<AggregateRow> rows;
  bool timed_out = false;
};

// `random` is for RANDOM_SAMPLE.
[[nodiscard]] bool Aggregate(SearchIndex* index, const AggregateRequest& request, const SearchEnvironment& environment,
                             Random* random, AggregateResults* results, std::string* error);

}  // namespace kvorum
