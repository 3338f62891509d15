#include "text/iterator.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace kvorum {

DocId ListIterator::SkipTo(DocId id) {
  const auto found = std::lower_bound(ids_.begin() + static_cast<ptrdiff_t>(next_), ids_.end(), id);
  next_ = static_cast<size_t>(found - ids_.begin());
  return Next();
}

double TermIterator::Frequency() const {
  double frequency = 0;
  cursor_.ForEachField([&](uint64_t field, uint64_t count) {
    if (fields_.Has(field)) frequency += static_cast<double>(count) * static_cast<double>(index_->weight(field));
  });
  return frequency;
}

// --- Union

namespace {
bool IsLater(const Iterator* a, const Iterator* b) { return a->doc() > b->doc(); }
}  // namespace

UnionIterator::UnionIterator(std::vector<IteratorPtr> children) : children_(std::move(children)) {
  for (const IteratorPtr& child : children_) {
    heap_.push_back(child.get());
    estimate_ += child->Estimate();
  }
}

DocId UnionIterator::Top() { return doc_ = heap_.empty() ? kNoDoc : heap_.front()->doc(); }

DocId UnionIterator::Next() {
  if (doc_ == kNoDoc) return kNoDoc;
  return SkipTo(doc_ + 1);
}

DocId UnionIterator::SkipTo(DocId id) {
  while (!heap_.empty() && heap_.front()->doc() < id) {
    Iterator* child = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), IsLater);
    if (child->SkipTo(id) == kNoDoc) {
      heap_.pop_back();
    } else {
      std::push_heap(heap_.begin(), heap_.end(), IsLater);
    }
  }
  return Top();
}

double UnionIterator::Score(const Ranking& ranking, const DocStats& stats) const {
  double sum = 0, greatest = 0;
  for (const IteratorPtr& child : children_) {
    if (child->doc() != doc_) continue;
    const double score = child->Score(ranking, stats);
    sum += score;
    greatest = std::max(greatest, score);
  }
  return weight_ * (ranking.scorer == Scorer::kDisMax ? greatest : sum);
}

bool UnionIterator::AppendPlaces(std::vector<uint64_t>* places) const {
  bool any = false;
  for (const IteratorPtr& child : children_) {
    if (child->doc() == doc_ && child->AppendPlaces(places)) any = true;
  }
  return any;
}

void UnionIterator::AppendTerms(std::vector<const TermIterator*>* terms) const {
  for (const IteratorPtr& child : children_) {
    if (child->doc() == doc_) child->AppendTerms(terms);
  }
}

// --- Forms

IteratorPtr FormsIterator::Of(Forms forms) {
  std::vector<IteratorPtr> children;
  const Members members{forms.word.get(), forms.same_stem.get(), forms.stem.get(), forms.word_is_stem};
  if (forms.word != nullptr) children.push_back(std::move(forms.word));
  if (forms.same_stem != nullptr) children.push_back(std::move(forms.same_stem));
  if (forms.stem != nullptr) children.push_back(std::move(forms.stem));
  if (children.empty()) return std::make_unique<EmptyIterator>();
  if (children.size() == 1) return std::move(children[0]);
  return IteratorPtr(new FormsIterator(std::move(children), members));
}

double FormsIterator::Score(const Ranking& ranking, const DocStats& stats) const {
  auto frequency = [this](const TermIterator* form) {
    return form != nullptr && form->doc() == doc_ ? form->Frequency() : 0.0;
  };
  auto documents = [](const TermIterator* form) {
    return form != nullptr ? static_cast<double>(form->Estimate()) : 0.0;
  };
  double tf = frequency(members_.word), n = documents(members_.word);
  if (members_.word_is_stem) {
    tf += frequency(members_.same_stem);
    n += documents(members_.same_stem);
  } else {
    // The list of the stem has the word's occurrences too, but for those in fields without stems.
    tf = std::max(tf, frequency(members_.same_stem)) + frequency(members_.stem);
    n = std::max(n, documents(members_.same_stem)) + documents(members_.stem);
  }
  return weight_ * ranking.TermScore(tf, n, stats);
}

// --- Intersection

IntersectionIterator::IntersectionIterator(std::vector<IteratorPtr> children, const Nearness& nearness)
    : children_(std::move(children)), nearness_(nearness), places_(children_.size()) {
  CHECK(!children_.empty());
  for (const IteratorPtr& child : children_) order_.push_back(child.get());
  std::stable_sort(order_.begin(), order_.end(),
                   [](const Iterator* a, const Iterator* b) { return a->Estimate() < b->Estimate(); });
}

DocId IntersectionIterator::Agree(DocId doc) {
  while (doc != kNoDoc) {
    size_t agreed = 1;
    while (agreed < order_.size()) {
      const DocId other = order_[agreed]->Reach(doc);
      if (other != doc) {
        doc = other == kNoDoc ? kNoDoc : order_[0]->Reach(other);
        break;
      }
      ++agreed;
    }
    if (doc == kNoDoc) break;
    if (agreed < order_.size()) continue;
    if (nearness_.slop == Nearness::kAnywhere || AreNear()) break;
    doc = order_[0]->Next();
  }
  return doc_ = doc;
}

