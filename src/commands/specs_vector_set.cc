// Commands of vector sets, as of Redis 8.4. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"vadd", "vector_set", "8.0.0", -5, "write denyoom", "", "RW insert update @1",
     "key@0 [reduce{REDUCE dim:int}] format(fp32{FP32 vector} | values{VALUES num:int value:double...}) element [CAS] "
     "[quant_type(NOQUANT | BIN | Q8)] [EF build_exploration_factor:int/'build-exploration-factor'] "
     "[SETATTR attributes] [M numlinks:int]",
     "O(log(N)) for each element added, where N is the number of elements in the vector set.",
     "Adds an element with its vector to a vector set, or gives it another vector."},
    {"vcard", "vector_set", "8.0.0", 2, "readonly fast", "", "RO @1", "key@0",
     "O(1)", "Tells how many elements a vector set has."},
    {"vdim", "vector_set", "8.0.0", 2, "readonly fast", "", "RO @1", "key@0",
     "O(1)", "Tells how many dimensions the vectors of a vector set have."},
    {"vemb", "vector_set", "8.0.0", -3, "readonly", "", "RO access @1", "key@0 element [RAW]",
     "O(1)", "Gives the vector of an element, as near as it is stored."},
    {"vgetattr", "vector_set", "8.0.0", 3, "readonly fast", "", "RO access @1", "key@0 element",
     "O(1)", "Gives the attributes of an element."},
    {"vinfo", "vector_set", "8.0.0", 2, "readonly fast", "", "RO @1", "key@0",
     "O(1)", "Tells of a vector set: size, dimensions, quantization, graph."},
    {"vismember", "vector_set", "8.2.0", 3, "readonly fast", "", "RO @1", "key@0 element",
     "O(1)", "Tells whether an element is in a vector set."},
    {"vlinks", "vector_set", "8.0.0", -3, "readonly", "", "RO access @1", "key@0 element [WITHSCORES]",
     "O(1)", "Gives the neighbours of an element on each layer of the graph."},
    {"vrandmember", "vector_set", "8.0.0", -2, "readonly", "", "RO access @1", "key@0 [count:int]",
     "O(N) where N is the absolute value of the count argument.", "Gives one or several elements at random."},
    {"vrange", "vector_set", "8.4.0", -4, "readonly", "", "RO access @1", "key@0 start end [count:int]",
     "O(log(K)+M) where K is the number of elements in the set and M the number of elements returned.",
     "Gives elements in the order of their names."},
    {"vrem", "vector_set", "8.0.0", 3, "write", "", "RW delete @1", "key@0 element",
     "O(log(N)) for each element removed, where N is the number of elements in the vector set.",
     "Removes an element."},
    {"vsetattr", "vector_set", "8.0.0", 4, "write fast", "", "RW update @1", "key@0 element attributes/'json'",
     "O(1)", "Sets the attributes of an element, or takes them away."},
    {"vsim", "vector_set", "8.0.0", -4, "readonly", "", "RO access @1",
     "key@0 format(ELE element | fp32{FP32 vector} | values{VALUES num:int value:double...}) [WITHSCORES] [WITHATTRIBS] "
     "[COUNT num:int] [EPSILON max_distance:double] [EF search_exploration_factor:int/'search-exploration-factor'] "
     "[FILTER expression] [FILTER-EF max_filtering_effort:int/'max-filtering-effort'] [TRUTH] [NOTHREAD]",
     "O(log(N)) where N is the number of elements in the vector set.",
     "Gives the elements most like a vector or another element."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> VectorSetSpecs() { return kRows; }

}  // namespace kvorum
