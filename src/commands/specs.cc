// Joins the rows of all groups and finds them by name.
#include <algorithm>
#include <vector>

#include "commands/spec.h"
#include "commands/spec_groups.h"

namespace kvorum {

std::span<const CommandSpec> AllCommandSpecs() {
  static const std::vector<CommandSpec> all = [] {
    std::vector<CommandSpec> rows;
    for (const auto group : kSpecGroups) rows.insert(rows.end(), group().begin(), group().end());
    return rows;
  }();
  return all;
}

const CommandSpec* FindCommandSpec(std::string_view name) {
  static const std::vector<const CommandSpec*> by_name = [] {
    std::vector<const CommandSpec*> rows;
    for (const CommandSpec& row : AllCommandSpecs()) rows.push_back(&row);
    std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    return rows;
  }();
  const auto found = std::lower_bound(by_name.begin(), by_name.end(), name,
                                      [](const CommandSpec* row, std::string_view want) { return row->name < want; });
  return found != by_name.end() && (*found)->name == name ? *found : nullptr;
}

}  // namespace kvorum
