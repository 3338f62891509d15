// What a chunker promises, checked: for tests and fuzzers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "documents/chunker.h"

namespace kvorum {

// Empty if the chunks keep the promises of documents/chunker.h, else which one they break.
std::string ChunkBreach(std::string_view text, const ChunkOptions& options, const std::vector<Chunk>& chunks);

}  // namespace kvorum
