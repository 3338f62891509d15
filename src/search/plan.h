// Plan: a query's tree as iterators over an index.
//
// Threads: one. Ownership: a plan borrows the index, which must not change while the plan is used.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "search/index.h"
#include "search/query.h"
#include "text/iterator.h"

namespace kvorum {

struct PlanOptions {
  // Asked before each walk over terms; true: the plan fails, as such walks add up.
  std::function<bool()> is_late = nullptr;
  Language language = Language::kEnglish;
  std::optional<int64_t> slop;
  bool in_order = false;
};

// Distances that a vector clause found, under the name it gave them.
struct NamedDistances {
  std::string name;
  std::unordered_map<DocId, double> by_document;
};

struct Plan {
  IteratorPtr root;
  std::vector<NamedDistances> distances;
  bool is_knn = false;  // then the first of the distances are its own
};

// False: *error says why.
[[nodiscard]] bool MakePlan(const QueryNode& query, SearchIndex* index, const PlanOptions& options, Plan* plan,
                            std::string* error);

}  // namespace kvorum
