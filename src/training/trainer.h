// Trains the static word vectors of the built-in embedder from texts.
#pragma once

#include <cstddef>
#include <string>

#include "embedding/static_model.h"
#include "training/corpus.h"
#include "training/factors.h"

namespace kvorum {

struct TrainingOptions {
  std::string name = "english-1";
  uint64_t least_count = 4;  // words seen less often are left out
  size_t contexts = 40000;   // words that count as neighbours
  size_t words = 24000;      // that get into the model
  double spelling = 0.4;     // how much of a word's own spelling is mixed into its vector (embedding/subword.h)
  CooccurrenceOptions cooccurrence;
  FactorOptions factors;
};

// The corpus is limited here.
StaticModelParts TrainModel(Corpus* corpus, const TrainingOptions& options);

}  // namespace kvorum
