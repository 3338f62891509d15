// Answers by a language model, from the passages found, with their numbers.
//
// Threads: one at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ask/prompt.h"
#include "llm/chat.h"

namespace kvorum {

struct ModelAnswer {
  std::string text;
  std::vector<FoundChunk> passages;  // that the model was given; [1] in the text is the first
  std::vector<size_t> cited;         // the numbers in the text, ascending, each once, of passages that there are
  std::string note;                  // what the user should know: passages left out, an answer cut; empty: nothing
};

class ModelAnswerer {
 public:
  ModelAnswerer(const ModelServerSettings& settings, const PromptLimits& limits);

  // Hands the text on as it comes. A failure in the middle leaves what came in *answer.
  ModelError Answer(std::string_view question, std::vector<FoundChunk> passages,
                    const std::function<void(std::string_view)>& on_text, ModelAnswer* answer);

 private:
  // A model that has less context than asked for: with what it has.
  ModelError FitContext(std::string* note);

  ChatModel model_;
  PromptLimits limits_;
  bool knows_context_ = false;
};

// The numbers in brackets that are from 1 to `most`.
std::vector<size_t> CitedNumbers(std::string_view text, size_t most);

// For people: "[2] trees.pdf, page 3", a line for each passage that the text names; nothing when it names none.
std::string CitedPassagesText(const ModelAnswer& answer);
// The text, and those lines below it.
std::string ModelAnswerText(const ModelAnswer& answer);
// For programs: an object on one line. `passages`: the text around each of `cited`; empty: none.
std::string ModelAnswerJson(std::string_view question, const std::string& model, const ModelAnswer& answer,
                            const std::vector<std::string>& passages = {});

}  // namespace kvorum
