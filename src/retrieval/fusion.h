// Rank fusion: several rankings of the same passages (by words, by vectors) as one; and passages that say the same, once.
//
// Threads: no state. Everything is deterministic: equal scores are ordered by id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace kvorum {

struct Ranked {
  uint64_t id = 0;  // the caller's
  double score = 0;
  bool operator==(const Ranked&) const = default;
};

enum class ScoreScale {
  kAsIs,   // scores of fixed meaning, as cosines
  kBest,   // divided by the best one of the list, if that is above 0: BM25's, whose size depends on the question
  kRange,  // moved and scaled so that the list's best is 1 and its last 0
};

// One ranking, best first; an id once at most.
struct RankedList {
  std::span<const Ranked> entries;
  double weight = 1;
  ScoreScale scale = ScoreScale::kBest;
  // What passages get that the list lacks: its last one's score, as they are no better (where the list was cut off), or 0.
  bool missing_is_last = false;
};

// Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): the sum of weight / (k + rank), ranks from 1. Needs no scores.
// Complexity: O(n log n).
std::vector<Ranked> FuseByRank(std::span<const RankedList> lists, double k = 60);

// The sum of weight * scaled score.
std::vector<Ranked> FuseByScore(std::span<const RankedList> lists);

// What does best on measured questions (bench/answer_quality.cc): words by BM25 scores, divided by the best, plus vectors by
// cosine similarity. (What FT.SEARCH calls the distance is 1 - similarity.)
std::vector<Ranked> FuseHybrid(std::span<const Ranked> by_words, std::span<const Ranked> by_similarity);

// The numbers of the texts to keep, ascending: a text is left out when most of its runs of four words are in one that is kept
// before it, or the other way round (as with chunks that overlap, or a document that is there twice). `most`: 0 to 1.
// Complexity: O(words * texts kept).
std::vector<size_t> WithoutNearDuplicates(std::span<const std::string_view> texts, double most = 0.8);

}  // namespace kvorum
