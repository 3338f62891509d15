#include "server/server.h"

namespace kvorum {

void RegisterAllCommands(CommandTable& table) {
  RegisterShardCommands(table);
  RegisterConnectionCommands(table);
  RegisterConfigCommands(table);
}

}  // namespace kvorum
