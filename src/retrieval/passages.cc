#include "retrieval/passages.h"

#include <algorithm>

namespace kvorum {
namespace {

// So many are looked at sentence by sentence however few are wanted: the best may be the tenth by words and vectors.
constexpr size_t kLeastJudged = 10;

}  // namespace

PassageRanking RankPassages(std::string_view question, std::span<const Ranked> by_words,
                            std::span<const Ranked> by_similarity,
                            const std::function<std::string_view(uint64_t)>& text_of, const RankOptions& options,
                            AnswerExtractor* extractor) {
  const std::vector<Ranked> fused = FuseHybrid(by_words, by_similarity);
  const size_t judged = std::max(options.count, kLeastJudged);
  // Twice as many as are judged, as some are left out.
  std::vector<std::string_view> texts;
  for (size_t i = 0; i < fused.size() && i < 2 * judged; ++i) texts.push_back(text_of(fused[i].id));
  std::vector<size_t> kept = WithoutNearDuplicates(texts);
  kept.resize(std::min(kept.size(), judged));
  std::vector<FoundPassage> found;
  PassageRanking ranking;
  for (size_t i : kept) {
    found.push_back({texts[i], fused[i].score});
    ranking.passages.push_back({fused[i].id, fused[i].score, 0, {}});
  }
  if (extractor != nullptr) {
    ExtractedAnswer answer = extractor->Extract(question, found);
    ranking.confidence = answer.confidence;
    std::vector<RankedPassage> ordered;
    for (PassageAnswer& passage : answer.passages) {
      RankedPassage& own = ranking.passages[passage.passage];
      own.sentences = std::move(passage.sentences);
      own.confidence = passage.confidence;
      if (!options.by_sentences) continue;
      ordered.push_back(std::move(own));
      ordered.back().score = passage.score;
    }
    if (options.by_sentences) ranking.passages = std::move(ordered);
  }
  ranking.passages.resize(std::min(ranking.passages.size(), options.count));
  return ranking;
}

}  // namespace kvorum
