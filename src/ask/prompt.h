// What a language model is asked: the question, and as many of the passages found as its context holds. Passages are given whole
// or not at all, best first, so nothing is cut where nobody sees it.
//
// Threads: no state.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "ask/retriever.h"

namespace kvorum {

struct PromptLimits {
  size_t context_tokens = 8192;  // prompt and answer together
  size_t answer_tokens = 1024;   // kept free for the answer
};

struct Prompt {
  std::string system;
  std::string user;
  size_t passages = 0;          // how many of those given are in it
  size_t estimated_tokens = 0;  // an upper estimate
};

// Tokens that a model makes of a text, estimated from above: a token for every three ASCII characters, and one for each other.
size_t EstimateTokens(std::string_view text);

// False: not even the question and one passage fit; *prompt tells how many tokens they need.
[[nodiscard]] bool MakePrompt(std::string_view question, std::span<const FoundChunk> passages,
                              const PromptLimits& limits, Prompt* prompt);

}  // namespace kvorum
