#include "commands/table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "commands/command_keys.h"

namespace kvorum {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Of the length, the first and the last bytes, in which names that differ only in case are equal.
size_t FoldedHash(std::string_view name) {
  uint64_t word = 0;
  const size_t size = name.size();
  if (size >= 8) {
    uint64_t last;
    std::memcpy(&word, name.data(), 8);
    std::memcpy(&last, name.data() + size - 8, 8);
    word ^= std::rotl(last | 0x2020202020202020, 29);
  } else if (size >= 4) {
    uint32_t first, last;
    std::memcpy(&first, name.data(), 4);
    std::memcpy(&last, name.data() + size - 4, 4);
    word = first | uint64_t{last} << 32;
  } else if (size > 0) {
    word = static_cast<uint8_t>(name[0]) | static_cast<uint32_t>(static_cast<uint8_t>(name[size / 2])) << 8 |
           static_cast<uint32_t>(static_cast<uint8_t>(name[size - 1])) << 16;
  }
  return (((word | 0x2020202020202020) + size) * 0x9e3779b97f4a7c15) >> 40;
}

bool EqualsFolded(std::string_view lower, std::string_view name) {
  return lower.size() == name.size() &&
         std::equal(lower.begin(), lower.end(), name.begin(), [](char a, char b) { return a == Lower(b); });
}

}  // namespace

Command* CommandTable::Add(const CommandSpec& spec) {
  auto command = std::make_unique<Command>();
  command->spec = &spec;
  command->called = spec.name;
  command->id = static_cast<uint16_t>(commands_.size());
  command->first_key = static_cast<uint16_t>(KeysOf(spec).range.first);
  commands_.push_back(std::move(command));
  return commands_.back().get();
}

Command* CommandTable::AddTopLevel(const CommandSpec& spec) {
  Command* command = Add(spec);
  ++top_level_;
  if (top_level_ * 4 > buckets_.size()) {
    Rehash();
  } else {
    Place(command);
  }
  return command;
}

void CommandTable::Place(Command* command) {
  size_t i = FoldedHash(command->called);
  while (buckets_[i & (buckets_.size() - 1)] != nullptr) ++i;
  buckets_[i & (buckets_.size() - 1)] = command;
}

void CommandTable::Bind(std::string_view name, Handler handler) {
  const CommandSpec* spec = FindCommandSpec(name);
  CHECK(spec != nullptr);
  const size_t bar = name.find('|');
  if (bar == std::string_view::npos) {
    auto* command = const_cast<Command*>(Find(name));
    if (command == nullptr) command = AddTopLevel(*spec);
    CHECK(command->handler == nullptr);
    command->handler = handler;
    return;
  }
  auto* container = const_cast<Command*>(Find(name.substr(0, bar)));
  if (container == nullptr) {
    const CommandSpec* container_spec = FindCommandSpec(name.substr(0, bar));
    CHECK(container_spec != nullptr);
    container = AddTopLevel(*container_spec);
  }
  CHECK(FindSubcommand(*container, name.substr(bar + 1)) == nullptr);
  Command* command = Add(*spec);
  command->handler = handler;
  command->container = container;
  container->subcommands.push_back(command);
}

void CommandTable::BindWarmup(std::string_view name, WarmupStart warm_up) {
  auto* command = const_cast<Command*>(Find(name));
  CHECK(command != nullptr && command->first_key != 0);
  command->warm_up = warm_up;
}

void CommandTable::Rehash() {
  buckets_.assign(std::max<size_t>(64, std::bit_ceil(commands_.size() * 4)), nullptr);
  for (const auto& command : commands_) {
    if (!command->spec->IsSubcommand() && !command->called.empty()) Place(command.get());
  }
}

bool CommandTable::Rename(std::string_view from, std::string_view to) {
  auto* command = const_cast<Command*>(Find(from));
  if (command == nullptr) return true;
  if (!to.empty() && Find(to) != nullptr) return false;
  command->called = to.empty() ? std::string_view() : std::string_view(new_names_.emplace_back(to));
  Rehash();
  return true;
}

const Command* CommandTable::Find(std::string_view name) const {
  if (buckets_.empty()) return nullptr;
  for (size_t i = FoldedHash(name);; ++i) {
    const Command* command = buckets_[i & (buckets_.size() - 1)];
    if (command == nullptr || EqualsFolded(command->called, name)) return command;
  }
}

const Command* CommandTable::Find(Arguments args) const {
  const Command* command = Find(args[0]);
  if (command == nullptr || command->subcommands.empty() || args.size() < 2) return command;
  const Command* subcommand = FindSubcommand(*command, args[1]);
  // COMMAND is both: without a known subcommand it is an error all the same.
  return subcommand;
}

const Command* CommandTable::FindSubcommand(const Command& container, std::string_view name) const {
  const size_t prefix = container.name().size() + 1;
  for (const Command* command : container.subcommands) {
    if (EqualsFolded(command->name().substr(prefix), name)) return command;
  }
  return nullptr;
}

}  // namespace kvorum
