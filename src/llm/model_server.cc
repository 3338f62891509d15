#include "llm/model_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

namespace kvorum {
namespace {

constexpr long kFirstWaitMs = 500;
constexpr long kLongestWaitMs = 30000;
constexpr size_t kMaxShownBytes = 300;

bool MayPass(const HttpResponse& response) {
  if (response.failure == HttpFailure::kCutOff) return true;
  if (response.failure != HttpFailure::kNone) return false;
  return response.status == 429 || response.status == 500 || (response.status >= 502 && response.status <= 504);
}

// One line of at most so much, without control characters.
std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, kMaxShownBytes));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return shown;
}

}  // namespace

std::string ErrorInside(std::string_view json) {
  const nlohmann::json parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("error")) return {};
  const nlohmann::json& error = parsed["error"];
  if (error.is_string()) return Shown(error.get<std::string>());
  if (error.is_object() && error.contains("message") && error["message"].is_string()) {
    return Shown(error["message"].get<std::string>());
  }
  return "an error without words";
}

ModelServer::ModelServer(ModelServerSettings settings) : settings_(std::move(settings)) {
  if (settings_.url.empty()) {
    settings_.url =
        settings_.protocol == ModelProtocol::kOllama ? "http://localhost:11434" : "https://api.openai.com/v1";
  }
  while (settings_.url.ends_with('/')) settings_.url.pop_back();
  if (!settings_.wait) {
    settings_.wait = [](long milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); };
  }
}

std::string ModelServer::Name() const {
  return fmt::format("{} at {}", settings_.protocol == ModelProtocol::kOllama ? "Ollama" : "the model server",
                     settings_.url);
}

ModelError ModelServer::StatusError(const HttpResponse& response) const {
  const std::string said = ErrorInside(response.error_body);
  const std::string words = said.empty() ? std::string() : ": " + said;
  const bool is_ollama = settings_.protocol == ModelProtocol::kOllama;
  switch (response.status) {
    case 401:
    case 403:
      return ModelError(
          fmt::format("{} refused the key (status {}){}. Check the API key.", Name(), response.status, words));
    case 404:
      if (is_ollama && said.find("model") != std::string::npos) {
        return ModelError(fmt::format("{} has no model {}{}. Fetch it with: ollama pull {}", Name(), settings_.model,
                                      words, settings_.model));
      }
      return ModelError(
          fmt::format("{} does not know this call or the model {} (status 404){}. Check the URL and the model.", Name(),
                      settings_.model, words));
    case 429:
      return ModelError(fmt::format("{} is asked too much at once (status 429){}. Try again later.", Name(), words));
    default:
      return ModelError(
          fmt::format("{} failed with status {}{}", Name(), response.status, words.empty() ? "." : words));
  }
}

ModelError ModelServer::ErrorOf(const HttpResponse& response) const {
  const bool is_ollama = settings_.protocol == ModelProtocol::kOllama;
  switch (response.failure) {
    case HttpFailure::kNone:
    case HttpFailure::kStopped:
      return response.status == 200 ? ModelError() : StatusError(response);
    case HttpFailure::kBadUrl:
      return ModelError(fmt::format("{} is no URL that can be called ({}). It should look like http://localhost:11434.",
                                    settings_.url, response.failure_text));
    case HttpFailure::kNoServer:
      return ModelError(fmt::format("Cannot reach {} ({}). {}", Name(), response.failure_text,
                                    is_ollama ? "Start it with: ollama serve" : "Check that it runs, and the URL."));
    case HttpFailure::kTls:
      return ModelError(fmt::format("No safe connection to {} ({}). Check the URL and the certificate.", Name(),
                                    response.failure_text));
    case HttpFailure::kTimeout:
      return ModelError(fmt::format("{} took too long ({}). Try a smaller model, or a longer timeout.", Name(),
                                    response.failure_text));
    case HttpFailure::kTooLong:
      return ModelError(fmt::format("{} sent more than an answer can be. Is it what the URL should name?", Name()));
    case HttpFailure::kCutOff:
      return ModelError(fmt::format("{} cut its answer off ({}). Its log may say why.", Name(), response.failure_text));
  }
  return {};
}

ModelError ModelServer::PostAgain(std::string_view path, std::string body, const std::function<void()>& on_attempt,
                                  const std::function<bool(std::string_view)>& on_body, bool answer_is_whole) {
  HttpRequest request;
  request.url = settings_.url + std::string(path);
  request.body = std::move(body);
  request.connect_timeout_ms = settings_.connect_timeout_ms;
  request.silence_timeout_ms = settings_.silence_timeout_ms;
  request.total_timeout_ms = settings_.total_timeout_ms;
  if (!settings_.api_key.empty()) request.headers.push_back("Authorization: Bearer " + settings_.api_key);
  long wait_ms = kFirstWaitMs;
  for (size_t attempt = 1;; ++attempt) {
    bool handed_on = false;
    on_attempt();
    const HttpResponse response = http_.Post(request, [&](std::string_view piece) {
      handed_on = true;
      return on_body(piece);
    });
    if (attempt >= settings_.attempts || !MayPass(response) || (handed_on && !answer_is_whole))
      return ErrorOf(response);
    settings_.wait(std::min(kLongestWaitMs, response.retry_after_s >= 0 ? response.retry_after_s * 1000 : wait_ms));
    wait_ms *= 2;
  }
}

ModelError ModelServer::Post(std::string_view path, std::string body,
                             const std::function<bool(std::string_view)>& on_body) {
  return PostAgain(
      path, std::move(body), [] {}, on_body, false);
}

ModelError ModelServer::Post(std::string_view path, std::string body, std::string* answer) {
  return PostAgain(
      path, std::move(body), [answer] { answer->clear(); },
      [answer](std::string_view piece) {
        answer->append(piece);
        return true;
      },
      true);
}

}  // namespace kvorum
