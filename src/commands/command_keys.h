// Where a command's keys are: key specifications parsed from CommandSpec::keys, and the keys of a given argument vector.
// Used by COMMAND and its subcommands, ACL, cluster slots, client tracking and the prefetch of pipelined keys.
//
// All functions are pure; specifications are parsed once, on first use, and then only read (any thread). They belong to
// rows of AllCommandSpecs(): a CommandSpec copied elsewhere is a bug.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "commands/spec.h"

namespace kvorum {

// How a key is used. The first four exclude one another: what happens to the value is read only, read and changed,
// overwritten, removed. The next four say what happens to the user's data in it.
namespace key_use {
inline constexpr uint32_t kRO = 1u << 0;
inline constexpr uint32_t kRW = 1u << 1;
inline constexpr uint32_t kOW = 1u << 2;
inline constexpr uint32_t kRM = 1u << 3;
inline constexpr uint32_t kAccess = 1u << 4;
inline constexpr uint32_t kUpdate = 1u << 5;
inline constexpr uint32_t kInsert = 1u << 6;
inline constexpr uint32_t kDelete = 1u << 7;
inline constexpr uint32_t kNotKey = 1u << 8;          // A channel: stands where keys stand, and has a slot.
inline constexpr uint32_t kIncomplete = 1u << 9;      // There may be keys that the specification does not find.
inline constexpr uint32_t kVariableFlags = 1u << 10;  // What happens depends on other arguments.
}  // namespace key_use

// By bit number, as in replies.
inline constexpr std::string_view kKeyUseNames[] = {
    "RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags"};

struct KeySpec {
  enum class Begin : uint8_t { kIndex, kKeyword, kUnknown };
  enum class Find : uint8_t { kRange, kKeynum, kUnknown };

  uint32_t use = 0;  // key_use::k*
  Begin begin = Begin::kUnknown;
  Find find = Find::kUnknown;
  int begin_index = 0;       // kIndex: the argument; kKeyword: where the search starts, from the end when negative.
  std::string_view keyword;  // kKeyword, in upper case.
  int last = 0;              // kRange: after the first, or from the end of the arguments when negative.
  int step = 1;              // kRange, kKeynum
  int limit = 0;             // kRange with negative `last`: only the first 1/limit of the remaining arguments are keys.
  int keynum_index = 0;      // kKeynum: where the number stands, and the first key, both after the beginning.
  int first_key = 0;
  std::string_view note;
};

// First key, last key (negative: from the end of the arguments) and step, as COMMAND tells them. No keys: all zero.
struct KeyRange {
  int first = 0;
  int last = 0;
  int step = 0;
};

struct CommandKeys {
  std::vector<KeySpec> specs;
  KeyRange range;
  bool has_keys = false;  // Any specification that is of a key, not of a channel.
  bool simple = false;    // The range is all there is to know: no movable keys, no use that depends on arguments.
};

// O(1) after the first use.
const CommandKeys& KeysOf(const CommandSpec& spec);

struct KeyRef {
  int index;     // In the argument vector.
  uint32_t use;  // key_use::k*

  bool operator==(const KeyRef&) const = default;
};

// Appends the keys of `args` (the command's name first, in a subcommand the container's) to `keys`, in the order of the
// specifications. Whether the number of arguments fits the arity is the caller's question. Returns false, and appends
// nothing, where the arguments are such that the command can only fail, or has no keys in them.
// O(arguments).
bool ExtractKeys(const CommandSpec& spec, std::span<const std::string_view> args, std::vector<KeyRef>& keys);

// As ExtractKeys, for shard channels (specifications with not_key).
bool ExtractShardChannels(const CommandSpec& spec, std::span<const std::string_view> args, std::vector<KeyRef>& keys);

}  // namespace kvorum