bool IntersectionIterator::AreNear() {
  size_t used = 0;
  for (const IteratorPtr& child : children_) {
    places_[used].clear();
    // An index that keeps no positions finds the words anywhere.
    if (!child->AppendPlaces(&places_[used]) || places_[used].empty()) continue;
    std::sort(places_[used].begin(), places_[used].end());
    places_[used].erase(std::unique(places_[used].begin(), places_[used].end()), places_[used].end());
    ++used;
  }
  return ArePlacesNear(std::span(places_).first(used), static_cast<uint64_t>(nearness_.slop), nearness_.in_order);
}

double IntersectionIterator::Score(const Ranking& ranking, const DocStats& stats) const {
  double sum = 0;
  for (const IteratorPtr& child : children_) sum += child->Score(ranking, stats);
  return weight_ * sum;
}

bool IntersectionIterator::AppendPlaces(std::vector<uint64_t>* places) const {
  bool any = false;
  for (const IteratorPtr& child : children_) any = child->AppendPlaces(places) || any;
  return any;
}

void IntersectionIterator::AppendTerms(std::vector<const TermIterator*>* terms) const {
  for (const IteratorPtr& child : children_) child->AppendTerms(terms);
}

// --- Not

DocId NotIterator::SkipTo(DocId id) {
  doc_ = all_->Next(id);
  while (doc_ != kNoDoc && child_->Reach(doc_) == doc_) doc_ = all_->Next(doc_ + 1);
  return doc_;
}

// --- Nearness

namespace {

bool AreNearInOrder(std::span<const std::vector<uint64_t>> places, uint64_t span) {
  std::vector<size_t> at(places.size(), 0);
  for (uint64_t first : places[0]) {
    uint64_t last = first;
    for (size_t i = 1; i < places.size(); ++i) {
      while (at[i] < places[i].size() && places[i][at[i]] <= last) ++at[i];
      if (at[i] == places[i].size()) return false;
      last = places[i][at[i]];
    }
    if (last - first <= span) return true;
  }
  return false;
}

bool AreNearInAnyOrder(std::span<const std::vector<uint64_t>> places, uint64_t span) {
  // Moves on whichever list stands least; of two at the same place (the same word asked for twice), one.
  std::vector<size_t> at(places.size(), 0);
  std::vector<std::pair<uint64_t, size_t>> order(places.size());
  while (true) {
    for (size_t i = 0; i < places.size(); ++i) order[i] = {places[i][at[i]], i};
    std::sort(order.begin(), order.end());
    const auto same =
        std::adjacent_find(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
    if (same == order.end() && order.back().first - order.front().first <= span) return true;
    const size_t moved = same == order.end() ? order.front().second : std::next(same)->second;
    if (++at[moved] == places[moved].size()) return false;
  }
}

}  // namespace

bool ArePlacesNear(std::span<const std::vector<uint64_t>> places, uint64_t slop, bool in_order) {
  if (places.size() < 2) return true;
  const uint64_t span = slop + places.size() - 1;
  return in_order ? AreNearInOrder(places, span) : AreNearInAnyOrder(places, span);
}

// --- Scores

namespace {

// The least distance between a place of one list and one of the other.
uint64_t LeastDistance(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  uint64_t least = UINT64_MAX;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    least = std::min(least, a[i] < b[j] ? b[j] - a[i] : a[i] - b[j]);
    a[i] < b[j] ? ++i : ++j;
  }
  return least;
}

// A distance beyond which words have nothing to do with each other; also between fields.
constexpr uint64_t kFarWords = 100;

double SlopOf(const Iterator& matched) {
  std::vector<const TermIterator*> terms;
  matched.AppendTerms(&terms);
  std::vector<uint64_t> before, places;
  double squares = 0;
  for (const TermIterator* term : terms) {
    places.clear();
    term->AppendPlaces(&places);
    if (places.empty()) continue;
    if (!before.empty()) {
      const auto distance = static_cast<double>(std::min(LeastDistance(before, places), kFarWords));
      squares += distance * distance;
    }
    before.swap(places);
  }
  return squares < 1 ? 1 : std::sqrt(squares);
}

}  // namespace

double ScoreDocument(const Iterator& matched, const Ranking& ranking, const DocStats& stats) {
  const double own = static_cast<double>(stats.score);
  if (ranking.scorer == Scorer::kDocScore) return own;
  double score = matched.Score(ranking, stats);
  if (ranking.UsesSlop() && score > 0) score /= SlopOf(matched);
  if (ranking.scorer == Scorer::kBm25StdTanh) score = std::tanh(score / ranking.tanh_factor);
  return score * own;
}

}  // namespace kvorum
