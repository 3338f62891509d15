#include "server/server.h"

namespace kvorum {

void RegisterAllCommands(CommandTable& table) {
  RegisterShardCommands(table);
  RegisterConfigCommands(table);
}

}  // namespace kvorum
