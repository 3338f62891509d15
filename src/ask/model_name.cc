#include "ask/model_name.h"

#include <algorithm>
#include <cstdlib>

namespace kvorum {

ModelError ParseModelName(const std::string& name, const ModelAccess& access, ModelServerSettings* settings) {
  // Names may have an @ themselves.
  const size_t at = std::min(name.find("@http://"), name.find("@https://"));
  const std::string plain = name.substr(0, at);
  const size_t colon = plain.find(':');
  const std::string kind = plain.substr(0, colon);
  if (colon == std::string::npos || colon + 1 == plain.size() || (kind != "ollama" && kind != "openai"))
    return ModelError("'" + name +
                      "' names no model; a model is ollama:NAME or openai:NAME, and @URL behind it where it runs");
  settings->protocol = kind == "ollama" ? ModelProtocol::kOllama : ModelProtocol::kOpenAi;
  settings->model = plain.substr(colon + 1);
  settings->url = at == std::string::npos ? access.url : name.substr(at + 1);
  settings->api_key = access.api_key;
  const char* key = std::getenv("OPENAI_API_KEY");
  if (settings->api_key.empty() && settings->protocol == ModelProtocol::kOpenAi && key != nullptr)
    settings->api_key = key;
  settings->silence_timeout_ms = access.timeout_s * 1000;
  return {};
}

}  // namespace kvorum
