// Commands on streams. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"xack", "stream", "5.0.0", -4, "write fast", "stream",
     "RW update @1", "key@0 group id...",
     "O(1) for each ID", "Acknowledges messages, which a consumer group then no longer holds as pending."},
    {"xadd", "stream", "5.0.0", -5, "write denyoom fast", "stream",
     "RW update @1 'update and not insert, since it may trim'",
     "key@0 [NOMKSTREAM^6.2.0] [trim{strategy(MAXLEN | MINID^6.2.0) [operator(equal='=' | approximately='~')] "
     "threshold [LIMIT count:int^6.2.0]}] id-selector(auto-id='*' | id) data{field value}...",
     "O(1), and O(N) to trim N entries", "Appends an entry to a stream, which is created if need be.",
     "6.2.0 NOMKSTREAM, MINID and LIMIT; 7.0.0 IDs of the form <ms>-*", "nondeterministic_output"},
    {"xautoclaim", "stream", "6.2.0", -6, "write fast", "stream",
     "RW delete @1", "key@0 group consumer min-idle-time start [COUNT count:int] [JUSTID]",
     "O(1) if COUNT is small", "Hands messages that were pending for too long to a consumer.",
     "7.0.0 the reply lists the deleted entries it met", "nondeterministic_output"},
    {"xclaim", "stream", "5.0.0", -6, "write fast", "stream",
     "RW update @1",
     "key@0 group consumer min-idle-time id... [IDLE ms:int] [TIME unix-time-milliseconds:time] "
     "[RETRYCOUNT count:int] [FORCE] [JUSTID] [LASTID lastid]",
     "O(log N), N the messages pending in the group", "Hands pending messages to another consumer.", "",
     "nondeterministic_output"},
    {"xdel", "stream", "5.0.0", -3, "write fast", "stream",
     "RW delete @1", "key@0 id...",
     "O(1) for each entry, whatever the size of the stream", "Deletes entries of a stream."},
    {"xgroup", "stream", "5.0.0", -2, "", "",
     "", "",
     "That of the subcommand.", "Groups the commands about consumer groups."},
    {"xgroup|create", "stream", "5.0.0", -5, "write denyoom", "stream",
     "RW insert @2", "key@0 group id-selector(id | new-id='$') [MKSTREAM] [ENTRIESREAD entries-read:int]",
     "O(1)", "Creates a consumer group.", "7.0.0 ENTRIESREAD"},
    {"xgroup|createconsumer", "stream", "6.2.0", 5, "write denyoom", "stream",
     "RW insert @2", "key@0 group consumer",
     "O(1)", "Creates a consumer in a group."},
    {"xgroup|delconsumer", "stream", "5.0.0", 5, "write", "stream",
     "RW delete @2", "key@0 group consumer",
     "O(1)", "Deletes a consumer from a group."},
    {"xgroup|destroy", "stream", "5.0.0", 4, "write", "stream",
     "RW delete @2", "key@0 group",
     "O(N), N the messages pending in the group", "Deletes a consumer group."},
    {"xgroup|help", "stream", "5.0.0", 2, "loading stale", "stream",
     "", "",
     "O(1)", "Describes the subcommands."},
    {"xgroup|setid", "stream", "5.0.0", -5, "write", "stream",
     "RW update @2", "key@0 group id-selector(id | new-id='$') [ENTRIESREAD entriesread:int/'entries-read']",
     "O(1)", "Sets the ID up to which a group has been served.", "7.0.0 ENTRIESREAD"},
    {"xinfo", "stream", "5.0.0", -2, "", "",
     "", "",
     "That of the subcommand.", "Groups the commands that look into streams."},
    {"xinfo|consumers", "stream", "5.0.0", 4, "readonly", "stream",
     "RO access @2", "key@0 group",
     "O(1)", "Lists the consumers of a group.", "7.2.0 field inactive", "nondeterministic_output"},
    {"xinfo|groups", "stream", "5.0.0", 3, "readonly", "stream",
     "RO access @2", "key@0",
     "O(1)", "Lists the consumer groups of a stream.", "7.0.0 fields entries-read and lag"},
    {"xinfo|help", "stream", "5.0.0", 2, "loading stale", "stream",
     "", "",
     "O(1)", "Describes the subcommands."},
    {"xinfo|stream", "stream", "5.0.0", -3, "readonly", "stream",
     "RO access @2", "key@0 [full-block{FULL [COUNT count:int]}]",
     "O(1)", "Tells facts about a stream.",
     "6.0.0 FULL; 7.0.0 fields max-deleted-entry-id, entries-added, recorded-first-entry-id, entries-read and lag; "
     "7.2.0 field active-time, and seen-time means every attempt"},
    {"xlen", "stream", "5.0.0", 2, "readonly fast", "stream",
     "RO @1", "key@0",
     "O(1)", "Counts the entries of a stream."},
    {"xpending", "stream", "5.0.0", -3, "readonly", "stream",
     "RO access @1", "key@0 group [filters{[IDLE min-idle-time:int^6.2.0] start end count:int [consumer]}]",
     "O(N), N the messages returned; O(M) with IDLE, M the messages looked at; "
     "the summary O(1) and O(N) for N consumers", "Tells which messages of a group are not acknowledged.",
     "6.2.0 IDLE and exclusive ranges", "nondeterministic_output"},
    {"xrange", "stream", "5.0.0", -4, "readonly", "stream",
     "RO access @1", "key@0 start end [COUNT count:int]",
     "O(N), N the entries returned", "Gives the entries in a range of IDs.", "6.2.0 exclusive ranges"},
    {"xread", "stream", "5.0.0", -4, "readonly blocking movablekeys", "stream",
     "RO access @STREAMS:1 -1/1/2", "[COUNT count:int] [BLOCK milliseconds:int] STREAMS streams{key@0... id...}",
     "", "Gives entries of streams after given IDs, waiting for new ones if asked."},
    {"xreadgroup", "stream", "5.0.0", -7, "write blocking movablekeys", "stream",
     "RO access @STREAMS:4 -1/1/2",
     "GROUP group-block{group consumer} [COUNT count:int] [BLOCK milliseconds:int] [NOACK] "
     "STREAMS streams{key@0... id...}",
     "O(M) for each stream, M the entries returned; an XADD pays O(N) to serve N waiting clients",
     "Gives entries of streams to a consumer of a group, waiting for new ones if asked."},
    {"xrevrange", "stream", "5.0.0", -4, "readonly", "stream",
     "RO access @1", "key@0 end start [COUNT count:int]",
     "O(N), N the entries returned", "Gives the entries in a range of IDs, the last first.", "6.2.0 exclusive ranges"},
    {"xsetid", "stream", "5.0.0", -3, "write denyoom fast", "stream",
     "RW update @1", "key@0 last-id [ENTRIESADDED entries-added:int^7.0.0] [MAXDELETEDID max-deleted-id^7.0.0]",
     "O(1)", "Sets the last ID of a stream; replication needs it.", "7.0.0 ENTRIESADDED and MAXDELETEDID"},
    {"xtrim", "stream", "5.0.0", -4, "write", "stream",
     "RW delete @1",
     "key@0 trim{strategy(MAXLEN | MINID^6.2.0) [operator(equal='=' | approximately='~')] "
     "threshold [LIMIT count:int^6.2.0]}",
     "O(N), N the entries dropped, with a small constant", "Drops the oldest entries of a stream.",
     "6.2.0 MINID and LIMIT", "nondeterministic_output"},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> StreamSpecs() { return kRows; }

}  // namespace kvorum
