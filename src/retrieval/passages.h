// RankPassages: what a search by words and one by vectors have found, as the one ranking that answers are made of. The only place
// where that is done: `kvorum ask`, `kvorum experiment` and bench/answer_quality.cc use it.
//
// Threads: one at a time for each extractor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "retrieval/extract.h"
#include "retrieval/fusion.h"

namespace kvorum {

struct RankOptions {
  size_t count = 10;  // passages wanted
  // The order of the best sentences of passages; false: the order in which they were found. Sentences are chosen either way.
  bool by_sentences = true;
};

struct RankedPassage {
  uint64_t id = 0;
  double score = 0;
  double confidence = 0;  // the chance that this one alone answers the question; 0 where there is no extractor
  std::vector<TextSpan>
      sentences;  // of its text, one or two that answer the question best; none where there is no extractor
};

struct PassageRanking {
  double confidence = 0;  // the chance that the passages answer the question, 0 to 1
  bool found() const { return confidence >= kLeastConfidence; }
  std::vector<RankedPassage> passages;  // best first
};

// `by_words`, `by_similarity`: best first, either may be empty; `text_of` an id's text, alive until the end. Of passages that say the
// same only the first counts. `extractor` null: no sentences, and nothing is said of confidence.
PassageRanking RankPassages(std::string_view question, std::span<const Ranked> by_words,
                            std::span<const Ranked> by_similarity,
                            const std::function<std::string_view(uint64_t)>& text_of, const RankOptions& options,
                            AnswerExtractor* extractor);

}  // namespace kvorum
