// Embedders by the names that users give them.
#pragma once

#include <memory>
#include <string>

#include "ask/model_name.h"
#include "embedding/embedder.h"

namespace kvorum {

// `name`: "builtin", or an identity that an index was made with ("builtin:english-1", "ollama:NAME"); ollama:NAME[@URL] and
// openai:NAME[@URL], whose server must answer; file:PATH, a model that tools/train_embedder has made; "none": *embedder is null. *url: the server that it asks, or empty.
EmbedError MakeEmbedder(const std::string& name, const ModelAccess& access, std::unique_ptr<Embedder>* embedder,
                        std::string* url);

}  // namespace kvorum
