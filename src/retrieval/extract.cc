#include "retrieval/extract.h"

#include <algorithm>
#include <cmath>

#include "embedding/static_embedder.h"
#include "retrieval/question.h"

namespace kvorum {
namespace {

// How a sentence's matches are weighed, against 1 for coverage.
constexpr double kPairsWeight = 0.3;
constexpr double kLikenessWeight = 0.5;
constexpr double kKindWeight = 0.3;
constexpr double kBeforeWeight = 0.15;
// What follows the best sentence often has the answer, or explains it.
constexpr double kFollowingBonus = 0.15;
// A line without a full stop is a heading or an entry of a list, where there are sentences beside it.
constexpr double kFragmentMalus = 0.3;
// A sentence that is not to be cited.
constexpr double kNever = -1;
// A passage's best sentence against what the passage was found by.
constexpr double kSentenceWeight = 1;

// Logistic regression: answered questions of XQuAD's one half against the same ones without the article that answers them.
double Confidence(double passage_coverage, const SentenceMatch& best) {
  const double sum = 7.6 * passage_coverage + 1.7 * best.coverage + 6.1 * best.likeness + 4.4 * best.pairs - 7.3;
  return 1 / (1 + std::exp(-sum));
}

bool IsFragment(std::string_view sentence) {
  static constexpr std::string_view kEnds = ".!?:;\"')]";
  const bool is_ascii = static_cast<unsigned char>(sentence.back()) < 0x80;
  return is_ascii && kEnds.find(sentence.back()) == kEnds.npos;
}

PassageAnswer Judge(const QuestionProfile& question, const FoundPassage& passage, size_t number) {
  PassageAnswer judged;
  SentenceMatch most;  // of its sentences in each respect
  judged.passage = number;
  judged.score = passage.score;
  const std::vector<TextSpan> sentences = SplitSentences(passage.text);
  if (sentences.empty()) return judged;
  std::vector<double> scores;
  scores.reserve(sentences.size());
  std::vector<bool> before;
  std::vector<bool> anywhere;
  const auto text_of = [&](const TextSpan& span) { return passage.text.substr(span.begin, span.end - span.begin); };
  const bool has_whole =
      std::any_of(sentences.begin(), sentences.end(), [&](const TextSpan& span) { return !IsFragment(text_of(span)); });
  for (const TextSpan& span : sentences) {
    const SentenceMatch match = question.Match(text_of(span), before);
    const double malus = has_whole && IsFragment(text_of(span)) ? kFragmentMalus : 0;
    const double score = match.coverage + kPairsWeight * match.pairs + kLikenessWeight * match.likeness +
                         kKindWeight * match.kind + kBeforeWeight * match.coverage_with_before - malus;
    // What only repeats the question, as its heading does, answers nothing.
    scores.push_back(match.says_more ? std::max(score, 0.0) : kNever);
    most.coverage = std::max(most.coverage, match.coverage);
    most.likeness = std::max(most.likeness, match.likeness);
    most.pairs = std::max(most.pairs, match.pairs);
    anywhere.resize(match.words.size());
    for (size_t i = 0; i < anywhere.size(); ++i) anywhere[i] = anywhere[i] || match.words[i];
    before = match.words;
  }
  const auto best = static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  if (scores[best] == kNever) return judged;
  judged.confidence = Confidence(question.Coverage(anywhere), most);
  judged.score += kSentenceWeight * scores[best];
  judged.sentences.push_back(sentences[best]);
  if (best + 1 < scores.size() && scores[best + 1] != kNever) scores[best + 1] += kFollowingBonus;
  scores[best] = kNever;
  const auto second = static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  if (scores[second] != kNever) {
    judged.sentences.insert(judged.sentences.begin() + (second > best ? 1 : 0), sentences[second]);
  }
  return judged;
}

}  // namespace

AnswerExtractor::AnswerExtractor(StaticEmbedder* embedder) : embedder_(embedder) {}

ExtractedAnswer AnswerExtractor::Extract(std::string_view question, std::span<const FoundPassage> passages) {
  const QuestionProfile profile(question, embedder_);
  ExtractedAnswer answer;
  answer.passages.reserve(passages.size());
  for (size_t i = 0; i < passages.size(); ++i) answer.passages.push_back(Judge(profile, passages[i], i));
  std::stable_sort(answer.passages.begin(), answer.passages.end(),
                   [](const PassageAnswer& a, const PassageAnswer& b) { return a.score > b.score; });
  if (!answer.passages.empty()) answer.confidence = answer.passages[0].confidence;
  return answer;
}

}  // namespace kvorum
