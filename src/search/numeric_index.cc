#include "search/numeric_index.h"

#include <algorithm>
#include <memory>

#include "base/check.h"

namespace kvorum {
namespace {

// A range with more than this share of the documents is looked for document by document.
constexpr uint64_t kListedShare = 8;
constexpr uint64_t kAlwaysListed = 64;

}  // namespace

void NumericIndex::Add(DocId id, std::span<const double> values) {
  if (values.empty()) return;
  first_.Put(id, values[0]);
  for (double value : values) order_.Insert({value, id});
  if (values.size() > 1) more_[id].assign(values.begin() + 1, values.end());
}

void NumericIndex::Remove(DocId id) {
  const double* first = first_.Find(id);
  if (first == nullptr) return;
  CHECK(order_.Erase({*first, id}));
  first_.Erase(id);
  const auto more = more_.find(id);
  if (more == more_.end()) return;
  for (double value : more->second) CHECK(order_.Erase({value, id}));
  more_.erase(more);
}

size_t NumericIndex::BeginRank(const NumericRange& range) const {
  const Order::Position position =
      range.excludes_min ? order_.UpperBound(Entry{range.min, kNoDoc}) : order_.LowerBound(Entry{range.min, 0});
  return order_.Rank(position);
}

size_t NumericIndex::EndRank(const NumericRange& range) const {
  const Order::Position position =
      range.excludes_max ? order_.LowerBound(Entry{range.max, 0}) : order_.UpperBound(Entry{range.max, kNoDoc});
  return order_.Rank(position);
}

uint64_t NumericIndex::Count(const NumericRange& range) const {
  if (!(range.min <= range.max)) return 0;
  const size_t begin = BeginRank(range), end = EndRank(range);
  return begin < end ? end - begin : 0;
}

std::vector<DocId> NumericIndex::List(const NumericRange& range) const {
  std::vector<DocId> ids;
  const uint64_t count = Count(range);
  if (count == 0) return ids;
  ids.reserve(count);
  order_.VisitForward(order_.Select(BeginRank(range)), count, [&ids](const Entry& entry) { ids.push_back(entry.id); });
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

bool NumericIndex::HasIn(DocId id, const NumericRange& range) const {
  const double* first = first_.Find(id);
  if (first == nullptr) return false;
  if (range.Has(*first)) return true;
  if (more_.empty()) return false;
  const auto more = more_.find(id);
  return more != more_.end() &&
         std::any_of(more->second.begin(), more->second.end(), [&range](double value) { return range.Has(value); });
}

IteratorPtr NumericIndex::Find(const NumericRange& range, const IdTable<DocStats>* all) const {
  const uint64_t count = Count(range);
  if (count == 0) return std::make_unique<EmptyIterator>();
  if (count <= kAlwaysListed || count <= all->size() / kListedShare) return std::make_unique<ListIterator>(List(range));
  return std::make_unique<TestIterator>(all, count, [this, range](DocId id) { return HasIn(id, range); });
}

size_t NumericIndex::MemoryBytes() const {
  size_t bytes = order_.MemoryBytes() + first_.MemoryBytes();
  for (const auto& [id, values] : more_) bytes += 64 + values.capacity() * sizeof(double);
  return bytes;
}

void NumericIndex::Validate() const {
  order_.Validate();
  size_t values = first_.size();
  for (const auto& [id, more] : more_) values += more.size();
  CHECK(values == order_.size());
}

}  // namespace kvorum
