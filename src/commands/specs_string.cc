// Commands on strings. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"append", "string", "2.0.0", 3, "write denyoom fast", "string",
     "RW insert @1", "key@0 value",
     "O(1) on average", "Appends to a string, which is created if need be."},
    {"decr", "string", "1.0.0", 2, "write denyoom fast", "string",
     "RW access update @1", "key@0",
     "O(1)", "Subtracts one from the number in a string."},
    {"decrby", "string", "1.0.0", 3, "write denyoom fast", "string",
     "RW access update @1", "key@0 decrement:int",
     "O(1)", "Subtracts from the number in a string."},
    {"get", "string", "1.0.0", 2, "readonly fast", "string",
     "RO access @1", "key@0",
     "O(1)", "Gives the string at a key."},
    {"getdel", "string", "6.2.0", 2, "write fast", "string",
     "RW access delete @1", "key@0",
     "O(1)", "Gives the string at a key and deletes the key."},
    {"getex", "string", "6.2.0", -2, "write fast", "string",
     "RW access update @1 'RW and update, since the time to live changes'",
     "key@0 [expiration(EX seconds:int | PX milliseconds:int | EXAT unix-time-seconds:time | "
     "PXAT unix-time-milliseconds:time | PERSIST)]",
     "O(1)", "Gives the string at a key and sets or removes its expiry."},
    {"getrange", "string", "2.4.0", 4, "readonly", "string",
     "RO access @1", "key@0 start:int end:int",
     "O(N), N the bytes returned", "Gives a part of a string."},
    {"getset", "string", "1.0.0", 3, "write denyoom fast", "string",
     "RW access update @1", "key@0 value",
     "O(1)", "Sets a string and gives what it was.", "", "", "6.2.0 `SET` with `GET`"},
    {"incr", "string", "1.0.0", 2, "write denyoom fast", "string",
     "RW access update @1", "key@0",
     "O(1)", "Adds one to the number in a string."},
    {"incrby", "string", "1.0.0", 3, "write denyoom fast", "string",
     "RW access update @1", "key@0 increment:int",
     "O(1)", "Adds an integer to the number in a string."},
    {"incrbyfloat", "string", "2.6.0", 3, "write denyoom fast", "string",
     "RW access update @1", "key@0 increment:double",
     "O(1)", "Adds a decimal number to the number in a string."},
    {"lcs", "string", "7.0.0", -3, "readonly", "string",
     "RO access @1 1/1/0", "key1@0 key2@0 [LEN] [IDX] [MINMATCHLEN min-match-len:int] [WITHMATCHLEN]",
     "O(N*M), N and M the lengths of the two", "Finds the longest common subsequence of two strings."},
    {"mget", "string", "1.0.0", -2, "readonly fast", "string",
     "RO access @1 -1/1/0", "key@0...",
     "O(N), N the keys", "Gives the strings at several keys.", "", "request_policy:multi_shard"},
    {"mset", "string", "1.0.1", -3, "write denyoom", "string",
     "OW update @1 -1/2/0", "data{key@0 value}...",
     "O(N), N the keys", "Sets the strings at several keys, as one atomic step.", "",
     "request_policy:multi_shard response_policy:all_succeeded"},
    {"msetnx", "string", "1.0.1", -3, "write denyoom", "string",
     "OW insert @1 -1/2/0", "data{key@0 value}...",
     "O(N), N the keys", "Sets the strings at several keys unless any of them exists."},
    {"psetex", "string", "2.6.0", 4, "write denyoom", "string",
     "OW update @1", "key@0 milliseconds:int value",
     "O(1)", "Sets a string that expires after some milliseconds.", "", "", "2.6.12 `SET` with `PX`"},
    {"set", "string", "1.0.0", -3, "write denyoom", "string",
     "RW access update variable_flags @1 'RW and access, since GET may be asked for'",
     "key@0 value [condition(NX | XX)^2.6.12] [GET^6.2.0] [expiration(EX seconds:int^2.6.12 | "
     "PX milliseconds:int^2.6.12 | EXAT unix-time-seconds:time^6.2.0 | PXAT unix-time-milliseconds:time^6.2.0 | "
     "KEEPTTL^6.0.0)]",
     "O(1)", "Sets the string at a key, whatever was there.",
     "2.6.12 EX, PX, NX and XX; 6.0.0 KEEPTTL; 6.2.0 GET, EXAT and PXAT; 7.0.0 NX and GET together"},
    {"setex", "string", "2.0.0", 4, "write denyoom", "string",
     "OW update @1", "key@0 seconds:int value",
     "O(1)", "Sets a string that expires after some seconds.", "", "", "2.6.12 `SET` with `EX`"},
    {"setnx", "string", "1.0.0", 3, "write denyoom fast", "string",
     "OW insert @1", "key@0 value",
     "O(1)", "Sets a string unless the key exists.", "", "", "2.6.12 `SET` with `NX`"},
    {"setrange", "string", "2.2.0", 4, "write denyoom", "string",
     "RW update @1", "key@0 offset:int value",
     "O(M), M the bytes written", "Overwrites a part of a string, which grows as needed."},
    {"strlen", "string", "2.2.0", 2, "readonly fast", "string",
     "RO @1", "key@0",
     "O(1)", "Tells the length of a string."},
    {"substr", "string", "1.0.0", 4, "readonly", "string",
     "RO access @1", "key@0 start:int end:int",
     "O(N), N the bytes returned", "Gives a part of a string.", "", "", "2.0.0 `GETRANGE`"},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> StringSpecs() { return kRows; }

}  // namespace kvorum
