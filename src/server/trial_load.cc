#include "server/trial_load.h"

#include <memory>

#include "os/clock.h"
#include "os/worker.h"
#include "server/server.h"
#include "shard/graph_files.h"
#include "shard/recovery.h"
#include "shard/search_service.h"
#include "shard/shard.h"

namespace kvorum {

StorageError TrialLoad(FileSystem& files, const std::string& folder, const StartPlan& plan, int databases,
                       const std::function<void(uint64_t, uint64_t, uint64_t)>& show, TrialReport* report) {
  CommandTable commands;
  RegisterAllCommands(commands);
  const KeyspaceSettings keyspace_settings;
  const ShardSettings settings;
  SystemClock clock;
  ThreadWorker reader("trial-reader");
  Shard shard({.commands = &commands,
               .keyspace_settings = &keyspace_settings,
               .settings = &settings,
               .clock = &clock,
               .random_seed = 1,
               .databases = databases});
  shard.SetLoading(true);
  shard.search().SetGraphFiles(std::make_unique<GraphFiles>(files, folder, reader));
  shard.search().graph_files()->BeginReading();
  auto progress = [&show](const RecoveryProgress& now) {
    show(now.read_bytes, now.total_bytes, now.snapshot_keys);
    return true;
  };
  const RecoveryParts parts{.files = &files,
                            .folder = folder,
                            .journal_worker = &reader,
                            .snapshot_worker = &reader,
                            .clock = &clock,
                            .progress = progress};
  RecoveryProgress loaded;
  StorageError error = Rehearse(parts, plan, shard, &loaded);
  shard.search().graph_files()->EndReading();
  shard.search().SetGraphFiles(nullptr);
  for (int i = 0; i < shard.keyspace().size(); ++i) report->keys += shard.keyspace().database(i).size();
  report->commands = loaded.commands;
  report->entries = loaded.entries;
  return error;
}

}  // namespace kvorum
