// The rows by group, for specs.cc to join. Each stands in specs_<group>.cc.
#pragma once

#include "commands/spec.h"

namespace kvorum {

std::span<const CommandSpec> GenericSpecs();
std::span<const CommandSpec> StringSpecs();
std::span<const CommandSpec> BitmapSpecs();
std::span<const CommandSpec> ListSpecs();
std::span<const CommandSpec> SetSpecs();
std::span<const CommandSpec> HashSpecs();
std::span<const CommandSpec> SortedSetSpecs();
std::span<const CommandSpec> TransactionsSpecs();
std::span<const CommandSpec> PubsubSpecs();
std::span<const CommandSpec> ConnectionSpecs();
std::span<const CommandSpec> ServerSpecs();
std::span<const CommandSpec> ScriptingSpecs();
std::span<const CommandSpec> HyperloglogSpecs();
std::span<const CommandSpec> GeoSpecs();
std::span<const CommandSpec> StreamSpecs();
std::span<const CommandSpec> ClusterSpecs();
std::span<const CommandSpec> SearchSpecs();
std::span<const CommandSpec> VectorSetSpecs();
std::span<const CommandSpec> JsonSpecs();

inline constexpr std::span<const CommandSpec> (*kSpecGroups[])() = {
    GenericSpecs,      StringSpecs,  BitmapSpecs,     ListSpecs,      SetSpecs,       HashSpecs,        SortedSetSpecs,
    TransactionsSpecs, PubsubSpecs,  ConnectionSpecs, ServerSpecs,    ScriptingSpecs, HyperloglogSpecs, GeoSpecs,
    StreamSpecs,       ClusterSpecs, SearchSpecs,     VectorSetSpecs, JsonSpecs,
};

}  // namespace kvorum
