// InvertedIndex: the words of documents, each with its documents, and what ranking by relevance needs to know of each document.
//
// A document is added in steps: AddText for each of its texts, then Finish gives it a number above all before. Every word is a
// term; where a field is stemmed and a word differs from its stem, the document also stands under kStemMark + stem. So a
// search for a word by its stem joins two or three lists, and a search for the word itself is exact.
//
// A changed document is removed and added anew. What removed documents leave in the lists is taken out by Collect, in slices of a bounded
// number of blocks; until then readers must ask IsLive.
//
// Threads: one. Ownership: owns its terms; borrows nothing but during calls. Complexity: adding O(words), removing O(1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/id_table.h"
#include "text/language.h"
#include "text/postings.h"
#include "text/stop_words.h"
#include "text/sweep.h"
#include "text/term_dictionary.h"

namespace kvorum {

// What ranking knows of a document.
struct DocStats {
  float length = 0;         // words, each counted by its field's weight
  float max_frequency = 0;  // of the term that it has most often, weighted the same way
  float score = 1;          // what its owner says of it, 0 to 1
};

struct TextFieldOptions {
  float weight = 1;
  bool stems = true;
};

class InvertedIndex {
 public:
  struct Options {
    bool one_field = false;   // there is only field 0
    bool frequencies = true;  // false: a word counts once in a field
    bool positions = true;    // false: no phrases
    bool suffixes = false;    // keep the ends of terms in order
    std::vector<TextFieldOptions> fields = {};
  };
  // Between the values of a field that has several, so that no phrase goes from one to the next.
  static constexpr uint32_t kValueGap = 100;

  InvertedIndex(const Options& options, StopWords stop_words);

  const StopWords& stop_words() const { return stop_words_; }
  const PostingFormat& format() const { return format_; }
  const TermDictionary& terms() const { return terms_; }
  float weight(size_t field) const { return fields_[field].weight; }
  bool stems(size_t field) const { return fields_[field].stems; }
  Stemmers& stemmers() { return stemmers_; }

  // The document at hand.
  void AddText(size_t field, Language language, std::string_view text);
  // The term of exactly these bytes, as a word.
  void AddTerm(size_t field, std::string_view term);
  void Finish(DocId id, float score);

  bool Remove(DocId id);
  bool IsLive(DocId id) const { return documents_.Has(id); }
  const IdTable<DocStats>& documents() const { return documents_; }
  double AverageLength() const {
    return documents_.size() == 0 ? 0 : total_length_ / static_cast<double>(documents_.size());
  }
  // Entries in all lists.
  uint64_t records() const { return records_; }

  // Whether removed documents may have left something.
  bool HasGarbage() const { return sweep_.removed() > 0; }
  // Whether a walk over the lists has begun and is not done.
  bool IsCollecting() const { return sweep_.walking(); }
  // Documents removed and not known to be gone from all lists.
  uint64_t removed() const { return sweep_.removed(); }
  // Reads up to `blocks` blocks and takes out what removed documents left there. Returns how many entries that was.
  size_t Collect(size_t blocks);

  size_t MemoryBytes() const;
  void Validate() const;

 private:
  struct Pending {
    Term* term;
    Occurrence occurrence;
  };
  void AddOccurrence(std::string_view term, Occurrence occurrence) {
    pending_.push_back({terms_.FindOrAdd(term), occurrence});
  }

  std::vector<TextFieldOptions> fields_;
  StopWords stop_words_;
  PostingFormat format_;
  bool frequencies_;
  TermDictionary terms_;
  Stemmers stemmers_;
  IdTable<DocStats> documents_;
  double total_length_ = 0;
  uint64_t records_ = 0;
  ptrdiff_t postings_bytes_ = 0;

  // Of the document at hand.
  std::vector<Pending> pending_;
  std::vector<uint32_t> next_position_;
  float length_ = 0;
  std::string marked_;

  Sweep sweep_;
};

}  // namespace kvorum
