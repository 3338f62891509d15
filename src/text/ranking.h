// How documents are ranked by relevance: the scorers that RediSearch names, over what an index knows.
//
//   BM25STD          sum over terms of idf * tf (k1 + 1) / (tf + k1 (1 - b + b length / average length)),
//                    idf = ln(1 + (N - n + 0.5) / (n + 0.5))             (Robertson and Zaragoza 2009; Lucene's idf)
//   BM25STD.NORM     the same, and then over the results (score - least) / (greatest - least)
//   BM25STD.TANH     tanh(BM25STD / factor)
//   BM25             the old name of BM25STD
//   TFIDF            sum of tf / (the document's greatest tf) * log2(1 + N / n), divided by the slop
//   TFIDF.DOCNORM    the same with the document's length instead
//   DISMAX           sum of tf; of alternatives the greatest
//   DOCSCORE         the document's own score
//   HAMMING          1 / (1 + bits that differ between the document's payload and the query's)
//
// tf counts occurrences by the weights of their fields. The slop is the root of the sum of the squares of the least distances
// between terms that follow each other in the query; BM25 is without it, because it makes questions of several words find worse
// (bench/retrieval_quality.cc). All but the last two are then multiplied with the document's own score.
// Terms found by prefix and the like count each; filters (numbers, tags, places) count nothing.
//
// Threads: no state.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "text/inverted_index.h"

namespace kvorum {

inline constexpr double kBm25K1 = 1.2;
inline constexpr double kBm25B = 0.75;

enum class Scorer : uint8_t {
  kBm25Std,
  kBm25StdNorm,
  kBm25StdTanh,
  kTfIdf,
  kTfIdfDocNorm,
  kDisMax,
  kDocScore,
  kHamming,
};

// By its name, in any letter case.
std::optional<Scorer> ScorerNamed(std::string_view name);

struct Ranking {
  Scorer scorer = Scorer::kBm25Std;
  double documents = 0;
  double average_length = 0;
  double tanh_factor = 4;

  static Ranking Of(const InvertedIndex& index, Scorer scorer) {
    return {.scorer = scorer,
            .documents = static_cast<double>(index.documents().size()),
            .average_length = index.AverageLength()};
  }

  bool UsesSlop() const { return scorer == Scorer::kTfIdf || scorer == Scorer::kTfIdfDocNorm; }

  // What a term in `in_documents` documents that stands `tf` times in this one gives.
  double TermScore(double tf, double in_documents, const DocStats& stats) const;
};

}  // namespace kvorum
