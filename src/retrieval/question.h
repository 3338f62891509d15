// A question, prepared to be compared with many sentences. Used by retrieval/extract.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "retrieval/extract.h"

namespace kvorum {

// All from 0 to 1.
struct SentenceMatch {
  double coverage = 0;              // the share of the question's weight that the sentence has
  double coverage_with_before = 0;  // ... that it and the sentence before have
  double pairs = 0;                 // the share of words beside each other in the question that are so in the sentence
  double likeness = 0;              // cosine of the vectors, none below 0
  double kind = 0;                  // 1 if the sentence has what the question asks for
  std::vector<bool> words;          // which of the question's words it has
  bool says_more = false;           // it has words that the question does not have; those of its headings often do not
};

class QuestionProfile {
 public:
  QuestionProfile(std::string_view question, StaticEmbedder* embedder);

  // `before` is the `words` of the sentence before, or empty.
  SentenceMatch Match(std::string_view sentence, const std::vector<bool>& before) const;

  // The share of the question's weight in these of its words (SentenceMatch::words); 0 where none says anything.
  double Coverage(const std::vector<bool>& words) const;

 private:
  bool HasKind(std::string_view sentence) const;

  StaticEmbedder* embedder_;
  AnswerKind kind_;
  std::vector<std::string> stems_;  // of the words that say something, each once
  std::vector<double> weights_;
  double weight_sum_ = 0;
  std::vector<std::pair<std::string, std::string>> pairs_;
  std::vector<std::string> folded_;  // all its words
  std::vector<float> vector_;
};

}  // namespace kvorum
