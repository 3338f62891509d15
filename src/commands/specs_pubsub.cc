// Commands on channels and their subscribers. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"psubscribe", "pubsub", "2.0.0", -2, "pubsub noscript loading stale", "",
     "", "pattern:pattern...",
     "O(N), N the patterns", "Listens to the channels that match patterns."},
    {"publish", "pubsub", "2.0.0", 3, "pubsub loading stale fast may_replicate", "",
     "", "channel message",
     "O(N+M), N the channel's subscribers and M all patterns subscribed to", "Sends a message to a channel."},
    {"pubsub", "pubsub", "2.8.0", -2, "", "",
     "", "",
     "That of the subcommand.", "Groups the commands that look at subscriptions."},
    {"pubsub|channels", "pubsub", "2.8.0", -2, "pubsub loading stale", "",
     "", "[pattern:pattern]",
     "O(N), N the active channels", "Lists the channels that have subscribers."},
    {"pubsub|help", "pubsub", "6.2.0", 2, "loading stale", "",
     "", "",
     "O(1)", "Describes the subcommands."},
    {"pubsub|numpat", "pubsub", "2.8.0", 2, "pubsub loading stale", "",
     "", "",
     "O(1)", "Counts the different patterns subscribed to."},
    {"pubsub|numsub", "pubsub", "2.8.0", -2, "pubsub loading stale", "",
     "", "[channel...]",
     "O(N), N the channels given", "Counts the subscribers of channels."},
    {"pubsub|shardchannels", "pubsub", "7.0.0", -2, "pubsub loading stale", "",
     "", "[pattern:pattern]",
     "O(N), N the active shard channels", "Lists the shard channels that have subscribers."},
    {"pubsub|shardnumsub", "pubsub", "7.0.0", -2, "pubsub loading stale", "",
     "", "[shardchannel...]",
     "O(N), N the channels given", "Counts the subscribers of shard channels."},
    {"punsubscribe", "pubsub", "2.0.0", -1, "pubsub noscript loading stale", "",
     "", "[pattern:pattern...]",
     "O(N), N the patterns", "Stops listening to channels that match patterns, or to all patterns."},
    {"spublish", "pubsub", "7.0.0", 3, "pubsub loading stale fast may_replicate", "",
     "not_key @1", "shardchannel message",
     "O(N), N the channel's subscribers", "Sends a message to a shard channel."},
    {"ssubscribe", "pubsub", "7.0.0", -2, "pubsub noscript loading stale", "",
     "not_key @1 -1/1/0", "shardchannel...",
     "O(N), N the channels", "Listens to shard channels."},
    {"subscribe", "pubsub", "2.0.0", -2, "pubsub noscript loading stale", "",
     "", "channel...",
     "O(N), N the channels", "Listens to channels."},
    {"sunsubscribe", "pubsub", "7.0.0", -1, "pubsub noscript loading stale", "",
     "not_key @1 -1/1/0", "[shardchannel...]",
     "O(N), N the channels", "Stops listening to shard channels, or to all of them."},
    {"unsubscribe", "pubsub", "2.0.0", -1, "pubsub noscript loading stale", "",
     "", "[channel...]",
     "O(N), N the channels", "Stops listening to channels, or to all of them."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> PubsubSpecs() { return kRows; }

}  // namespace kvorum
