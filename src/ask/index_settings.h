// How an index of documents was made, as its server knows it (NAME:settings, ask/index_keys.h).
#pragma once

#include <cstdint>
#include <string>

#include "ask/index_keys.h"
#include "client/resp_client.h"

namespace kvorum {

struct IndexSettings {
  bool exists = false;
  std::string embedder;      // its identity, or "none"
  std::string embedder_url;  // where it was asked; empty: nowhere, or not known
  uint64_t dimension = 0;
};

// Empty, or why they cannot be read. Without an index that is no error: `exists` is false.
std::string ReadIndexSettings(const IndexKeys& keys, RespClient* client, IndexSettings* settings);

// Of an index that was made with vectors of another size than the embedder now gives; empty: the sizes agree.
std::string DimensionError(const IndexKeys& keys, const IndexSettings& settings, uint64_t dimension);

}  // namespace kvorum
