// How well passages answer questions whose answers are known as parts of the documents.
//
// Ranks: recall@k and the reciprocal rank of the first passage that holds an answer whole. Tokens: precision, recall and IoU of what
// was retrieved against what answers (Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval", 2024). A token is a word;
// what overlapping passages repeat counts as often as it is there for precision and IoU, and once for recall.
//
// Threads: no state. Units: offsets count characters (code points of UTF-8), ends are exclusive.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kvorum {

// A part of a text: a document's page, say.
struct DocumentSpan {
  std::string text_id;
  size_t begin = 0;
  size_t end = 0;
  bool operator==(const DocumentSpan&) const = default;
};

// Where the words of each text begin: runs of what is not ASCII white space.
class WordIndex {
 public:
  // O(bytes). A text that is there already is replaced.
  void Add(const std::string& text_id, std::string_view text);
  // How many words begin in [begin, end) of the text; 0 if it was not added. O(log words).
  size_t CountWithin(const std::string& text_id, size_t begin, size_t end) const;
  size_t Count(const DocumentSpan& span) const { return CountWithin(span.text_id, span.begin, span.end); }

 private:
  std::unordered_map<std::string, std::vector<size_t>> starts_;
};

struct SpanScores {
  double precision = 0;
  double recall = 0;
  double iou = 0;
};

// One question. `answers`: places where the answer stands, any of which does: the one that scores best by IoU counts. Where nothing
// was retrieved all is zero. O(answers * retrieved * log words).
SpanScores ScoreSpans(const WordIndex& words, std::span<const DocumentSpan> answers,
                      std::span<const DocumentSpan> retrieved);

// From 1; 0 if none of the passages holds one of the answers whole.
size_t RankOfAnswer(std::span<const DocumentSpan> answers, std::span<const DocumentSpan> retrieved);

}  // namespace kvorum
