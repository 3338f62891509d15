// Keyspace events: what happens to keys, told over channels, as notify-keyspace-events asks for.
//
//   K: channel __keyspace@<db>__:<key>, message <event>       E: channel __keyevent@<db>__:<event>, message <key>
#include "commands/notification_flags.h"
#include "shard/pubsub.h"
#include "shard/shard.h"

namespace kvorum {

void Shard::SetNotifications(uint32_t bits) {
  notified_classes = EffectiveNotifications(bits);
  // Databases look for somebody to tell of each new key: only if anybody wants to know.
  keyspace_.set_key_listener(notified_classes & event::kNew ? this : nullptr);
}

void Shard::KeyCreated(int db, std::string_view key) { Notify(event::kNew, "new", key, db); }

void Shard::Notify(uint32_t event_class, std::string_view event, std::string_view key, int db) {
  if ((notified_classes & event_class) == 0 || !pubsub_->anybody_listens()) return;
  const std::string suffix = "@" + std::to_string(db) + "__:";
  if (notified_classes & event::kKeyspace) pubsub_->Publish("__keyspace" + suffix + std::string(key), event);
  if (notified_classes & event::kKeyevent) pubsub_->Publish("__keyevent" + suffix + std::string(event), key);
}

}  // namespace kvorum
