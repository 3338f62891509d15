#include "training/trainer.h"

#include <algorithm>
#include <cmath>

#include "embedding/subword.h"

namespace kvorum {
namespace {

void Normalize(float* vector, size_t dimension) {
  double square = 0;
  for (size_t i = 0; i < dimension; ++i) square += double{vector[i]} * vector[i];
  const auto scale = static_cast<float>(1 / std::sqrt(std::max(square, 1e-12)));
  for (size_t i = 0; i < dimension; ++i) vector[i] *= scale;
}

// Takes from unit vectors what all have in common: their mean, weighted by how much each says in texts, all in all.
void RemoveMean(std::vector<float>* vectors, size_t dimension, const Corpus& corpus, size_t words) {
  constexpr double kScale = 1e-4;
  std::vector<double> mean(dimension);
  double weights = 0;
  for (size_t word = 0; word < words; ++word) {
    const double share = corpus.counts()[word] / static_cast<double>(corpus.total());
    const double weight = kScale / (kScale + share) * share;
    weights += weight;
    for (size_t i = 0; i < dimension; ++i) mean[i] += weight * double{(*vectors)[word * dimension + i]};
  }
  for (size_t word = 0; word < words; ++word) {
    for (size_t i = 0; i < dimension; ++i) {
      (*vectors)[word * dimension + i] -= static_cast<float>(mean[i] / weights);
    }
  }
}

}  // namespace

StaticModelParts TrainModel(Corpus* corpus, const TrainingOptions& options) {
  corpus->Limit(options.least_count, options.contexts);
  const size_t words = std::min(options.words, corpus->names().size());
  StaticModelParts parts;
  parts.name = options.name;
  parts.trained_on = corpus->total();
  parts.dimension = options.factors.dimension;
  parts.vectors = LeadingFactors(MutualInformation(*corpus, options.cooccurrence), options.factors);
  parts.vectors.resize(words * parts.dimension);
  parts.words.assign(corpus->names().begin(), corpus->names().begin() + static_cast<ptrdiff_t>(words));
  parts.counts.assign(corpus->counts().begin(), corpus->counts().begin() + static_cast<ptrdiff_t>(words));
  for (size_t word = 0; word < words; ++word) Normalize(&parts.vectors[word * parts.dimension], parts.dimension);
  RemoveMean(&parts.vectors, parts.dimension, *corpus, words);
  std::vector<float> spelling(parts.dimension);
  for (size_t word = 0; word < words; ++word) {
    float* vector = &parts.vectors[word * parts.dimension];
    Normalize(vector, parts.dimension);
    SubwordVector(parts.words[word], parts.dimension, spelling.data());
    for (size_t i = 0; i < parts.dimension; ++i) vector[i] += static_cast<float>(options.spelling) * spelling[i];
    Normalize(vector, parts.dimension);
  }
  return parts;
}

}  // namespace kvorum
