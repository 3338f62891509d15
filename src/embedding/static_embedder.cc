#include "embedding/static_embedder.h"

#include <algorithm>
#include <cmath>

#include "embedding/subword.h"
#include "text/tokenizer.h"

namespace kvorum {
namespace {

constexpr double kFrequencyScale = 1e-4;  // `a` in the header
constexpr size_t kMaxSeen = 1 << 16;

}  // namespace

StaticEmbedder::StaticEmbedder(const StaticModel* model)
    : model_(model), identity_("builtin:" + model->name()), spelled_(model->dimension()) {}

const StaticEmbedder::Word& StaticEmbedder::Look(std::string_view folded_word) {
  std::string key(folded_word);
  const auto found = seen_.find(key);
  if (found != seen_.end()) return found->second;
  const std::string_view stem =
      folded_word.size() < kMinStemLetters ? folded_word : stemmers_.Stem(Language::kEnglish, folded_word);
  Word word{model_->Find(stem), 1, {}};
  if (word.number == StaticModel::kNoWord) {
    word.stem = stem;
  } else {
    word.weight = static_cast<float>(kFrequencyScale / (kFrequencyScale + model_->Frequency(word.number)));
  }
  return seen_.emplace(std::move(key), std::move(word)).first->second;
}

float StaticEmbedder::WordWeight(std::string_view folded_word) {
  if (seen_.size() > kMaxSeen) seen_.clear();
  return Look(folded_word).weight;
}

void StaticEmbedder::EmbedOne(std::string_view text, float* out) {
  const size_t dimension = model_->dimension();
  std::fill_n(out, dimension, 0.0F);
  if (seen_.size() > kMaxSeen) seen_.clear();
  words_.clear();
  Tokenizer tokenizer(text);
  for (Token token; tokenizer.Next(&token);) words_.push_back(&Look(token.text));
  // Different forms of a word are one word.
  std::sort(words_.begin(), words_.end(), [](const Word* a, const Word* b) {
    return a->number != b->number ? a->number < b->number : a->stem < b->stem;
  });
  for (size_t begin = 0, end = 0; begin < words_.size(); begin = end) {
    const Word& word = *words_[begin];
    while (end < words_.size() && words_[end]->number == word.number && words_[end]->stem == word.stem) ++end;
    const float weight = word.weight * (1 + std::log(static_cast<float>(end - begin)));
    if (word.number != StaticModel::kNoWord) {
      model_->Add(word.number, weight, out);
    } else {
      SubwordVector(word.stem, dimension, spelled_.data());
      for (size_t i = 0; i < dimension; ++i) out[i] += weight * spelled_[i];
    }
  }
  double square = 0;
  for (size_t i = 0; i < dimension; ++i) square += double{out[i]} * out[i];
  if (square == 0) return;
  const auto scale = static_cast<float>(1 / std::sqrt(square));
  for (size_t i = 0; i < dimension; ++i) out[i] *= scale;
}

EmbedError StaticEmbedder::Embed(std::span<const std::string_view> texts, EmbedPurpose, std::vector<float>* vectors) {
  vectors->resize(texts.size() * dimension());
  for (size_t i = 0; i < texts.size(); ++i) EmbedOne(texts[i], vectors->data() + i * dimension());
  return {};
}

std::unique_ptr<StaticEmbedder> MakeBuiltInEmbedder() { return std::make_unique<StaticEmbedder>(&BuiltInModel()); }

}  // namespace kvorum
