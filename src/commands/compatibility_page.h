// docs/compatibility.md: every Redis 7.2 command by group, here or not yet, and notes written by hand.
#pragma once

#include <string>
#include <string_view>

namespace kvorum {

class CommandTable;

// The page in Markdown. `notes` is appended as it is.
std::string CompatibilityPage(const CommandTable& table, std::string_view notes);

}  // namespace kvorum
