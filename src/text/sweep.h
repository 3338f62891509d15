// Sweep: takes what removed documents left out of all lists of a dictionary, a bounded number of blocks at a time.
//
// One walk over the terms, in order, takes out all that was removed before it began. Terms may come and go between steps.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "text/id_table.h"
#include "text/postings.h"
#include "text/term_dictionary.h"

namespace kvorum {

class Sweep {
 public:
  // To be called for each document removed.
  void CountRemoved() { ++removed_; }
  // Documents removed and not known to be gone from all lists.
  uint64_t removed() const { return removed_; }
  bool walking() const { return walking_; }

  // Reads up to `blocks` blocks. Terms that have no documents left are erased.
  template <typename IsLive>
  Postings::Compacted Step(TermDictionary* terms, const PostingFormat& format, size_t blocks, IsLive is_live) {
    Postings::Compacted done;
    if (removed_ == 0) return done;
    Term* term = Resume(*terms);
    while (blocks > 0 && term != nullptr) {
      const size_t slice = SliceOf(*term, blocks);
      const Postings::Compacted part = term->postings.Compact(format, slice, &block_, is_live);
      done.entries += part.entries;
      done.bytes += part.bytes;
      blocks -= slice;
      if (block_ != 0) return done;
      term = Advance(terms, term);
    }
    if (term == nullptr) Finish();
    return done;
  }

 private:
  Term* Resume(const TermDictionary& terms);
  size_t SliceOf(const Term& term, size_t blocks) const;
  Term* Advance(TermDictionary* terms, Term* term);
  void Finish();

  uint64_t removed_ = 0;
  bool walking_ = false;
  uint64_t removed_before_ = 0;  // this walk
  std::string term_;             // where it goes on
  size_t block_ = 0;
};

}  // namespace kvorum
