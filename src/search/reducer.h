// Reducers: what a group of records comes to: COUNT, COUNT_DISTINCT, COUNT_DISTINCTISH, SUM, MIN, MAX, AVG, STDDEV, QUANTILE,
// TOLIST, FIRST_VALUE, RANDOM_SAMPLE, COLLECT.
//
// COUNT_DISTINCTISH counts 64-bit hashes of the values, so it is off only when two collide. QUANTILE is exact. STDDEV is that of a sample.
//
// Threads: one. Ownership: a reducer owns what it keeps.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "search/aggregate.h"
#include "search/value.h"

namespace kvorum {

// What a reducer reads of a record.
class RecordView {
 public:
  virtual ~RecordView() = default;
  virtual Value Property(std::string_view name) const = 0;
  // All that rows show at this point.
  virtual std::vector<std::string> ShownNames() const = 0;
};

class Reducer {
 public:
  virtual ~Reducer() = default;
  virtual void Add(const RecordView& record) = 0;
  virtual Value Result() = 0;
};

using ReducerFactory = std::function<std::unique_ptr<Reducer>(Random*)>;

// Null: *error says what is wrong with the arguments. Appends the properties that it reads; "*" for all.
ReducerFactory MakeReducerFactory(const ReducerSpec& spec, std::vector<std::string>* properties, std::string* error);

}  // namespace kvorum
