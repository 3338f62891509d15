#include "commands/compatibility_page.h"

#include <fmt/format.h>

#include <iterator>
#include <vector>

#include "commands/command_docs.h"
#include "commands/spec.h"
#include "commands/table.h"
#include "commands/usage.h"

namespace kvorum {
namespace {

struct Group {
  std::string_view name;
  std::vector<const CommandSpec*> rows;
  size_t here = 0;
};

// Whether it can be called: a container is here with its first subcommand, or by itself.
bool IsHere(const CommandTable& table, const CommandSpec& spec) {
  const size_t bar = spec.name.find('|');
  const Command* command = table.Find(spec.name.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) return command != nullptr;
  return table.FindSubcommand(*command, spec.name.substr(bar + 1)) != nullptr;
}

// Containers that only lead to their subcommands are no commands of their own.
bool IsListed(const CommandSpec& spec) { return SubcommandsOf(spec).empty() || spec.name == "command"; }

std::vector<Group> GroupsOf(const CommandTable& table) {
  std::vector<Group> groups;
  for (const CommandSpec& spec : AllCommandSpecs()) {
    if (!IsListed(spec)) continue;
    if (groups.empty() || groups.back().name != spec.group) groups.push_back({.name = spec.group, .rows = {}});
    groups.back().rows.push_back(&spec);
    groups.back().here += IsHere(table, spec) ? 1 : 0;
  }
  return groups;
}

// "CLIENT LIST [TYPE ...]", with what would end a table's cell made harmless.
std::string CallOf(const CommandSpec& spec) {
  std::string call;
  for (const char c : spec.name) call += c == '|' ? ' ' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const std::string usage = UsageOf(spec);
  if (!usage.empty()) call += ' ';
  for (const char c : usage) {
    if (c == '|') call += '\\';
    call += c;
  }
  return call;
}

}  // namespace

std::string CompatibilityPage(const CommandTable& table, std::string_view notes) {
  const std::vector<Group> groups = GroupsOf(table);
  size_t here = 0;
  size_t all = 0;
  for (const Group& group : groups) {
    here += group.here;
    all += group.rows.size();
  }
  std::string page;
  auto out = std::back_inserter(page);
  fmt::format_to(out,
                 "# Compatibility\n\n"
                 "Made by `kvorum compatibility-page` from the command table; do not edit. The level is Redis 7.2: a "
                 "command that\n"
                 "is here has all the options of that version, and replies as that version does, but for the "
                 "differences below.\n\n"
                 "Of {} commands, subcommands counted, {} are here.\n\n"
                 "| Group | Here | Of |\n|---|--:|--:|\n",
                 all, here);
  for (const Group& group : groups) {
    fmt::format_to(out, "| [{0}](#{0}) | {1} | {2} |\n", group.name, group.here, group.rows.size());
  }
  for (const Group& group : groups) {
    fmt::format_to(out, "\n## {}\n\n| Command | Since | Here | |\n|---|---|---|---|\n", group.name);
    for (const CommandSpec* spec : group.rows) {
      fmt::format_to(out, "| `{}` | {} | {} | {} |\n", CallOf(*spec), spec->since,
                     IsHere(table, *spec) ? "yes" : "not yet", spec->summary);
    }
  }
  if (!notes.empty()) fmt::format_to(out, "\n{}", notes);
  return page;
}

}  // namespace kvorum
