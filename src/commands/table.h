// CommandTable: the commands this server has, by name: the data of spec.h, bound to the functions that run them.
//
// Made at the start, one Register function a family; then only the statistics change.
// Threads: one. Ownership: owns its commands, whose addresses stay.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/latency_histogram.h"
#include "commands/context.h"
#include "commands/spec.h"
#include "keyspace/warmup.h"

namespace kvorum {

using Handler = void (*)(Context&);
// Begins to bring what the command will touch inside of the value of its first key towards the caches (keyspace/warmup.h). The
// value may be of any type. False: nothing to do.
using WarmupStart = bool (*)(const Object& value, Arguments args, Warmup* warmup);

struct CommandStats {
  uint64_t calls = 0;
  uint64_t microseconds = 0;
  uint64_t rejected = 0;  // before it ran: arity, rights, memory
  uint64_t failed = 0;    // while it ran
};

struct Command {
  const CommandSpec* spec = nullptr;
  Handler handler = nullptr;           // nullptr for a container that must be called with a subcommand
  std::vector<Command*> subcommands;   // by name
  const Command* container = nullptr;  // of a subcommand
  mutable CommandStats stats;
  mutable std::unique_ptr<LatencyHistogram> latency;  // made with the first call while latency-tracking is on
  // The first key's place where it is fixed, for prefetching; 0 if there is none.
  uint16_t first_key = 0;
  WarmupStart warm_up = nullptr;
  uint16_t id = 0;  // its place in CommandTable::commands()

  std::string_view name() const { return spec->name; }  // "client|list" for subcommands
  std::string_view called;                              // what clients call it: its name, unless it was renamed
  bool Is(uint32_t flag_bits) const { return spec->Is(flag_bits); }
  bool ArityFits(size_t argc) const {
    return spec->arity >= 0 ? argc == static_cast<size_t>(spec->arity) : argc >= static_cast<size_t>(-spec->arity);
  }
};

class CommandTable {
 public:
  CommandTable() = default;
  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  // `name` in lower case, "client|list" for a subcommand, whose container comes along by itself. It must have a spec and not
  // be bound yet.
  void Bind(std::string_view name, Handler handler);
  // Of a command that was bound.
  void BindWarmup(std::string_view name, WarmupStart warm_up);

  // From now on the command answers to another name, or, if that is empty, to none. What is not bound is not an error, as
  // nobody can call it; false: `to` is another command's name. `to` is in lower case.
  [[nodiscard]] bool Rename(std::string_view from, std::string_view to);

  // By name, whatever its case; not subcommands. O(1).
  const Command* Find(std::string_view name) const;
  // By the first word, or the first two if that is a container. nullptr: unknown command or subcommand.
  const Command* Find(Arguments args) const;
  const Command* FindSubcommand(const Command& container, std::string_view name) const;

  // All, subcommands among them, in the order of binding.
  std::span<const std::unique_ptr<Command>> commands() const { return commands_; }
  // Without subcommands.
  size_t top_level_count() const { return top_level_; }

 private:
  Command* Add(const CommandSpec& spec);
  Command* AddTopLevel(const CommandSpec& spec);
  void Place(Command* command);
  void Rehash();

  std::vector<std::unique_ptr<Command>> commands_;
  std::vector<Command*> buckets_;  // open addressing by case-folded name
  size_t top_level_ = 0;
  std::deque<std::string> new_names_;
};

// Deletes an entry whose deadline has passed: statistics, event, effect, watchers. Lookups and the expiry cycle use it.
void ExpireEntry(CommandHost& host, Keyspace& keyspace, Database& db, std::string_view key);

// The families.
void RegisterStringCommands(CommandTable& table);
void RegisterCounterCommands(CommandTable& table);
void RegisterLcsCommand(CommandTable& table);
void RegisterBitmapCommands(CommandTable& table);
void RegisterBitfieldCommands(CommandTable& table);
void RegisterListCommands(CommandTable& table);
void RegisterSetCommands(CommandTable& table);
void RegisterHashCommands(CommandTable& table);
void RegisterSortedSetCommands(CommandTable& table);
void RegisterGenericCommands(CommandTable& table);
void RegisterExpireCommands(CommandTable& table);
void RegisterSortCommands(CommandTable& table);
void RegisterSerializationCommands(CommandTable& table);
void RegisterVectorSetCommands(CommandTable& table);
void RegisterJsonCommands(CommandTable& table);
void RegisterCommandCommands(CommandTable& table);

}  // namespace kvorum
