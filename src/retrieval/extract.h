// Answers without a language model: the sentences of the passages found that answer the question best, and whether they do.
//
// A sentence is judged by how much of what the question says it has, itself or in the sentence before (words weigh by how rare they
// are), words that stand beside each other in both, likeness of their vectors, and whether it has what the question asks for: a
// person, a time, a number, a place. The weights were set on half of XQuAD (bench/answer_quality.cc).
//
// Threads: one at a time. Complexity: O(bytes of the passages).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retrieval/sentences.h"

namespace kvorum {

class StaticEmbedder;

enum class AnswerKind : uint8_t { kAnything, kPerson, kTime, kNumber, kPlace };

// What a question asks for, by its words.
AnswerKind KindAskedFor(std::string_view question);

struct FoundPassage {
  std::string_view text;
  double score = 0;  // FuseHybrid's
};

struct PassageAnswer {
  size_t passage = 0;               // its place in what was given
  double score = 0;                 // what answers are ordered by
  double confidence = 0;            // the chance that this passage alone answers the question
  std::vector<TextSpan> sentences;  // one or two, in the order of the text; none where the passage has none
};

struct ExtractedAnswer {
  // The chance that the best passage answers the question, 0 to 1; below kLeastConfidence: "not in your documents".
  double confidence = 0;
  bool found() const;
  std::vector<PassageAnswer> passages;  // best first; all that were given
};

inline constexpr double kLeastConfidence = 0.5;
inline bool ExtractedAnswer::found() const { return confidence >= kLeastConfidence; }

class AnswerExtractor {
 public:
  // `embedder`, the built-in one, gives weights of words and vectors of sentences; it outlives the extractor.
  explicit AnswerExtractor(StaticEmbedder* embedder);

  // `passages` best first: the more, the better they are re-ranked; five to ten are enough.
  ExtractedAnswer Extract(std::string_view question, std::span<const FoundPassage> passages);

 private:
  StaticEmbedder* embedder_;
};

}  // namespace kvorum
