// FieldVectors: the vectors that documents have in one field. What the index asks of the vector library, and the place where it goes.
//
// Threads: one. Distances are smaller for nearer vectors, of whatever metric.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "search/query.h"
#include "text/iterator.h"

namespace kvorum {

class FieldVectors {
 public:
  struct Found {
    DocId id;
    double distance;
  };

  virtual ~FieldVectors() = default;
  // The elements' bytes, as long as the field says. False: not a vector it can take (NaN, infinite).
  virtual bool Add(DocId id, std::string_view vector) = 0;
  virtual void Remove(DocId id) = 0;
  // The query.k nearest of those that the filter has (null: of all), the nearest first.
  virtual std::vector<Found> Nearest(const VectorQueryOptions& query, Iterator* filter) const = 0;
  // All within query.radius, in no order.
  virtual std::vector<Found> Within(const VectorQueryOptions& query) const = 0;
  virtual size_t size() const = 0;
  virtual size_t MemoryBytes() const = 0;
};

using FieldVectorsFactory = std::function<std::unique_ptr<FieldVectors>(const VectorOptions&)>;

}  // namespace kvorum
