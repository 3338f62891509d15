#include "ask/embedders.h"

#include "embedding/static_embedder.h"

namespace kvorum {

EmbedError MakeEmbedder(const std::string& name, std::unique_ptr<Embedder>* embedder) {
  embedder->reset();
  if (name == "none") return {};
  if (name != "builtin" && !name.starts_with("builtin:"))
    return EmbedError("there is no embedder '" + name + "'; known are builtin and none");
  *embedder = MakeBuiltInEmbedder();
  if (name != "builtin" && name != (*embedder)->identity())
    return EmbedError("the embedder " + name + " is of another version of Kvorum, this one has " +
                      (*embedder)->identity() + "; `kvorum ingest --start-over` makes the index anew");
  return {};
}

}  // namespace kvorum
