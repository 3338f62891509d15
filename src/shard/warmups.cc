// The warm-ups of commands that arrived together (keyspace/warmup.h).
#include "shard/shard.h"

namespace kvorum {

void Shard::StartWarmup(const Session& session, const Command& command, Arguments args, uint64_t key_hash) {
  const Database& db = keyspace_.database(session.db);
  const std::string_view key = args[command.first_key];
  const Entry* entry = db.Find(key, key_hash);
  if (entry == nullptr || entry->encoding() != Entry::Encoding::kObject || !command.ArityFits(args.size())) return;
  Warmup& warmup = warmups_.emplace_back();
  if (!command.warm_up(*entry->object(), args, &warmup)) warmups_.pop_back();
}

void Shard::RunWarmups() {
  while (!warmups_.empty()) {
    for (size_t i = 0; i < warmups_.size();) {
      if (warmups_[i].Step()) {
        ++i;
      } else {
        warmups_[i] = warmups_.back();
        warmups_.pop_back();
      }
    }
  }
}

}  // namespace kvorum
