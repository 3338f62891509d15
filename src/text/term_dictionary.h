// TermDictionary: the terms of an index, each with its postings: by hash for a whole term, and in the order of bytes (a T-tree) for
// everything else: prefixes, parts, patterns, and terms a few letters away.
//
// Searches over the ordered terms call back for each match, in order, and end when the callback returns false. Terms that
// begin with kStemMark, which no word of a text has, hold the documents of a stem and match no such search.
//
// Letters are code points. A wildcard is `?` for any letter, `*` for any letters, `\` before a letter that stands for itself.
//
// Threads: one. Ownership: owns the terms; a Term* is good until it is erased. Complexity: Find O(1), WithPrefix O(log n + matches), Containing, EndingWith and
// Matching O(n), with suffixes kept O(log n + matches) for the first two; Near visits the prefixes of terms that are within the distance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "structures/hash_table.h"
#include "structures/t_tree.h"
#include "text/postings.h"
#include "text/tokenizer.h"

namespace kvorum {

inline constexpr size_t kMaxFuzzyDistance = 3;
// Longer patterns and fuzzy words match nothing.
inline constexpr size_t kMaxPatternBytes = 4 * kMaxTokenBytes;

struct Term {
  Postings postings;
  uint32_t length;
  char bytes[];

  std::string_view text() const { return {bytes, length}; }
  bool is_stem() const { return length > 0 && bytes[0] == kStemMark; }
};

class TermDictionary {
 public:
  using Visit = std::function<bool(const Term&)>;

  // With suffixes: the ends of all terms are kept in order too.
  explicit TermDictionary(bool with_suffixes = false) : with_suffixes_(with_suffixes) {}
  TermDictionary(const TermDictionary&) = delete;
  TermDictionary& operator=(const TermDictionary&) = delete;
  ~TermDictionary();

  size_t size() const { return terms_.size(); }
  Term* Find(std::string_view text) const;
  Term* FindOrAdd(std::string_view text);
  void Erase(Term* term);

  void ForEach(const Visit& visit) const { WithPrefix("", visit); }
  void WithPrefix(std::string_view prefix, const Visit& visit) const;
  void EndingWith(std::string_view suffix, const Visit& visit) const;
  void Containing(std::string_view part, const Visit& visit) const;
  void Matching(std::string_view pattern, const Visit& visit) const;
  // Terms that become `text` by at most `distance` insertions, deletions and replacements of letters (Levenshtein).
  void Near(std::string_view text, size_t distance, const Visit& visit) const;

  // The first term, and the first after `text`, stems included; null at the end.
  Term* First() const;
  Term* After(std::string_view text) const;

  // Terms and what orders them, without postings.
  size_t MemoryBytes() const;
  void Validate() const;

 private:
  struct HashTraits {
    static std::string_view Key(const Term* term) { return term->text(); }
  };
  struct OrderTraits {
    static int Compare(const Term* a, const Term* b) { return a->text().compare(b->text()); }
    static int Compare(std::string_view a, const Term* b) { return a.compare(b->text()); }
    static uint64_t PrefixOf(const Term* term) { return PrefixOf(term->text()); }
    static uint64_t PrefixOf(std::string_view text);
    static void Prefetch(const Term* term) { PrefetchLine(term); }
  };
  // An end of a term.
  struct Suffix {
    Term* term;
    uint64_t offset;

    std::string_view text() const { return term->text().substr(offset); }
    bool operator==(const Suffix&) const = default;
  };
  struct SuffixTraits {
    static int Compare(const Suffix& a, const Suffix& b) { return a.text().compare(b.text()); }
    static int Compare(std::string_view a, const Suffix& b) { return a.compare(b.text()); }
    static uint64_t PrefixOf(const Suffix& suffix) { return OrderTraits::PrefixOf(suffix.text()); }
    static uint64_t PrefixOf(std::string_view text) { return OrderTraits::PrefixOf(text); }
  };
  using Order = TTree<Term*, OrderTraits>;

  static size_t BytesOf(size_t length) { return offsetof(Term, bytes) + length; }

  HashTable<Term, HashTraits> terms_;
  Order order_;
  TTree<Suffix, SuffixTraits> suffixes_;
  bool with_suffixes_;
  size_t term_bytes_ = 0;
};

// Whether the text matches the wildcard, whole. O(pattern * text) at worst.
bool WildcardMatch(std::string_view pattern, std::string_view text);

}  // namespace kvorum
