#include "shard/pubsub.h"

#include "base/check.h"
#include "base/glob.h"
#include "protocol/reply.h"
#include "shard/shard.h"

namespace kvorum {

Subscriptions& PubSub::SubscriptionsOf(Session& session, Kind kind) {
  if (kind == Kind::kChannel) return session.channels;
  return kind == Kind::kPattern ? session.patterns : session.shard_channels;
}

bool PubSub::Subscribe(Session& session, Kind kind, std::string_view name) {
  Subscriptions& own = SubscriptionsOf(session, kind);
  if (own.contains(name)) return false;
  auto it = own_topics(kind).find(name);
  if (it == own_topics(kind).end()) {
    auto topic = std::make_unique<Topic>(Topic{std::string(name), {}});
    const std::string_view key = topic->name;
    it = own_topics(kind).emplace(key, std::move(topic)).first;
  }
  Topic& topic = *it->second;
  own.emplace(topic.name, topic.subscribers.size());
  topic.subscribers.push_back(&session);
  return true;
}

bool PubSub::Unsubscribe(Session& session, Kind kind, std::string_view name) {
  Subscriptions& own = SubscriptionsOf(session, kind);
  auto place = own.find(name);
  if (place == own.end()) return false;
  auto it = own_topics(kind).find(name);
  std::vector<Session*>& subscribers = it->second->subscribers;
  // The last one takes the place that becomes free.
  Session* last = subscribers.back();
  subscribers[place->second] = last;
  SubscriptionsOf(*last, kind).find(name)->second = place->second;
  subscribers.pop_back();
  own.erase(place);
  if (subscribers.empty()) own_topics(kind).erase(it);
  return true;
}

void PubSub::RemoveSession(Session& session) {
  for (Kind kind : {Kind::kChannel, Kind::kPattern, Kind::kShardChannel}) {
    const Subscriptions& own = SubscriptionsOf(session, kind);
    while (!own.empty()) CHECK(Unsubscribe(session, kind, own.begin()->first));
  }
}

size_t PubSub::Tell(const Topic& topic, std::string_view kind, bool name_pattern, std::string_view channel,
                    std::string_view message) {
  Buffer encoded;
  ReplyWriter writer(encoded, 2);
  writer.Array(name_pattern ? 4 : 3);
  writer.Bulk(kind);
  if (name_pattern) writer.Bulk(topic.name);
  writer.Bulk(channel);
  writer.Bulk(message);
  for (Session* session : topic.subscribers) {
    // All that RESP3 says otherwise is that this is a push.
    encoded.data()[0] = session->resp == 3 ? '>' : '*';
    shard_.Push(*session, encoded.view());
  }
  return topic.subscribers.size();
}

size_t PubSub::Publish(std::string_view channel, std::string_view message) {
  size_t told = 0;
  const Topics& channels = topics(Kind::kChannel);
  if (auto it = channels.find(channel); it != channels.end()) {
    told += Tell(*it->second, "message", false, channel, message);
  }
  for (const auto& [pattern, topic] : topics(Kind::kPattern)) {
    if (GlobMatch(pattern, channel)) told += Tell(*topic, "pmessage", true, channel, message);
  }
  return told;
}

size_t PubSub::PublishToShard(std::string_view channel, std::string_view message) {
  const Topics& channels = topics(Kind::kShardChannel);
  auto it = channels.find(channel);
  return it == channels.end() ? 0 : Tell(*it->second, "smessage", false, channel, message);
}

void PubSub::Validate() const {
  for (Kind kind : {Kind::kChannel, Kind::kPattern, Kind::kShardChannel}) {
    for (const auto& [name, topic] : topics(kind)) {
      CHECK(name.data() == topic->name.data() && !topic->subscribers.empty());
      for (size_t place = 0; place < topic->subscribers.size(); ++place) {
        const Subscriptions& own = SubscriptionsOf(*topic->subscribers[place], kind);
        auto it = own.find(name);
        CHECK(it != own.end() && it->second == place && it->first.data() == name.data());
      }
    }
  }
}

size_t PubSub::CountSubscribers(Kind kind, std::string_view name) const {
  auto it = topics(kind).find(name);
  return it == topics(kind).end() ? 0 : it->second->subscribers.size();
}

}  // namespace kvorum
