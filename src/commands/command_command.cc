// COMMAND and its subcommands: what this server's commands are. COUNT, INFO, DOCS and LIST tell of what is bound in the
// table; GETKEYS and GETKEYSANDFLAGS know every command that has a row.
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/glob.h"
#include "commands/command_docs.h"
#include "commands/command_keys.h"
#include "commands/context.h"
#include "commands/help.h"
#include "commands/table.h"

namespace kvorum {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

// A command by its name, a subcommand as "config|get"; null if this server has no such command.
const Command* FindByFullName(const CommandTable& table, std::string_view name) {
  const size_t bar = name.find('|');
  const Command* command = table.Find(name.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) return command;
  return table.FindSubcommand(*command, name.substr(bar + 1));
}

class IsBound {
 public:
  explicit IsBound(const CommandTable& table) : table_(table) {}
  bool operator()(const CommandSpec& spec) const { return FindByFullName(table_, spec.name) != nullptr; }

 private:
  const CommandTable& table_;
};

template <typename Function>
void ForEachTopLevel(const CommandTable& table, const Function& function) {
  for (const auto& command : table.commands()) {
    if (!command->spec->IsSubcommand()) function(*command->spec);
  }
}

// COMMAND, and COMMAND INFO without names.
void CommandCommand(Context& context) {
  const CommandTable& table = context.host().commands();
  context.reply.Array(table.top_level_count());
  ForEachTopLevel(table, [&](const CommandSpec& spec) { WriteCommandInfo(context.reply, spec, IsBound(table)); });
}

// COMMAND COUNT
void CommandCountCommand(Context& context) {
  context.reply.Integer(static_cast<int64_t>(context.host().commands().top_level_count()));
}

// COMMAND INFO [name ...]
void CommandInfoCommand(Context& context) {
  if (context.args.size() == 2) return CommandCommand(context);
  const CommandTable& table = context.host().commands();
  const Arguments names = context.args.subspan(2);
  context.reply.Array(names.size());
  for (const std::string_view name : names) {
    const Command* command = FindByFullName(table, name);
    if (command == nullptr) {
      context.reply.Null();
    } else {
      WriteCommandInfo(context.reply, *command->spec, IsBound(table));
    }
  }
}

// COMMAND DOCS [name ...]. Names that are unknown are left out.
void CommandDocsCommand(Context& context) {
  const CommandTable& table = context.host().commands();
  std::vector<const CommandSpec*> specs;
  if (context.args.size() == 2) {
    ForEachTopLevel(table, [&specs](const CommandSpec& spec) { specs.push_back(&spec); });
  }
  for (const std::string_view name : context.args.subspan(2)) {
    if (const Command* command = FindByFullName(table, name)) specs.push_back(command->spec);
  }
  context.reply.Map(specs.size());
  for (const CommandSpec* spec : specs) {
    context.reply.Bulk(spec->name);
    WriteCommandDocs(context.reply, *spec, IsBound(table));
  }
}

uint32_t CategoryBit(std::string_view name) {
  const std::string lower = Lower(name);
  const auto* const found = std::find(std::begin(kAclCategoryNames), std::end(kAclCategoryNames), lower);
  return found == std::end(kAclCategoryNames) ? 0 : 1u << (found - std::begin(kAclCategoryNames));
}

// COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]
void CommandListCommand(Context& context) {
  const Arguments args = context.args;
  enum class Filter { kNone, kModule, kCategory, kPattern } filter = Filter::kNone;
  if (args.size() == 5 && context.Is(2, "FILTERBY")) {
    if (context.Is(3, "MODULE")) filter = Filter::kModule;
    if (context.Is(3, "ACLCAT")) filter = Filter::kCategory;
    if (context.Is(3, "PATTERN")) filter = Filter::kPattern;
  }
  if (args.size() != 2 && filter == Filter::kNone) return context.SyntaxError();
  const uint32_t category = filter == Filter::kCategory ? CategoryBit(args[4]) : 0;
  std::vector<std::string_view> names;
  for (const auto& command : context.host().commands().commands()) {
    const CommandSpec& spec = *command->spec;
    if (filter == Filter::kModule) continue;  // There are no modules, so none has commands.
    if (filter == Filter::kCategory && !(spec.acl_categories & category)) continue;
    if (filter == Filter::kPattern && !GlobMatchIgnoringCase(args[4], spec.name)) continue;
    names.push_back(spec.name);
  }
  context.reply.Array(names.size());
  for (const std::string_view name : names) context.reply.Bulk(name);
}

// The row of a whole command, subcommand included.
const CommandSpec* FindSpecOf(Arguments words) {
  if (words[0].find('|') != std::string_view::npos) return nullptr;
  const CommandSpec* spec = FindCommandSpec(Lower(words[0]));
  if (spec == nullptr || words.size() < 2 || SubcommandsOf(*spec).empty()) return spec;
  return FindCommandSpec(std::string(spec->name) + "|" + Lower(words[1]));
}

// The keys of the command that begins at args[2], or nothing and an error reply.
std::optional<std::vector<KeyRef>> KeysOfWholeCommand(Context& context) {
  const Arguments words = context.args.subspan(2);
  const CommandSpec* spec = FindSpecOf(words);
  const auto count = static_cast<int>(words.size());
  if (spec == nullptr) {
    context.Error("ERR Invalid command specified");
  } else if (!KeysOf(*spec).has_keys) {
    context.Error("ERR The command has no key arguments");
  } else if (spec->arity >= 0 ? count != spec->arity : count < -spec->arity) {
    context.Error("ERR Invalid number of arguments specified for command");
  } else {
    std::vector<KeyRef> keys;
    if (ExtractKeys(*spec, words, keys) || spec->Is(flag::kNoMandatoryKeys)) return keys;
    context.Error("ERR Invalid arguments specified for command");
  }
  return std::nullopt;
}

// COMMAND GETKEYS command [arg ...]
void CommandGetKeysCommand(Context& context) {
  const auto keys = KeysOfWholeCommand(context);
  if (!keys) return;
  context.reply.Array(keys->size());
  for (const KeyRef& key : *keys) context.reply.Bulk(context.args[key.index + 2]);
}

// COMMAND GETKEYSANDFLAGS command [arg ...]
void CommandGetKeysAndFlagsCommand(Context& context) {
  const auto keys = KeysOfWholeCommand(context);
  if (!keys) return;
  context.reply.Array(keys->size());
  for (const KeyRef& key : *keys) {
    context.reply.Array(2);
    context.reply.Bulk(context.args[key.index + 2]);
    WriteBits(context.reply, key.use, kKeyUseNames);
  }
}

}  // namespace

void RegisterCommandCommands(CommandTable& table) {
  table.Bind("command", CommandCommand);
  table.Bind("command|count", CommandCountCommand);
  table.Bind("command|docs", CommandDocsCommand);
  table.Bind("command|getkeys", CommandGetKeysCommand);
  table.Bind("command|getkeysandflags", CommandGetKeysAndFlagsCommand);
  table.Bind("command|help", HelpCommand);
  table.Bind("command|info", CommandInfoCommand);
  table.Bind("command|list", CommandListCommand);
}

}  // namespace kvorum
