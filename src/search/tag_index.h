// TagIndex: the documents of each tag of one field.
//
// Threads: one. Complexity: Add O(tags), Remove O(1); what removed documents leave is swept out by Collect.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "text/iterator.h"
#include "text/sweep.h"
#include "text/term_dictionary.h"

namespace kvorum {

class TagIndex {
 public:
  static constexpr PostingFormat kFormat{.occurrences = false, .fields = false, .positions = false};

  explicit TagIndex(bool with_suffixes) : tags_(with_suffixes) {}

  // The document is above all before. Tags may be given more than once.
  void Add(DocId id, std::vector<std::string> tags);
  void CountRemoved() { sweep_.CountRemoved(); }

  const TermDictionary& tags() const { return tags_; }
  IteratorPtr Find(const Term* tag) const { return std::make_unique<PostingsIterator>(&tag->postings, kFormat); }

  template <typename IsLive>
  size_t Collect(size_t blocks, IsLive is_live) {
    const Postings::Compacted done = sweep_.Step(&tags_, kFormat, blocks, is_live);
    postings_bytes_ += done.bytes;
    records_ -= done.entries;
    return done.entries;
  }
  bool HasGarbage() const { return sweep_.removed() > 0; }
  uint64_t records() const { return records_; }
  size_t MemoryBytes() const { return tags_.MemoryBytes() + static_cast<size_t>(postings_bytes_); }

 private:
  TermDictionary tags_;
  Sweep sweep_;
  ptrdiff_t postings_bytes_ = 0;
  uint64_t records_ = 0;
};

// A text as its tags: cut at the separator (0: not at all), without spaces at the ends, folded unless `case_sensitive`. Empty ones are left
// out unless `with_empty`.
std::vector<std::string> SplitTags(std::string_view text, char separator, bool case_sensitive, bool with_empty);

}  // namespace kvorum
