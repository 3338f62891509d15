// The embedder that needs nothing else: a text's vector is the weighted sum of its words' (embedding/static_model.h), and of what
// their spelling gives for words that the model has not seen (embedding/subword.h).
//
// A word weighs a / (a + its frequency), so that rare ones count (Arora, Liang and Ma 2017), times 1 + ln of how often it stands
// in the text. Words are folded and stemmed as English; texts in other languages are compared by their words alone.
//
// Threads: one at a time for each embedder; a model serves many. Complexity: O(bytes + different words * dimension).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "embedding/embedder.h"
#include "embedding/static_model.h"
#include "text/language.h"

namespace kvorum {

class StaticEmbedder final : public Embedder {
 public:
  // `model` outlives the embedder.
  explicit StaticEmbedder(const StaticModel* model);

  size_t dimension() const override { return model_->dimension(); }
  const std::string& identity() const override { return identity_; }
  EmbedError Embed(std::span<const std::string_view> texts, EmbedPurpose purpose, std::vector<float>* vectors) override;

  // One text, into out[0 .. dimension). Never fails.
  void EmbedOne(std::string_view text, float* out);

  // How much the word, as it stands in a text, says: near 1 for rare ones and those that the model lacks, near 0 for "the".
  float WordWeight(std::string_view folded_word);

 private:
  struct Word {
    uint32_t number;
    float weight;
    std::string stem;  // where the model lacks it
  };
  const Word& Look(std::string_view folded_word);

  const StaticModel* model_;
  std::string identity_;
  Stemmers stemmers_;
  std::unordered_map<std::string, Word> seen_;  // by the word as it stands in texts; emptied when it gets large
  std::vector<const Word*> words_;              // of the text at hand
  std::vector<float> spelled_;
};

// The model that is part of the program: English, from Debian's dictionaries (tools/train_embedder).
const StaticModel& BuiltInModel();
std::unique_ptr<StaticEmbedder> MakeBuiltInEmbedder();

}  // namespace kvorum
