// An embedder of the same kind as the one that is built in, whose model is a file: one that tools/train_embedder has made of other texts,
// or with other settings.
//
// Threads: one at a time for each embedder.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "embedding/embedder.h"

namespace kvorum {

// `place`: the file's path, or what the identity of one has behind "file:". Its identity is file:PATH#NAME-CHECKSUM, with the whole path, so
// that an index says where its model is; a file that holds another model by now is refused.
EmbedError OpenFileEmbedder(std::string_view place, std::unique_ptr<Embedder>* embedder);

}  // namespace kvorum
