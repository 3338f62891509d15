// Models by the names that users give them: ollama:NAME, openai:NAME, and, where they run elsewhere than usual, NAME@URL behind that.
#pragma once

#include <string>

#include "llm/model_server.h"

namespace kvorum {

// What goes with a name.
struct ModelAccess {
  std::string url;       // where it runs, unless the name says so; empty: Ollama's own port here, or OpenAI
  std::string api_key;   // empty: what the environment's OPENAI_API_KEY says, where it is OpenAI's protocol
  long timeout_s = 300;  // without a word of an answer that has been asked for
};

ModelError ParseModelName(const std::string& name, const ModelAccess& access, ModelServerSettings* settings);

}  // namespace kvorum
