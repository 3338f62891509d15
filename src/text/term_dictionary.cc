#include "text/term_dictionary.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "base/allocator.h"
#include "base/check.h"
#include "base/hash.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

// The least text above all that begin with `prefix`; false when there is none.
bool AfterPrefix(std::string_view prefix, std::string* after) {
  *after = prefix;
  while (!after->empty() && static_cast<uint8_t>(after->back()) == 0xFF) after->pop_back();
  if (after->empty()) return false;
  after->back() = static_cast<char>(after->back() + 1);
  return true;
}

// The letters of a pattern; those that stand for themselves by a backslash are marked.
struct PatternLetter {
  char32_t point;
  bool literal;
};

std::vector<PatternLetter> LettersOf(std::string_view pattern) {
  std::vector<PatternLetter> letters;
  for (size_t offset = 0; offset < pattern.size();) {
    char32_t point = TakeCodePoint(pattern, &offset);
    const bool escaped = point == '\\' && offset < pattern.size();
    if (escaped) point = TakeCodePoint(pattern, &offset);
    // Stars behind each other are as one.
    if (!escaped && point == '*' && !letters.empty() && letters.back().point == '*' && !letters.back().literal)
      continue;
    letters.push_back({point, escaped || (point != '*' && point != '?')});
  }
  return letters;
}

bool MatchLetters(const std::vector<PatternLetter>& pattern, std::string_view text) {
  size_t at = 0, offset = 0;
  size_t star = SIZE_MAX, star_offset = 0;  // the last star, and where its letters end so far
  while (offset < text.size()) {
    size_t next = offset;
    const char32_t point = TakeCodePoint(text, &next);
    if (at < pattern.size() && !pattern[at].literal && pattern[at].point == '*') {
      star = at++;
      star_offset = offset;
    } else if (at < pattern.size() && (pattern[at].literal ? pattern[at].point == point : pattern[at].point == '?')) {
      ++at;
      offset = next;
    } else if (star != SIZE_MAX) {
      at = star + 1;
      TakeCodePoint(text, &star_offset);
      offset = star_offset;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && !pattern[at].literal && pattern[at].point == '*') ++at;
  return at == pattern.size();
}

// Rows of Levenshtein's table, one a letter of the term at hand; terms that share letters with the one before share rows.
class FuzzyRows {
 public:
  FuzzyRows(std::string_view text, size_t distance) : distance_(distance) {
    for (size_t offset = 0; offset < text.size();) text_.push_back(TakeCodePoint(text, &offset));
    rows_.resize(text_.size() + 1);
    for (size_t i = 0; i <= text_.size(); ++i) rows_[i] = i;
    ends_.push_back(0);
  }

  // Takes the term. True: it is near. False: *dead is how many of its bytes no near term begins with, 0 if unknown.
  bool Take(std::string_view term, size_t* dead) {
    *dead = 0;
    size_t shared = 0;
    while (shared + 1 < ends_.size() && ends_[shared + 1] <= term.size() &&
           std::memcmp(term.data() + ends_[shared], before_.data() + ends_[shared],
                       ends_[shared + 1] - ends_[shared]) == 0) {
      ++shared;
    }
    ends_.resize(shared + 1);
    rows_.resize((shared + 1) * Width());
    before_ = term;
    for (size_t offset = ends_.back(); offset < term.size();) {
      const char32_t point = TakeCodePoint(term, &offset);
      AddRow(point);
      ends_.push_back(offset);
      const size_t* row = &rows_[(ends_.size() - 1) * Width()];
      if (*std::min_element(row, row + Width()) > distance_) {
        *dead = offset;
        before_.resize(offset);
        return false;
      }
    }
    return rows_.back() <= distance_;
  }

 private:
  size_t Width() const { return text_.size() + 1; }
  void AddRow(char32_t point) {
    const size_t begin = rows_.size();
    rows_.resize(begin + Width());
    const size_t* above = &rows_[begin - Width()];
    size_t* row = &rows_[begin];
    row[0] = above[0] + 1;
    for (size_t i = 1; i < Width(); ++i) {
      row[i] = std::min({above[i] + 1, row[i - 1] + 1, above[i - 1] + (text_[i - 1] != point)});
    }
  }

  size_t distance_;
  std::vector<char32_t> text_;
  std::vector<size_t> rows_;
  std::vector<size_t> ends_;  // where letters end, in bytes
  std::string before_;
};

}  // namespace

bool WildcardMatch(std::string_view pattern, std::string_view text) {
  return pattern.size() <= kMaxPatternBytes && MatchLetters(LettersOf(pattern), text);
}

uint64_t TermDictionary::OrderTraits::PrefixOf(std::string_view text) {
  uint64_t prefix = 0;
  std::memcpy(&prefix, text.data(), std::min<size_t>(text.size(), 8));
  return __builtin_bswap64(prefix);
}

TermDictionary::~TermDictionary() {
  terms_.ForEach([](Term* term) {
    const size_t bytes = BytesOf(term->length);
    term->~Term();
    Free(term, bytes);
  });
}

