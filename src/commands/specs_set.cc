// Commands on sets. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"sadd", "set", "1.0.0", -3, "write denyoom fast", "set",
     "RW insert @1", "key@0 member...",
     "O(1) for each member", "Adds members to a set, which is created if need be.", "2.4.0 several members"},
    {"scard", "set", "1.0.0", 2, "readonly fast", "set",
     "RO @1", "key@0",
     "O(1)", "Counts the members of a set."},
    {"sdiff", "set", "1.0.0", -2, "readonly", "set",
     "RO access @1 -1/1/0", "key@0...",
     "O(N), N the members of all sets", "Gives the members of the first set that no other has.", "",
     "nondeterministic_output_order"},
    {"sdiffstore", "set", "1.0.0", -3, "write denyoom", "set",
     "OW update @1; RO access @2 -1/1/0", "destination@0 key@1...",
     "O(N), N the members of all sets", "Stores the members of the first set that no other has."},
    {"sinter", "set", "1.0.0", -2, "readonly", "set",
     "RO access @1 -1/1/0", "key@0...",
     "O(N*M) at worst, N the size of the smallest set and M the number of sets",
     "Gives the members that all sets have.", "", "nondeterministic_output_order"},
    {"sintercard", "set", "7.0.0", -3, "readonly movablekeys", "set",
     "RO access @1 #0,1,1", "numkeys:int key@0... [LIMIT limit:int]",
     "O(N*M) at worst, N the size of the smallest set and M the number of sets",
     "Counts the members that all sets have."},
    {"sinterstore", "set", "1.0.0", -3, "write denyoom", "set",
     "RW update @1; RO access @2 -1/1/0", "destination@0 key@1...",
     "O(N*M) at worst, N the size of the smallest set and M the number of sets",
     "Stores the members that all sets have."},
    {"sismember", "set", "1.0.0", 3, "readonly fast", "set",
     "RO @1", "key@0 member",
     "O(1)", "Tells whether a set has a member."},
    {"smembers", "set", "1.0.0", 2, "readonly", "set",
     "RO access @1", "key@0",
     "O(N), N the size of the set", "Lists the members of a set.", "", "nondeterministic_output_order"},
    {"smismember", "set", "6.2.0", -3, "readonly fast", "set",
     "RO access @1", "key@0 member...",
     "O(N), N the members given", "Tells which of several members a set has."},
    {"smove", "set", "1.0.0", 4, "write fast", "set",
     "RW access delete @1; RW insert @2", "source@0 destination@1 member",
     "O(1)", "Moves a member from one set to another."},
    {"spop", "set", "1.0.0", -2, "write fast", "set",
     "RW access delete @1", "key@0 [count:int^3.2.0]",
     "O(1), with a count O(N), N the count", "Removes random members from a set and gives them.", "3.2.0 count",
     "nondeterministic_output"},
    {"srandmember", "set", "1.0.0", -2, "readonly", "set",
     "RO access @1", "key@0 [count:int^2.6.0]",
     "O(1), with a count O(N), N its absolute value", "Gives random members of a set.", "2.6.0 count",
     "nondeterministic_output"},
    {"srem", "set", "1.0.0", -3, "write fast", "set",
     "RW delete @1", "key@0 member...",
     "O(N), N the members given", "Removes members from a set, and the set with its last one.",
     "2.4.0 several members"},
    {"sscan", "set", "2.8.0", -3, "readonly", "set",
     "RO access @1", "key@0 cursor:int [MATCH pattern:pattern] [COUNT count:int]",
     "O(1) a call, O(N) for a whole iteration over N members", "Iterates over the members of a set.", "",
     "nondeterministic_output"},
    {"sunion", "set", "1.0.0", -2, "readonly", "set",
     "RO access @1 -1/1/0", "key@0...",
     "O(N), N the members of all sets", "Gives the members that any of the sets has.", "",
     "nondeterministic_output_order"},
    {"sunionstore", "set", "1.0.0", -3, "write denyoom", "set",
     "OW update @1; RO access @2 -1/1/0", "destination@0 key@1...",
     "O(N), N the members of all sets", "Stores the members that any of the sets has."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> SetSpecs() { return kRows; }

}  // namespace kvorum
