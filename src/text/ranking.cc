#include "text/ranking.h"

#include <algorithm>
#include <array>
#include <utility>

#include "text/unicode.h"

namespace kvorum {

std::optional<Scorer> ScorerNamed(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Scorer>, 9> kScorers = {
      {{"BM25STD", Scorer::kBm25Std},
       {"BM25STD.NORM", Scorer::kBm25StdNorm},
       {"BM25STD.TANH", Scorer::kBm25StdTanh},
       {"BM25", Scorer::kBm25Std},
       {"TFIDF", Scorer::kTfIdf},
       {"TFIDF.DOCNORM", Scorer::kTfIdfDocNorm},
       {"DISMAX", Scorer::kDisMax},
       {"DOCSCORE", Scorer::kDocScore},
       {"HAMMING", Scorer::kHamming}}};
  const std::string upper = UpperCase(name);
  for (const auto& [known, scorer] : kScorers) {
    if (upper == known) return scorer;
  }
  return std::nullopt;
}

double Ranking::TermScore(double tf, double in_documents, const DocStats& stats) const {
  // Lists may still hold removed documents.
  const double n = std::min(in_documents, documents);
  switch (scorer) {
    case Scorer::kTfIdf:
    case Scorer::kTfIdfDocNorm: {
      const double norm = scorer == Scorer::kTfIdf ? stats.max_frequency : stats.length;
      return norm <= 0 || n <= 0 ? 0 : tf / norm * std::log2(1 + documents / n);
    }
    case Scorer::kDisMax:
      return tf;
    case Scorer::kDocScore:
    case Scorer::kHamming:
      return 0;
    default: {
      const double idf = std::log(1 + (documents - n + 0.5) / (n + 0.5));
      const double length = average_length > 0 ? stats.length / average_length : 1;
      return idf * tf * (kBm25K1 + 1) / (tf + kBm25K1 * (1 - kBm25B + kBm25B * length));
    }
  }
}

}  // namespace kvorum
