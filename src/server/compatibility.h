// docs/compatibility.md of the commands this server has.
#pragma once

#include <string>
#include <string_view>

namespace kvorum {

// See commands/compatibility_page.h.
std::string MakeCompatibilityPage(std::string_view notes);

}  // namespace kvorum
