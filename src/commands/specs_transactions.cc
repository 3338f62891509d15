// Commands on transactions. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"discard", "transactions", "2.0.0", 1, "noscript loading stale fast allow_busy", "transaction",
     "", "",
     "O(N), N the commands queued", "Drops the commands queued since MULTI."},
    {"exec", "transactions", "1.2.0", 1, "noscript loading stale skip_slowlog", "transaction",
     "", "",
     "That of the queued commands.", "Runs the commands queued since MULTI, as one atomic step."},
    {"multi", "transactions", "1.2.0", 1, "noscript loading stale fast allow_busy", "transaction",
     "", "",
     "O(1)", "Begins to queue commands for one atomic step."},
    {"unwatch", "transactions", "2.2.0", 1, "noscript loading stale fast allow_busy", "transaction",
     "", "",
     "O(1)", "Forgets the keys that WATCH named."},
    {"watch", "transactions", "2.2.0", -2, "noscript loading stale fast allow_busy", "transaction",
     "RO @1 -1/1/0", "key@0...",
     "O(1) for each key", "Lets EXEC run only if none of the keys has changed by then."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> TransactionsSpecs() { return kRows; }

}  // namespace kvorum
