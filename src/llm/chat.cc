#include "llm/chat.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace kvorum {
namespace {

std::string BodyOf(const ChatRequest& request, const ModelServerSettings& settings) {
  nlohmann::json body;
  body["model"] = settings.model;
  body["stream"] = true;
  body["messages"] = nlohmann::json::array();
  for (const ChatMessage& message : request.messages) {
    body["messages"].push_back({{"role", message.role}, {"content", message.text}});
  }
  if (settings.protocol == ModelProtocol::kOllama) {
    body["options"]["temperature"] = request.temperature;
    if (request.context_tokens > 0) body["options"]["num_ctx"] = request.context_tokens;
    if (request.answer_tokens > 0) body["options"]["num_predict"] = request.answer_tokens;
  } else {
    body["temperature"] = request.temperature;
    body["stream_options"]["include_usage"] = true;
    if (request.answer_tokens > 0) body["max_tokens"] = request.answer_tokens;
  }
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

ModelError ChatModel::Answer(const ChatRequest& request, const std::function<bool(std::string_view)>& on_text,
                             ChatEnd* end) {
  const ModelServerSettings& settings = server_.settings();
  if (settings.model.empty()) return ModelError("No model is named: which one shall answer?");
  ChatStreamParser parser(settings.protocol, on_text);
  const char* path = settings.protocol == ModelProtocol::kOllama ? "/api/chat" : "/chat/completions";
  ModelError error =
      server_.Post(path, BodyOf(request, settings), [&](std::string_view bytes) { return parser.Feed(bytes); });
  if (!error) parser.Finish();
  *end = parser.end();
  if (parser.stopped()) return {};
  if (!parser.error().empty()) {
    return ModelError(fmt::format("{} failed while it answered: {}", server_.Name(), parser.error()));
  }
  if (error) return error;
  if (!end->complete)
    return ModelError(fmt::format("{} ended its answer in the middle. Its log may say why.", server_.Name()));
  return {};
}

ModelError ChatModel::ContextLength(size_t* tokens) {
  *tokens = 0;
  if (server_.settings().protocol != ModelProtocol::kOllama) return {};
  nlohmann::json body;
  body["model"] = server_.settings().model;
  std::string answer;
  if (ModelError error =
          server_.Post("/api/show", body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), &answer)) {
    return error;
  }
  const nlohmann::json json = nlohmann::json::parse(answer, nullptr, false);
  if (!json.is_object() || !json.contains("model_info") || !json["model_info"].is_object()) return {};
  for (const auto& [name, value] : json["model_info"].items()) {
    if (name.ends_with(".context_length") && value.is_number_unsigned()) *tokens = value.get<size_t>();
  }
  return {};
}

}  // namespace kvorum
