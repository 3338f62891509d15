// Commands on HyperLogLogs. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"pfadd", "hyperloglog", "2.8.9", -2, "write denyoom fast", "hyperloglog",
     "RW insert @1", "key@0 [element...]",
     "O(1) for each element", "Adds elements to a HyperLogLog."},
    {"pfcount", "hyperloglog", "2.8.9", -2, "readonly may_replicate", "hyperloglog",
     "RW access @1 -1/1/0 'RW, since the representation may change and replicas are told'", "key@0...",
     "O(1) for one key; O(N) with a larger constant for N keys",
     "Estimates how many different elements were added to HyperLogLogs."},
    {"pfdebug", "hyperloglog", "2.8.9", 3, "write denyoom admin syscmd", "hyperloglog",
     "RW access @2", "subcommand key@0",
     "Depends on what is asked", "Shows the inside of a HyperLogLog."},
    {"pfmerge", "hyperloglog", "2.8.9", -2, "write denyoom", "hyperloglog",
     "RW access insert @1; RO access @2 -1/1/0", "destkey@0 [sourcekey@1...]",
     "O(N), N the sources, with a large constant", "Merges HyperLogLogs into one."},
    {"pfselftest", "hyperloglog", "2.8.9", 1, "admin syscmd", "hyperloglog",
     "", "",
     "Constant, but seconds", "Checks the implementation of HyperLogLog."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> HyperloglogSpecs() { return kRows; }

}  // namespace kvorum
