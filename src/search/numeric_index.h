// NumericIndex: the numbers that documents have in one field: by number (a T-tree, with ranks), and by document.
//
// A search of a range knows from the ranks how many there are. Few are listed and sorted by document; many are found by looking at each
// document's number, which costs no memory and leaves out most of the work when another part of the query is rarer.
//
// Threads: one. Complexity: Add, Remove O(values * log n); Count O(log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "search/query.h"
#include "structures/t_tree.h"
#include "text/id_table.h"
#include "text/iterator.h"

namespace kvorum {

class NumericIndex {
 public:
  struct Entry {
    double value;
    DocId id;
    bool operator==(const Entry&) const = default;
  };

  // The document is above all before. No value is NaN.
  void Add(DocId id, std::span<const double> values);
  void Remove(DocId id);

  // How many values lie in the range.
  uint64_t Count(const NumericRange& range) const;
  IteratorPtr Find(const NumericRange& range, const IdTable<DocStats>* all) const;
  // The documents of the entries in the range, ascending, each once.
  std::vector<DocId> List(const NumericRange& range) const;
  bool HasIn(DocId id, const NumericRange& range) const;
  // The document's first value, or null.
  const double* First(DocId id) const { return first_.Find(id); }

  size_t size() const { return order_.size(); }
  size_t MemoryBytes() const;
  void Validate() const;

 private:
  struct Traits {
    static int Compare(const Entry& a, const Entry& b) {
      if (a.value != b.value) return a.value < b.value ? -1 : 1;
      return a.id < b.id ? -1 : a.id > b.id;
    }
    static double PrefixOf(const Entry& entry) { return entry.value; }
  };
  using Order = TTree<Entry, Traits>;

  size_t BeginRank(const NumericRange& range) const;
  size_t EndRank(const NumericRange& range) const;

  Order order_;
  IdTable<double> first_;
  std::unordered_map<DocId, std::vector<double>> more_;  // all but the first, of documents with several
};

}  // namespace kvorum
