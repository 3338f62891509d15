// Plan: a query's tree as iterators over an index.
//
// Threads: one. Ownership: a plan borrows the index, which must not change while the plan is used.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "search/document.h"
#include "search/index.h"
#include "search/query.h"
#include "text/iterator.h"

namespace kvorum {

// Searches of vectors that run elsewhere while their command waits. Of a plan that cannot go on without one, MakePlan leaves it in `asked`, and
// fails without an error: somebody runs it, appends it to `done`, and makes the plan again.
struct VectorSearches {
  std::vector<std::unique_ptr<VectorQuery>> done;  // in the order in which a plan asks for them
  std::unique_ptr<VectorQuery> asked;
};

struct PlanOptions {
  // Asked before each walk over terms; true: the plan fails, as such walks add up.
  std::function<bool()> is_late = nullptr;
  Language language = Language::kEnglish;
  std::optional<int64_t> slop;
  bool in_order = false;
  VectorSearches* searches = nullptr;         // null: they run within MakePlan
  SearchContext* context = nullptr;           // those do so with this; null: one is made for each
  const DocumentSource* documents = nullptr;  // for distances that are exact; null: they are as the index has them
};

// Distances that a vector clause found, under the name it gave them.
struct NamedDistances {
  std::string name;
  std::vector<FoundVector> by_document;  // by ascending id

  std::optional<double> Find(DocId id) const;
};

struct Plan {
  IteratorPtr root;
  std::vector<NamedDistances> distances;
  bool is_knn = false;  // then the first of the distances are its own
};

// False: *error says why; empty: options.searches->asked does.
[[nodiscard]] bool MakePlan(const QueryNode& query, SearchIndex* index, const PlanOptions& options, Plan* plan,
                            std::string* error);

}  // namespace kvorum
