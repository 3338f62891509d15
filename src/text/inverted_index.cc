#include "text/inverted_index.h"

#include <algorithm>

#include "base/check.h"
#include "text/tokenizer.h"

namespace kvorum {

InvertedIndex::InvertedIndex(const Options& options, StopWords stop_words)
    : fields_(options.fields),
      stop_words_(std::move(stop_words)),
      format_{.occurrences = true, .fields = !options.one_field, .positions = options.positions},
      frequencies_(options.frequencies),
      terms_(options.suffixes),
      next_position_(options.fields.size()) {
  CHECK(fields_.size() <= kMaxTextFields);
}

void InvertedIndex::AddText(size_t field, Language language, std::string_view text) {
  const TextFieldOptions& options = fields_[field];
  uint32_t& base = next_position_[field];
  Tokenizer tokenizer(text, language);
  Token token;
  const uint32_t begin = base;
  while (tokenizer.Next(&token)) {
    // Stop words take no place, here as in queries, so phrases with them are found.
    if (stop_words_.Has(token.text)) continue;
    const Occurrence occurrence{static_cast<uint32_t>(field), base++};
    AddOccurrence(token.text, occurrence);
    length_ += options.weight;
    if (!options.stems) continue;
    const std::string_view stem = stemmers_.Stem(language, token.text);
    if (stem == token.text) continue;
    marked_.assign(1, kStemMark);
    marked_ += stem;
    AddOccurrence(marked_, occurrence);
  }
  if (base > begin) base += kValueGap;
}

void InvertedIndex::AddTerm(size_t field, std::string_view term) {
  AddOccurrence(term, {static_cast<uint32_t>(field), next_position_[field]});
  next_position_[field] += kValueGap;
  length_ += fields_[field].weight;
}

void InvertedIndex::Finish(DocId id, float score) {
  std::sort(pending_.begin(), pending_.end(), [](const Pending& a, const Pending& b) {
    if (a.term != b.term) return a.term < b.term;
    return a.occurrence < b.occurrence;
  });
  DocStats stats{.length = length_, .score = score};
  std::vector<Occurrence> occurrences;
  for (size_t begin = 0; begin < pending_.size();) {
    Term* term = pending_[begin].term;
    size_t end = begin;
    float frequency = 0;
    occurrences.clear();
    for (; end < pending_.size() && pending_[end].term == term; ++end) {
      const Occurrence& occurrence = pending_[end].occurrence;
      if (!frequencies_ && !occurrences.empty() && occurrences.back().field == occurrence.field) continue;
      occurrences.push_back(occurrence);
      frequency += fields_[occurrence.field].weight;
    }
    stats.max_frequency = std::max(stats.max_frequency, frequency);
    postings_bytes_ += term->postings.Append(format_, id, occurrences);
    ++records_;
    begin = end;
  }
  total_length_ += stats.length;
  documents_.Put(id, stats);
  pending_.clear();
  std::fill(next_position_.begin(), next_position_.end(), 0);
  length_ = 0;
}

bool InvertedIndex::Remove(DocId id) {
  const DocStats* stats = documents_.Find(id);
  if (stats == nullptr) return false;
  total_length_ -= stats->length;
  documents_.Erase(id);
  if (documents_.size() == 0) total_length_ = 0;
  sweep_.CountRemoved();
  return true;
}

size_t InvertedIndex::Collect(size_t blocks) {
  const Postings::Compacted done = sweep_.Step(&terms_, format_, blocks, [this](DocId id) { return IsLive(id); });
  records_ -= done.entries;
  postings_bytes_ += done.bytes;
  return done.entries;
}

size_t InvertedIndex::MemoryBytes() const {
  return terms_.MemoryBytes() + documents_.MemoryBytes() + static_cast<size_t>(postings_bytes_);
}

void InvertedIndex::Validate() const {
  terms_.Validate();
  uint64_t records = 0;
  size_t bytes = 0;
  for (const Term* term = terms_.First(); term != nullptr; term = terms_.After(term->text())) {
    term->postings.Validate(format_);
    CHECK(term->postings.size() > 0);
    records += term->postings.size();
    bytes += term->postings.MemoryBytes();
  }
  CHECK(records == records_);
  CHECK(bytes == static_cast<size_t>(postings_bytes_));
}

}  // namespace kvorum
