#include "shard/shard.h"

namespace kvorum {

void RegisterShardCommands(CommandTable& table) {
  RegisterStringCommands(table);
  RegisterCommandCommands(table);
  RegisterTransactionCommands(table);
}

}  // namespace kvorum
