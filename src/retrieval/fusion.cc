#include "retrieval/fusion.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "text/tokenizer.h"

namespace kvorum {
namespace {

constexpr double kSimilarityWeight = 1;

std::vector<Ranked> Sorted(const std::unordered_map<uint64_t, double>& sums) {
  std::vector<Ranked> result;
  result.reserve(sums.size());
  for (const auto& [id, score] : sums) result.push_back({id, score});
  std::sort(result.begin(), result.end(),
            [](const Ranked& a, const Ranked& b) { return a.score != b.score ? a.score > b.score : a.id < b.id; });
  return result;
}

// score -> (score - base) * factor
struct Scaling {
  double base = 0;
  double factor = 1;
};

Scaling ScalingOf(const RankedList& list) {
  const double best = list.entries.front().score;
  const double last = list.entries.back().score;
  switch (list.scale) {
    case ScoreScale::kAsIs:
      break;
    case ScoreScale::kBest:
      return {0, best > 0 ? 1 / best : 1};
    case ScoreScale::kRange:
      return {last, best > last ? 1 / (best - last) : 1};
  }
  return {};
}

uint64_t Mix(uint64_t hash, uint64_t more) { return (hash ^ more) * 0x9E3779B97F4A7C15 + (hash >> 29); }

// Hashes of each run of four words, ascending and different; of all words, where there are fewer.
std::vector<uint64_t> Shingles(std::string_view text) {
  constexpr size_t kWords = 4;
  std::vector<uint64_t> words;
  Tokenizer tokenizer(text);
  for (Token token; tokenizer.Next(&token);) words.push_back(std::hash<std::string_view>()(token.text));
  std::vector<uint64_t> shingles;
  const size_t length = std::min(kWords, words.size());
  for (size_t i = 0; length > 0 && i + length <= words.size(); ++i) {
    uint64_t hash = length;
    for (size_t k = 0; k < length; ++k) hash = Mix(hash, words[i + k]);
    shingles.push_back(hash);
  }
  std::sort(shingles.begin(), shingles.end());
  shingles.erase(std::unique(shingles.begin(), shingles.end()), shingles.end());
  return shingles;
}

size_t CountCommon(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  size_t common = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    common += a[i] == b[j];
    const bool step_a = a[i] <= b[j];
    const bool step_b = b[j] <= a[i];
    i += step_a;
    j += step_b;
  }
  return common;
}

}  // namespace

std::vector<Ranked> FuseByRank(std::span<const RankedList> lists, double k) {
  std::unordered_map<uint64_t, double> sums;
  for (const RankedList& list : lists) {
    for (size_t i = 0; i < list.entries.size(); ++i) {
      sums[list.entries[i].id] += list.weight / (k + static_cast<double>(i + 1));
    }
  }
  return Sorted(sums);
}

std::vector<Ranked> FuseByScore(std::span<const RankedList> lists) {
  std::unordered_map<uint64_t, double> sums;
  for (const RankedList& list : lists) {
    for (const Ranked& entry : list.entries) sums[entry.id] = 0;
  }
  for (const RankedList& list : lists) {
    if (list.entries.empty()) continue;
    const Scaling scaling = ScalingOf(list);
    const auto scaled = [&](double score) { return list.weight * (score - scaling.base) * scaling.factor; };
    const double missing = list.missing_is_last ? scaled(list.entries.back().score) : 0;
    for (auto& [id, sum] : sums) sum += missing;
    for (const Ranked& entry : list.entries) sums[entry.id] += scaled(entry.score) - missing;
  }
  return Sorted(sums);
}

std::vector<Ranked> FuseHybrid(std::span<const Ranked> by_words, std::span<const Ranked> by_similarity) {
  const RankedList lists[] = {{by_words, 1, ScoreScale::kBest, false},
                              {by_similarity, kSimilarityWeight, ScoreScale::kAsIs, true}};
  return FuseByScore(lists);
}

std::vector<size_t> WithoutNearDuplicates(std::span<const std::string_view> texts, double most) {
  std::vector<size_t> kept;
  std::vector<std::vector<uint64_t>> shingles;  // of those kept
  for (size_t i = 0; i < texts.size(); ++i) {
    std::vector<uint64_t> own = Shingles(texts[i]);
    const bool duplicate = std::any_of(shingles.begin(), shingles.end(), [&](const std::vector<uint64_t>& other) {
      const size_t least = std::min(own.size(), other.size());
      if (least == 0) return own.size() == other.size();
      return static_cast<double>(CountCommon(own, other)) > most * static_cast<double>(least);
    });
    if (duplicate) continue;
    kept.push_back(i);
    shingles.push_back(std::move(own));
  }
  return kept;
}

}  // namespace kvorum
