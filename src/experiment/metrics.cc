#include "experiment/metrics.h"

#include <algorithm>

namespace kvorum {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

struct Range {
  size_t begin;
  size_t end;
};

// Words of the answer that the passages hold: all that they hold counts, and each once.
struct Overlap {
  size_t repeated = 0;
  size_t once = 0;
};

Overlap OverlapOf(const WordIndex& words, const DocumentSpan& answer, std::span<const DocumentSpan> retrieved) {
  Overlap overlap;
  std::vector<Range> parts;
  for (const DocumentSpan& span : retrieved) {
    if (span.text_id != answer.text_id) continue;
    const Range part{std::max(span.begin, answer.begin), std::min(span.end, answer.end)};
    if (part.begin >= part.end) continue;
    overlap.repeated += words.CountWithin(answer.text_id, part.begin, part.end);
    parts.push_back(part);
  }
  std::sort(parts.begin(), parts.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  size_t counted = 0;
  for (const Range& part : parts) {
    const size_t begin = std::max(part.begin, counted);
    if (begin < part.end) overlap.once += words.CountWithin(answer.text_id, begin, part.end);
    counted = std::max(counted, part.end);
  }
  return overlap;
}

double Ratio(size_t part, size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void WordIndex::Add(const std::string& text_id, std::string_view text) {
  std::vector<size_t>& starts = starts_[text_id];
  starts.clear();
  size_t character = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!BeginsCharacter(text[i])) continue;
    if (!IsSpace(text[i]) && (i == 0 || IsSpace(text[i - 1]))) starts.push_back(character);
    ++character;
  }
}

size_t WordIndex::CountWithin(const std::string& text_id, size_t begin, size_t end) const {
  const auto found = starts_.find(text_id);
  if (found == starts_.end() || begin >= end) return 0;
  const std::vector<size_t>& starts = found->second;
  const auto first = std::lower_bound(starts.begin(), starts.end(), begin);
  return static_cast<size_t>(std::lower_bound(first, starts.end(), end) - first);
}

SpanScores ScoreSpans(const WordIndex& words, std::span<const DocumentSpan> answers,
                      std::span<const DocumentSpan> retrieved) {
  size_t retrieved_words = 0;
  for (const DocumentSpan& span : retrieved) retrieved_words += words.Count(span);
  SpanScores best;
  for (const DocumentSpan& answer : answers) {
    const size_t answer_words = words.Count(answer);
    const Overlap overlap = OverlapOf(words, answer, retrieved);
    const SpanScores scores{.precision = Ratio(overlap.repeated, retrieved_words),
                            .recall = Ratio(overlap.once, answer_words),
                            .iou = Ratio(overlap.once, retrieved_words + answer_words - overlap.repeated)};
    if (std::pair(scores.iou, scores.recall) > std::pair(best.iou, best.recall)) best = scores;
  }
  return best;
}

size_t RankOfAnswer(std::span<const DocumentSpan> answers, std::span<const DocumentSpan> retrieved) {
  for (size_t i = 0; i < retrieved.size(); ++i) {
    for (const DocumentSpan& answer : answers) {
      if (retrieved[i].text_id == answer.text_id && retrieved[i].begin <= answer.begin &&
          answer.end <= retrieved[i].end) {
        return i + 1;
      }
    }
  }
  return 0;
}

}  // namespace kvorum
