// Iterators: the documents that a part of a query matches, ascending, without listing them anywhere.
//
// An iterator stands before the first document until Next or SkipTo; behind the last, doc() is kNoDoc. What it says of
// scores and places holds for doc(). Documents that were removed from the index may still come out of term lists: whoever asks for results drops those
// that are not live.
//
// Threads: one. Ownership: owns its children; borrows the index, which must not change meanwhile. Complexity: of a step, given with each
// kind; d is the cost of a child's step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "text/inverted_index.h"
#include "text/ranking.h"

namespace kvorum {

class TermIterator;

class Iterator {
 public:
  virtual ~Iterator() = default;
  Iterator(const Iterator&) = delete;
  Iterator& operator=(const Iterator&) = delete;

  DocId doc() const { return doc_; }
  virtual DocId Next() = 0;
  // The first document from `id` on; id > doc().
  virtual DocId SkipTo(DocId id) = 0;
  // SkipTo, unless it is there already.
  DocId Reach(DocId id) { return doc_ < id ? SkipTo(id) : doc_; }

  // At most about so many documents.
  virtual uint64_t Estimate() const = 0;
  virtual double Score(const Ranking&, const DocStats&) const { return 0; }
  // Appends where its terms stand, in no order. False if it has no places at all (a filter), so that no distance is measured to it.
  virtual bool AppendPlaces(std::vector<uint64_t>*) const { return false; }
  // Appends the terms that the document has, in the order of the query.
  virtual void AppendTerms(std::vector<const TermIterator*>*) const {}

  double weight() const { return weight_; }
  void set_weight(double weight) { weight_ = weight; }

 protected:
  Iterator() = default;
  DocId doc_ = 0;
  double weight_ = 1;
};

using IteratorPtr = std::unique_ptr<Iterator>;

// Nothing.
class EmptyIterator final : public Iterator {
 public:
  DocId Next() override { return doc_ = kNoDoc; }
  DocId SkipTo(DocId) override { return doc_ = kNoDoc; }
  uint64_t Estimate() const override { return 0; }
};

// All live documents.
class AllIterator final : public Iterator {
 public:
  explicit AllIterator(const IdTable<DocStats>* documents) : documents_(documents) {}
  DocId Next() override { return doc_ = doc_ == kNoDoc ? kNoDoc : documents_->Next(doc_ + 1); }
  DocId SkipTo(DocId id) override { return doc_ = documents_->Next(id); }
  uint64_t Estimate() const override { return documents_->size(); }

 private:
  const IdTable<DocStats>* documents_;
};

// These, in order, each with a number (a distance) where there are any.
class ListIterator final : public Iterator {
 public:
  explicit ListIterator(std::vector<DocId> ids) : ids_(std::move(ids)) {}
  DocId Next() override { return doc_ = next_ < ids_.size() ? ids_[next_++] : kNoDoc; }
  DocId SkipTo(DocId id) override;
  uint64_t Estimate() const override { return ids_.size(); }
  // Of doc() in the list.
  size_t index() const { return next_ - 1; }

 private:
  std::vector<DocId> ids_;
  size_t next_ = 0;
};

// The documents of `all` that pass a test. O(documents passed over).
class TestIterator final : public Iterator {
 public:
  TestIterator(const IdTable<DocStats>* all, uint64_t estimate, std::function<bool(DocId)> test)
      : all_(all), estimate_(estimate), test_(std::move(test)) {}
  DocId Next() override { return doc_ == kNoDoc ? kNoDoc : SkipTo(doc_ + 1); }
  DocId SkipTo(DocId id) override {
    for (doc_ = all_->Next(id); doc_ != kNoDoc && !test_(doc_);) doc_ = all_->Next(doc_ + 1);
    return doc_;
  }
  uint64_t Estimate() const override { return estimate_; }

 private:
  const IdTable<DocStats>* all_;
  uint64_t estimate_;
  std::function<bool(DocId)> test_;
};

// The documents of a list of numbers only (a tag).
class PostingsIterator final : public Iterator {
 public:
  PostingsIterator(const Postings* postings, const PostingFormat& format)
      : cursor_(postings, format), size_(postings->size()) {}
  DocId Next() override { return doc_ = cursor_.Next(); }
  DocId SkipTo(DocId id) override { return doc_ = cursor_.SkipTo(id); }
  uint64_t Estimate() const override { return size_; }

 private:
  PostingCursor cursor_;
  uint64_t size_;
};

// The documents that have a term in one of the fields.
class TermIterator final : public Iterator {
 public:
  TermIterator(const InvertedIndex* index, const Term* term, const FieldSet& fields)
      : index_(index), term_(term), fields_(fields), cursor_(&term->postings, index->format()) {}

  DocId Next() override { return Settle(cursor_.Next()); }
  DocId SkipTo(DocId id) override { return Settle(cursor_.SkipTo(id)); }
  uint64_t Estimate() const override { return term_->postings.size(); }
  double Score(const Ranking& ranking, const DocStats& stats) const override {
    return weight_ * ranking.TermScore(Frequency(), static_cast<double>(term_->postings.size()), stats);
  }
  bool AppendPlaces(std::vector<uint64_t>* places) const override {
    cursor_.AppendPlaces(fields_, places);
    return true;
  }
  void AppendTerms(std::vector<const TermIterator*>* terms) const override { terms->push_back(this); }

