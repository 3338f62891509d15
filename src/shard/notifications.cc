// Keyspace events: what happens to keys, told over channels, as notify-keyspace-events asks for.
//
//   K: channel __keyspace@<db>__:<key>, message <event>       E: channel __keyevent@<db>__:<event>, message <key>
#include "commands/notification_flags.h"
#include "shard/pubsub.h"
#include "shard/shard.h"

namespace kvorum {

void Shard::SetNotifications(uint32_t bits) {
  notified_classes = EffectiveNotifications(bits);
  RecomputeInterest();
}

void Shard::KeyCreated(int db, const Entry& entry) {
  // Only a key that comes into being wakes those who wait for it: a value put in the place of one of another type does not,
  // as in Redis.
  if (!entry.is_string() && !waiting_.empty()) {
    auto it = waiting_.find(KeyOrder::View(db, entry.key()));
    if (it != waiting_.end()) MakeReady(it->first, it->second);
  }
  Notify(event::kNew, "new", entry.key(), db);
}

void Shard::Notify(uint32_t event_class, std::string_view event, std::string_view key, int db) {
  if ((notified_classes & event_class) == 0 || !pubsub_->anybody_listens()) return;
  const std::string suffix = "@" + std::to_string(db) + "__:";
  if (notified_classes & event::kKeyspace) pubsub_->Publish("__keyspace" + suffix + std::string(key), event);
  if (notified_classes & event::kKeyevent) pubsub_->Publish("__keyevent" + suffix + std::string(event), key);
}

}  // namespace kvorum
