// Commands on hashes. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"hdel", "hash", "2.0.0", -3, "write fast", "hash",
     "RW delete @1", "key@0 field...",
     "O(N), N the fields given", "Deletes fields of a hash, and the hash with its last one.", "2.4.0 several fields"},
    {"hexists", "hash", "2.0.0", 3, "readonly fast", "hash",
     "RO @1", "key@0 field",
     "O(1)", "Tells whether a hash has a field."},
    {"hget", "hash", "2.0.0", 3, "readonly fast", "hash",
     "RO access @1", "key@0 field",
     "O(1)", "Gives the value of a field of a hash."},
    {"hgetall", "hash", "2.0.0", 2, "readonly", "hash",
     "RO access @1", "key@0",
     "O(N), N the fields of the hash", "Gives all fields of a hash with their values.", "",
     "nondeterministic_output_order"},
    {"hincrby", "hash", "2.0.0", 4, "write denyoom fast", "hash",
     "RW access update @1", "key@0 field increment:int",
     "O(1)", "Adds an integer to the number in a field of a hash."},
    {"hincrbyfloat", "hash", "2.6.0", 4, "write denyoom fast", "hash",
     "RW access update @1", "key@0 field increment:double",
     "O(1)", "Adds a decimal number to the number in a field of a hash."},
    {"hkeys", "hash", "2.0.0", 2, "readonly", "hash",
     "RO access @1", "key@0",
     "O(N), N the fields of the hash", "Lists the fields of a hash.", "", "nondeterministic_output_order"},
    {"hlen", "hash", "2.0.0", 2, "readonly fast", "hash",
     "RO @1", "key@0",
     "O(1)", "Counts the fields of a hash."},
    {"hmget", "hash", "2.0.0", -3, "readonly fast", "hash",
     "RO access @1", "key@0 field...",
     "O(N), N the fields given", "Gives the values of several fields of a hash."},
    {"hmset", "hash", "2.0.0", -4, "write denyoom fast", "hash",
     "RW update @1", "key@0 data{field value}...",
     "O(N), N the fields given", "Sets several fields of a hash.", "", "",
     "4.0.0 `HSET` with multiple field-value pairs"},
    {"hrandfield", "hash", "6.2.0", -2, "readonly", "hash",
     "RO access @1", "key@0 [options{count:int [WITHVALUES]}]",
     "O(N), N the fields returned", "Gives random fields of a hash, with their values if asked.", "",
     "nondeterministic_output"},
    {"hscan", "hash", "2.8.0", -3, "readonly", "hash",
     "RO access @1", "key@0 cursor:int [MATCH pattern:pattern] [COUNT count:int]",
     "O(1) a call, O(N) for a whole iteration over N fields", "Iterates over the fields of a hash and their values.",
     "", "nondeterministic_output"},
    {"hset", "hash", "2.0.0", -4, "write denyoom fast", "hash",
     "RW update @1", "key@0 data{field value}...",
     "O(1) for each field", "Sets fields of a hash.", "4.0.0 several fields"},
    {"hsetnx", "hash", "2.0.0", 4, "write denyoom fast", "hash",
     "RW insert @1", "key@0 field value",
     "O(1)", "Sets a field of a hash unless it exists."},
    {"hstrlen", "hash", "3.2.0", 3, "readonly fast", "hash",
     "RO @1", "key@0 field",
     "O(1)", "Tells the length of a field's value."},
    {"hvals", "hash", "2.0.0", 2, "readonly", "hash",
     "RO access @1", "key@0",
     "O(N), N the fields of the hash", "Lists the values of a hash.", "", "nondeterministic_output_order"},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> HashSpecs() { return kRows; }

}  // namespace kvorum