  const Term& term() const { return *term_; }
  // Occurrences in its fields, by their weights.
  double Frequency() const;

 private:
  DocId Settle(DocId doc) {
    if (!fields_.IsAll()) {
      while (doc != kNoDoc && !cursor_.InFields(fields_)) doc = cursor_.Next();
    }
    return doc_ = doc;
  }

  const InvertedIndex* index_;
  const Term* term_;
  FieldSet fields_;
  PostingCursor cursor_;
};

// What any child matches. O(log children + d).
class UnionIterator : public Iterator {
 public:
  explicit UnionIterator(std::vector<IteratorPtr> children);

  DocId Next() override;
  DocId SkipTo(DocId id) override;
  uint64_t Estimate() const override { return estimate_; }
  double Score(const Ranking& ranking, const DocStats& stats) const override;
  bool AppendPlaces(std::vector<uint64_t>* places) const override;
  void AppendTerms(std::vector<const TermIterator*>* terms) const override;

 protected:
  std::vector<IteratorPtr> children_;  // in the query's order

 private:
  DocId Top();
  // By document, the least first.
  std::vector<Iterator*> heap_;
  uint64_t estimate_ = 0;
};

// The forms of one word: the word, what shares its stem, and the stem as a word. Ranked as if they were one term, so that a frequent
// word does not count for rare through a rare form of it.
class FormsIterator final : public UnionIterator {
 public:
  // Each may be missing.
  struct Forms {
    std::unique_ptr<TermIterator> word;
    std::unique_ptr<TermIterator> same_stem;
    std::unique_ptr<TermIterator> stem;  // where it is not the word
    bool word_is_stem = false;
  };
  static IteratorPtr Of(Forms forms);

  double Score(const Ranking& ranking, const DocStats& stats) const override;

 private:
  struct Members {
    const TermIterator* word;
    const TermIterator* same_stem;
    const TermIterator* stem;
    bool word_is_stem;
  };
  FormsIterator(std::vector<IteratorPtr> children, const Members& members)
      : UnionIterator(std::move(children)), members_(members) {}

  Members members_;
};

// What all children match, and, with a slop, match near each other. O(children * d) for each document that the rarest matches.
class IntersectionIterator final : public Iterator {
 public:
  struct Nearness {
    static constexpr int64_t kAnywhere = -1;
    int64_t slop = kAnywhere;  // words allowed between, in all
    bool in_order = false;
  };
  IntersectionIterator(std::vector<IteratorPtr> children, const Nearness& nearness);
  explicit IntersectionIterator(std::vector<IteratorPtr> children)
      : IntersectionIterator(std::move(children), Nearness()) {}

  DocId Next() override { return doc_ == kNoDoc ? kNoDoc : Agree(order_[0]->Next()); }
  DocId SkipTo(DocId id) override { return Agree(order_[0]->Reach(id)); }
  uint64_t Estimate() const override { return order_[0]->Estimate(); }
  double Score(const Ranking& ranking, const DocStats& stats) const override;
  bool AppendPlaces(std::vector<uint64_t>* places) const override;
  void AppendTerms(std::vector<const TermIterator*>* terms) const override;

 private:
  DocId Agree(DocId doc);
  bool AreNear();

  std::vector<IteratorPtr> children_;
  std::vector<Iterator*> order_;  // the rarest first
  Nearness nearness_;
  std::vector<std::vector<uint64_t>> places_;
};

// Live documents that the child does not match.
class NotIterator final : public Iterator {
 public:
  NotIterator(IteratorPtr child, const IdTable<DocStats>* all) : child_(std::move(child)), all_(all) {}
  DocId Next() override { return doc_ == kNoDoc ? kNoDoc : SkipTo(doc_ + 1); }
  DocId SkipTo(DocId id) override;
  uint64_t Estimate() const override { return all_->size(); }

 private:
  IteratorPtr child_;
  const IdTable<DocStats>* all_;
};

// All live documents; those that the child matches rank higher.
class OptionalIterator final : public Iterator {
 public:
  OptionalIterator(IteratorPtr child, const IdTable<DocStats>* all) : child_(std::move(child)), all_(all) {}
  DocId Next() override { return doc_ == kNoDoc ? kNoDoc : SkipTo(doc_ + 1); }
  DocId SkipTo(DocId id) override {
    doc_ = all_->Next(id);
    if (doc_ != kNoDoc) child_->Reach(doc_);
    return doc_;
  }
  uint64_t Estimate() const override { return all_->size(); }
  double Score(const Ranking& ranking, const DocStats& stats) const override {
    return child_->doc() == doc_ ? weight_ * child_->Score(ranking, stats) : 0;
  }
  void AppendTerms(std::vector<const TermIterator*>* terms) const override {
    if (child_->doc() == doc_) child_->AppendTerms(terms);
  }

 private:
  IteratorPtr child_;
  const IdTable<DocStats>* all_;
};

// Whether one place can be taken from each list such that at most `slop` words lie between them in all.
bool ArePlacesNear(std::span<const std::vector<uint64_t>> places, uint64_t slop, bool in_order);

// The document's score, whole: its terms, the slop and its own score.
double ScoreDocument(const Iterator& matched, const Ranking& ranking, const DocStats& stats);

}  // namespace kvorum
