#include "commands/help.h"

#include <string>
#include <string_view>
#include <vector>

#include "commands/context.h"
#include "commands/table.h"
#include "commands/usage.h"

namespace kvorum {
namespace {

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

}  // namespace

void HelpCommand(Context& context) {
  const Command* container = context.command.container;
  std::vector<std::string> lines;
  lines.push_back(Upper(container->name()) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  const auto add = [&lines](std::string usage, std::string_view summary) {
    lines.push_back(std::move(usage));
    lines.push_back("    " + std::string(summary));
  };
  if (container->handler != nullptr) add("(no subcommand)", container->spec->summary);
  for (const Command* command : container->subcommands) {
    if (command == &context.command) continue;
    const std::string usage = UsageOf(*command->spec);
    const std::string word = Upper(command->name().substr(container->name().size() + 1));
    add(usage.empty() ? word : word + " " + usage, command->spec->summary);
  }
  add("HELP", "Print this help.");
  context.reply.Array(lines.size());
  for (const std::string& line : lines) context.reply.Status(line);
}

}  // namespace kvorum
