#include "shard/shard.h"
#include "shard/vector_set_commands.h"

namespace kvorum {

void RegisterShardCommands(CommandTable& table) {
  RegisterGenericCommands(table);
  RegisterExpireCommands(table);
  RegisterSortCommands(table);
  RegisterSerializationCommands(table);
  RegisterStringCommands(table);
  RegisterBitmapCommands(table);
  RegisterSetCommands(table);
  RegisterHashCommands(table);
  RegisterSortedSetCommands(table);
  RegisterListCommands(table);
  RegisterVectorSetCommands(table);
  RegisterJsonCommands(table);
  RegisterVectorWorkCommands(table);
  RegisterCommandCommands(table);
  RegisterDatabaseCommands(table);
  RegisterTransactionCommands(table);
  RegisterConnectionCommands(table);
  RegisterClientCommands(table);
  RegisterSlowLogCommands(table);
  RegisterLatencyCommands(table);
  RegisterPubSubCommands(table);
  RegisterTrackingCommands(table);
  RegisterWaitCommand(table);
  RegisterMigrateCommand(table);
  RegisterSearchCommands(table);
}

}  // namespace kvorum
