// Answers by a language model, as they are made.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "llm/chat_stream.h"
#include "llm/model_server.h"

namespace kvorum {

struct ChatMessage {
  std::string role;  // "system", "user", "assistant"
  std::string text;
};

struct ChatRequest {
  std::vector<ChatMessage> messages;
  size_t context_tokens =
      0;  // for prompt and answer together; Ollama is told (0: its default), others have what they have
  size_t answer_tokens = 0;  // at most; 0: no limit
  double temperature = 0;
};

class ChatModel {
 public:
  explicit ChatModel(ModelServerSettings settings) : server_(std::move(settings)) {}

  // Hands the answer on piece by piece; on_text returns false to stop, which is no failure. An answer that ends before the model
  // says so is a failure, though its beginning has been handed on.
  ModelError Answer(const ChatRequest& request, const std::function<bool(std::string_view)>& on_text, ChatEnd* end);

  // How many tokens the model can have before it, as Ollama's /api/show says; *tokens is 0 where the server does not say.
  ModelError ContextLength(size_t* tokens);

  const ModelServer& server() const { return server_; }

 private:
  ModelServer server_;
};

}  // namespace kvorum
