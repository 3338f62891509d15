#include "ask/embedders.h"

#include "embedding/file_embedder.h"
#include "embedding/static_embedder.h"
#include "llm/remote_embedder.h"

namespace kvorum {

EmbedError MakeEmbedder(const std::string& name, const ModelAccess& access, std::unique_ptr<Embedder>* embedder,
                        std::string* url) {
  embedder->reset();
  url->clear();
  if (name == "none") return {};
  if (name.starts_with("ollama:") || name.starts_with("openai:")) {
    RemoteEmbedderSettings settings;
    if (ModelError error = ParseModelName(name, access, &settings.server)) return EmbedError(error.text());
    *url = ModelServer(settings.server).settings().url;
    return ConnectRemoteEmbedder(std::move(settings), embedder);
  }
  if (name.starts_with("file:")) return OpenFileEmbedder(std::string_view(name).substr(5), embedder);
  if (name != "builtin" && !name.starts_with("builtin:"))
    return EmbedError(
        "there is no embedder '" + name +
        "'; known are builtin, none, file:MODEL, ollama:MODEL and openai:MODEL, with @URL behind the model where its "
        "server is not at the usual place");
  *embedder = MakeBuiltInEmbedder();
  if (name != "builtin" && name != (*embedder)->identity())
    return EmbedError("the embedder " + name + " is of another version of Kvorum, this one has " +
                      (*embedder)->identity() +
                      "; `kvorum ingest --embedder builtin --start-over` makes the index anew");
  return {};
}

}  // namespace kvorum
