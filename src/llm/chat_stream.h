// The stream of a model's answer, from bytes to text: lines of JSON (Ollama's /api/chat) or server-sent events (OpenAI's
// /chat/completions).
//
// Threads: one. Memory: a line, at most kMaxChatLineBytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "llm/model_server.h"

namespace kvorum {

inline constexpr size_t kMaxChatLineBytes = 1 << 20;

struct ChatEnd {
  bool complete = false;       // the model said that it has ended
  bool cut_short = false;      // ... because it was not to say more than so many tokens, or its context was full
  uint64_t prompt_tokens = 0;  // 0: not told
  uint64_t answer_tokens = 0;
};

class ChatStreamParser {
 public:
  ChatStreamParser(ModelProtocol protocol, std::function<bool(std::string_view)> on_text)
      : protocol_(protocol), on_text_(std::move(on_text)) {}

  // The next bytes, cut anywhere. False when it is over: on_text said so, or error() says what is wrong.
  bool Feed(std::string_view bytes);
  // Behind the last byte: the last line need not be ended.
  void Finish();

  // What the server says went wrong, or what is wrong with what it sent.
  const std::string& error() const { return error_; }
  bool stopped() const { return stopped_; }
  const ChatEnd& end() const { return end_; }

 private:
  bool TakeLine(std::string_view line);
  bool TakeOllama(std::string_view json);
  bool TakeOpenAi(std::string_view json);
  bool HandOn(const std::string& text);
  bool Fail(std::string what);

  ModelProtocol protocol_;
  std::function<bool(std::string_view)> on_text_;
  std::string line_;  // begun
  std::string error_;
  bool stopped_ = false;
  ChatEnd end_;
};

}  // namespace kvorum
