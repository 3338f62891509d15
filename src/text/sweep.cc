#include "text/sweep.h"

#include <algorithm>

namespace kvorum {

Term* Sweep::Resume(const TermDictionary& terms) {
  if (!walking_) {
    walking_ = true;
    removed_before_ = removed_;
    block_ = 0;
    Term* first = terms.First();
    term_ = first == nullptr ? "" : first->text();
    return first;
  }
  Term* term = terms.Find(term_);
  if (term != nullptr) return term;
  // It is gone meanwhile, so the one after it is next.
  block_ = 0;
  term = terms.After(term_);
  if (term != nullptr) term_ = term->text();
  return term;
}

size_t Sweep::SliceOf(const Term& term, size_t blocks) const {
  return std::min(blocks, std::max(term.postings.block_count(), block_ + 1) - block_);
}

Term* Sweep::Advance(TermDictionary* terms, Term* term) {
  Term* next = terms->After(term->text());
  if (term->postings.size() == 0) terms->Erase(term);
  if (next != nullptr) term_ = next->text();
  return next;
}

void Sweep::Finish() {
  walking_ = false;
  removed_ -= removed_before_;
}

}  // namespace kvorum
