#include "server/server.h"

namespace kvorum {

void RegisterAllCommands(CommandTable& table) {
  RegisterStringCommands(table);
  RegisterCommandCommands(table);
  RegisterTransactionCommands(table);
  RegisterConnectionCommands(table);
}

}  // namespace kvorum
