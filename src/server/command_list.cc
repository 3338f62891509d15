#include "server/server.h"

namespace kvorum {

void RegisterAllCommands(CommandTable& table) {
  RegisterShardCommands(table);
  RegisterConfigCommands(table);
  RegisterInfoCommands(table);
  RegisterMemoryCommands(table);
  RegisterServerCommands(table);
  RegisterPersistenceCommands(table);
  RegisterDebugCommands(table);
}

}  // namespace kvorum
