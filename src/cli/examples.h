// The documents that Kvorum brings along (examples/documents), for who asks before there are any of their own.
//
// Threads: one.
#pragma once

#include <string>

#include "client/resp_client.h"

namespace kvorum {

// The index that they go into.
inline constexpr char kExamplesIndex[] = "examples";

// Where they are: in the source tree that this program was built in, or installed beside it; empty: nowhere.
std::string ExamplesFolder();

// Puts them into their index, as far as they are not there. Empty, or the error.
std::string IngestExamples(const std::string& folder, RespClient* client);

}  // namespace kvorum