Term* TermDictionary::Find(std::string_view text) const {
  Term** slot = const_cast<TermDictionary*>(this)->terms_.Find(text, HashBytes(text));
  return slot == nullptr ? nullptr : *slot;
}

Term* TermDictionary::FindOrAdd(std::string_view text) {
  const uint64_t hash = HashBytes(text);
  if (Term** slot = terms_.Find(text, hash)) return *slot;
  CHECK(text.size() < UINT32_MAX / 2);
  Term* term = new (Allocate(BytesOf(text.size()))) Term;
  term->length = static_cast<uint32_t>(text.size());
  if (!text.empty()) std::memcpy(term->bytes, text.data(), text.size());
  term_bytes_ += AllocationSize(BytesOf(text.size()));
  terms_.Insert(term, hash);
  order_.Insert(term);
  if (with_suffixes_ && !term->is_stem()) {
    for (size_t offset = 0; offset < text.size(); TakeCodePoint(text, &offset)) suffixes_.Insert({term, offset});
  }
  return term;
}

void TermDictionary::Erase(Term* term) {
  if (with_suffixes_ && !term->is_stem()) {
    const std::string_view text = term->text();
    for (size_t offset = 0; offset < text.size(); TakeCodePoint(text, &offset)) {
      CHECK(suffixes_.Erase({term, offset}));
    }
  }
  CHECK(order_.Erase(term));
  CHECK(terms_.Erase(term->text()) == term);
  const size_t bytes = BytesOf(term->length);
  term_bytes_ -= AllocationSize(bytes);
  term->~Term();
  Free(term, bytes);
}

Term* TermDictionary::First() const {
  const Order::Position position = order_.First();
  return position ? Order::At(position) : nullptr;
}

Term* TermDictionary::After(std::string_view text) const {
  const Order::Position position = order_.UpperBound(text);
  return position ? Order::At(position) : nullptr;
}

void TermDictionary::WithPrefix(std::string_view prefix, const Visit& visit) const {
  for (Order::Position position = order_.LowerBound(prefix); position; position = Order::Next(position)) {
    const Term* term = Order::At(position);
    if (!term->text().starts_with(prefix)) return;
    if (!term->is_stem() && !visit(*term)) return;
  }
}

void TermDictionary::EndingWith(std::string_view suffix, const Visit& visit) const {
  if (!with_suffixes_ || suffix.empty()) {
    return ForEach([&](const Term& term) { return !term.text().ends_with(suffix) || visit(term); });
  }
  for (auto position = suffixes_.LowerBound(suffix); position; position = decltype(suffixes_)::Next(position)) {
    const Suffix& found = decltype(suffixes_)::At(position);
    if (found.text() != suffix || !visit(*found.term)) return;
  }
}

void TermDictionary::Containing(std::string_view part, const Visit& visit) const {
  if (!with_suffixes_ || part.empty()) {
    return ForEach([&](const Term& term) { return term.text().find(part) == std::string_view::npos || visit(term); });
  }
  std::set<const Term*> seen;  // a term may hold the part twice
  for (auto position = suffixes_.LowerBound(part); position; position = decltype(suffixes_)::Next(position)) {
    const Suffix& found = decltype(suffixes_)::At(position);
    if (!found.text().starts_with(part)) return;
    if (seen.insert(found.term).second && !visit(*found.term)) return;
  }
}

void TermDictionary::Matching(std::string_view pattern, const Visit& visit) const {
  if (pattern.size() > kMaxPatternBytes) return;
  const std::vector<PatternLetter> letters = LettersOf(pattern);
  std::string prefix;
  for (const PatternLetter& letter : letters) {
    if (!letter.literal) break;
    AppendCodePoint(prefix, letter.point);
  }
  WithPrefix(prefix, [&](const Term& term) { return !MatchLetters(letters, term.text()) || visit(term); });
}

void TermDictionary::Near(std::string_view text, size_t distance, const Visit& visit) const {
  CHECK(distance <= kMaxFuzzyDistance);
  if (text.size() > kMaxPatternBytes) return;
  FuzzyRows rows(text, distance);
  std::string after;
  for (Order::Position position = order_.First(); position;) {
    const Term* term = Order::At(position);
    size_t dead = 0;
    if (term->is_stem()) {
      dead = 1;
    } else if (rows.Take(term->text(), &dead) && !visit(*term)) {
      return;
    }
    if (dead == 0) {
      position = Order::Next(position);
    } else {
      // Most often the next term is beyond already, which costs less than a search.
      position = Order::Next(position);
      if (!position || !Order::At(position)->text().starts_with(term->text().substr(0, dead))) continue;
      if (!AfterPrefix(term->text().substr(0, dead), &after)) return;
      position = order_.LowerBound(std::string_view(after));
    }
  }
}

size_t TermDictionary::MemoryBytes() const {
  return term_bytes_ + terms_.bytes() + order_.MemoryBytes() + suffixes_.MemoryBytes();
}

void TermDictionary::Validate() const {
  terms_.Validate();
  order_.Validate();
  suffixes_.Validate();
  CHECK(order_.size() == terms_.size());
}

}  // namespace kvorum
