// Where a language model runs, and how to talk to it: Ollama's protocol, or OpenAI's, which many servers speak.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "llm/http.h"

namespace kvorum {

enum class ModelProtocol { kOllama, kOpenAi };

struct ModelServerSettings {
  ModelProtocol protocol = ModelProtocol::kOllama;
  std::string
      url;  // without the path of a call; empty: Ollama's own place, http://localhost:11434, or https://api.openai.com/v1
  std::string model;
  std::string api_key;  // sent as a bearer token where not empty
  long connect_timeout_ms = 5000;
  long silence_timeout_ms = 300000;  // a model is loaded before its first word comes
  long total_timeout_ms = 0;         // 0: none
  size_t attempts = 4;               // in all, where trying again can help
  // How to wait between attempts; tests wait less. Empty: sleeps.
  std::function<void(long milliseconds)> wait;
};

// How a call failed, or that it did not. The text is for users: what failed, and what they can do about it.
class [[nodiscard]] ModelError {
 public:
  ModelError() = default;
  explicit ModelError(std::string text) : text_(std::move(text)) {}
  explicit operator bool() const { return !text_.empty(); }  // true: it failed
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class ModelServer {
 public:
  explicit ModelServer(ModelServerSettings settings);

  const ModelServerSettings& settings() const { return settings_; }

  // Sends `body` to `path` ("/api/chat"). Tries again, a little later each time, while the server is busy (429, 500, 502, 503, 504) or
  // cuts off, as long as nothing has been handed to on_body; not where nobody listens or the request is wrong.
  ModelError Post(std::string_view path, std::string body, const std::function<bool(std::string_view)>& on_body);
  // The same, for an answer in one piece; each attempt begins it anew.
  ModelError Post(std::string_view path, std::string body, std::string* answer);

  // "Ollama at http://localhost:11434"
  std::string Name() const;

 private:
  ModelError ErrorOf(const HttpResponse& response) const;
  ModelError StatusError(const HttpResponse& response) const;
  ModelError PostAgain(std::string_view path, std::string body, const std::function<void()>& on_attempt,
                       const std::function<bool(std::string_view)>& on_body, bool answer_is_whole);

  ModelServerSettings settings_;
  HttpClient http_;
};

// What a server says went wrong: {"error": "..."} or {"error": {"message": "..."}}; empty where it says nothing so.
std::string ErrorInside(std::string_view json);

}  // namespace kvorum
