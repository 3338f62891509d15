// Commands on bits in strings. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"bitcount", "bitmap", "2.6.0", -2, "readonly", "bitmap",
     "RO access @1", "key@0 [range{start:int end:int [unit(BYTE | BIT)^7.0.0]}]",
     "O(N), N the bytes of the range", "Counts the bits that are set in a string, or in a range of it.",
     "7.0.0 BYTE and BIT tell the unit of the range"},
    {"bitfield", "bitmap", "3.2.0", -2, "write denyoom", "bitmap",
     "RW access update variable_flags @1 'some operations read and some write'",
     "key@0 [operation(GET get-block{encoding offset:int} | write{[OVERFLOW overflow-block(WRAP | SAT | FAIL)] "
     "write-operation(SET set-block{encoding offset:int value:int} | "
     "INCRBY incrby-block{encoding offset:int increment:int})})...]",
     "O(1) for each operation",
     "Reads, sets and increments integers of any width inside a string, as one atomic step."},
    {"bitfield_ro", "bitmap", "6.0.0", -2, "readonly fast", "bitmap",
     "RO access @1", "key@0 [GET get-block{encoding offset:int}+...]",
     "O(1) for each operation", "Reads integers of any width inside a string."},
    {"bitop", "bitmap", "2.6.0", -4, "write denyoom", "bitmap",
     "OW update @2; RO access @3 -1/1/0", "operation(AND | OR | XOR | NOT) destkey@0 key@1...",
     "O(N), N the length of the longest source",
     "Combines strings bit by bit with AND, OR, XOR or NOT and stores the result."},
    {"bitpos", "bitmap", "2.8.7", -3, "readonly", "bitmap",
     "RO access @1", "key@0 bit:int [range{start:int [end-unit-block{end:int [unit(BYTE | BIT)^7.0.0]}]}]",
     "O(N), N the bytes of the range", "Finds the first bit with the given value in a string.",
     "7.0.0 BYTE and BIT tell the unit of the range"},
    {"getbit", "bitmap", "2.2.0", 3, "readonly fast", "bitmap",
     "RO access @1", "key@0 offset:int",
     "O(1)", "Tells the bit at an offset of a string."},
    {"setbit", "bitmap", "2.2.0", 4, "write denyoom", "bitmap",
     "RW access update @1", "key@0 offset:int value:int",
     "O(1)", "Sets or clears the bit at an offset of a string, which grows as needed, and tells what it was."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> BitmapSpecs() { return kRows; }

}  // namespace kvorum
