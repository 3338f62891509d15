// What CLIENT LIST and its like say of a session, and what a session costs.
//
// Threads: the shard's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "shard/session.h"

namespace kvorum {

// The kinds that client-output-buffer-limit, CLIENT LIST TYPE and CLIENT KILL TYPE tell apart. Masters and replicas do not
// connect as clients here: nobody is of these kinds.
enum class ClientKind : uint8_t { kNormal, kReplica, kPubsub, kMaster };

ClientKind KindOf(const Session& session);
// "normal", "replica" or "slave", "pubsub", "master", whatever the case.
[[nodiscard]] bool ParseClientKind(std::string_view text, ClientKind* kind);

// All memory held for the session. O(1): names of channels and prefixes count by an estimate.
size_t ClientMemoryBytes(const Session& session, size_t argument_bytes);

// Appends the line of CLIENT LIST, without its end. `argument_bytes`: of the command the session runs now.
void AppendClientLine(std::string& out, const Session& session, int64_t now_ms, size_t argument_bytes);

}  // namespace kvorum
