#include "server/compatibility.h"

#include "commands/compatibility_page.h"
#include "commands/table.h"
#include "server/server.h"

namespace kvorum {

std::string MakeCompatibilityPage(std::string_view notes) {
  CommandTable table;
  RegisterAllCommands(table);
  return CompatibilityPage(table, notes);
}

}  // namespace kvorum
