// Embedders on other servers: any model of Ollama's (POST /api/embed) or of a server that speaks OpenAI's protocol (POST
// /embeddings behind the settings' URL, which ends in /v1).
#pragma once

#include <memory>
#include <string>

#include "embedding/embedder.h"
#include "llm/model_server.h"

namespace kvorum {

struct RemoteEmbedderSettings {
  ModelServerSettings server;
  size_t batch_texts = 64;         // of one call
  size_t batch_bytes = 256 << 10;  // ... but one text at least
  // Put before texts, for models that were trained so. Null: what is known of the model by its name.
  const char* document_prefix = nullptr;
  const char* question_prefix = nullptr;
};

// Embeds a word, to learn the dimension; so what is wrong shows at once. On failure *embedder is null.
EmbedError ConnectRemoteEmbedder(RemoteEmbedderSettings settings, std::unique_ptr<Embedder>* embedder);

}  // namespace kvorum
