// Embedders by the names that users give them.
#pragma once

#include <memory>
#include <string>

#include "embedding/embedder.h"

namespace kvorum {

// "builtin", or an identity that an index was made with ("builtin:english-1"); "none": *embedder is null.
EmbedError MakeEmbedder(const std::string& name, std::unique_ptr<Embedder>* embedder);

}  // namespace kvorum
