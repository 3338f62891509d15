// Commands of the JSON module, as of its version 2.6. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"json.arrappend", "json", "1.0.0", -4, "write denyoom", "", "RW insert @1", "key@0 path value...",
     "O(N), N the size of the key if the path finds several values", "Appends values to arrays."},
    {"json.arrindex", "json", "1.0.0", -4, "readonly", "", "RO access @1",
     "key@0 path value [range{start:int [stop:int]}]",
     "O(N), N the size of the array", "Finds a value in arrays."},
    {"json.arrinsert", "json", "1.0.0", -5, "write denyoom", "", "RW insert @1", "key@0 path index:int value...",
     "O(N), N the size of the array", "Puts values into arrays, before an index."},
    {"json.arrlen", "json", "1.0.0", -2, "readonly", "", "RO access @1", "key@0 [path]",
     "O(1), or O(N) if the path finds several values, N the size of the key", "Tells the lengths of arrays."},
    {"json.arrpop", "json", "1.0.0", -2, "write", "", "RW access delete @1", "key@0 [path{path [index:int]}]",
     "O(N), N the size of the array, or O(1) for the last", "Takes items out of arrays, and replies them."},
    {"json.arrtrim", "json", "1.0.0", 5, "write", "", "RW delete @1", "key@0 path start:int stop:int",
     "O(N), N the size of the array", "Cuts arrays down to a range of their items."},
    {"json.clear", "json", "2.0.0", -2, "write", "", "RW update @1", "key@0 [path]",
     "O(N), N the size of the values", "Empties arrays and objects, and sets numbers to 0."},
    {"json.debug", "json", "1.0.0", -2, "", "", "", "", "", "A container for commands of debugging."},
    {"json.debug|help", "json", "1.0.0", 2, "readonly", "", "", "", "O(1)", "Tells of the subcommands."},
    {"json.debug|memory", "json", "1.0.0", -3, "readonly", "", "RO access @2", "key@0 [path]",
     "O(N), N the size of the values", "Tells how many bytes values take."},
    {"json.del", "json", "1.0.0", -2, "write", "", "RM delete @1", "key@0 [path]",
     "O(N), N the size of the values, or of the key if the path finds several", "Deletes values."},
    {"json.forget", "json", "1.0.0", -2, "write", "", "RM delete @1", "key@0 [path]",
     "O(N), N the size of the values, or of the key if the path finds several", "Deletes values."},
    {"json.get", "json", "1.0.0", -2, "readonly", "", "RO access @1",
     "key@0 [INDENT indent] [NEWLINE newline] [SPACE space] [path...]",
     "O(N), N the size of the values, or of the key if the path finds several", "Tells values as JSON."},
    {"json.merge", "json", "2.6.0", 4, "write denyoom", "", "RW update @1", "key@0 path value",
     "O(M+N), M the size of the value there was, N that of the new one", "Merges a value into those that are there."},
    {"json.mget", "json", "1.0.0", -3, "readonly", "", "RO access @1 -2/1/0", "key@0... path",
     "O(M*N), M the keys, N the size of the values", "Tells values of several keys as JSON."},
    {"json.mset", "json", "2.6.0", -4, "write denyoom", "", "OW update @1 -1/3/0", "triplet{key@0 path value}...",
     "O(K*(M+N)), K the keys, M the size of the values there were, N that of the new ones", "Sets values of several keys."},
    {"json.numincrby", "json", "1.0.0", 4, "write", "", "RW access update @1", "key@0 path value:double",
     "O(1), or O(N) if the path finds several values, N the size of the key", "Adds to numbers."},
    {"json.nummultby", "json", "1.0.0", 4, "write", "", "RW access update @1", "key@0 path value:double",
     "O(1), or O(N) if the path finds several values, N the size of the key", "Multiplies numbers."},
    {"json.objkeys", "json", "1.0.0", -2, "readonly", "", "RO access @1", "key@0 [path]",
     "O(N), N the members", "Tells the names of objects' members."},
    {"json.objlen", "json", "1.0.0", -2, "readonly", "", "RO access @1", "key@0 [path]",
     "O(1), or O(N) if the path finds several values, N the size of the key", "Tells how many members objects have."},
    {"json.resp", "json", "1.0.0", -2, "readonly", "", "RO access @1", "key@0 [path]",
     "O(N), N the size of the values", "Tells values in the protocol's own types."},
    {"json.set", "json", "1.0.0", -4, "write denyoom", "", "RW insert update @1", "key@0 path value [condition(NX | XX)]",
     "O(M+N), M the size of the value there was, N that of the new one", "Sets values."},
    {"json.strappend", "json", "1.0.0", -3, "write denyoom", "", "RW insert @1", "key@0 [path] value",
     "O(N), N the length of the text", "Appends to texts."},
    {"json.strlen", "json", "1.0.0", -2, "readonly", "", "RO access @1", "key@0 [path]",
     "O(1), or O(N) if the path finds several values, N the size of the key", "Tells the lengths of texts."},
    {"json.toggle", "json", "2.0.0", -2, "write", "", "RW access update @1", "key@0 [path]",
     "O(1), or O(N) if the path finds several values, N the size of the key", "Turns true into false, and false into true."},
    {"json.type", "json", "1.0.0", -2, "readonly", "", "RO access @1", "key@0 [path]",
     "O(1), or O(N) if the path finds several values, N the size of the key", "Tells the types of values."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> JsonSpecs() { return kRows; }

}  // namespace kvorum
