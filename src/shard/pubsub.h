// PubSub: who listens to what, and what is said to them.
//
// There are three kinds of topics: channels, patterns (that channels match), and shard channels, which are channels of a world of their
// own here. A topic exists as long as somebody listens to it; its subscribers are an array, and each session knows its places in them,
// so that a message costs one encoding and a walk over an array, and leaving costs O(log n) in the session's own subscriptions.
//
// Threads: the shard's. Ownership: owns topics, whose names the sessions' Subscriptions view; borrows sessions, which must be removed
// (RemoveSession) before they go. Order: subscribers of a topic are told in no particular order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "shard/session.h"

namespace kvorum {

class Shard;

class PubSub {
 public:
  enum class Kind : uint8_t { kChannel, kPattern, kShardChannel };

  struct Topic {
    std::string name;
    std::vector<Session*> subscribers;
  };
  using Topics = std::unordered_map<std::string_view, std::unique_ptr<Topic>>;  // the names are the topics' own

  explicit PubSub(Shard& shard) : shard_(shard) {}

  static Subscriptions& SubscriptionsOf(Session& session, Kind kind);

  // False: it did already.
  bool Subscribe(Session& session, Kind kind, std::string_view name);
  // False: it did not listen to this.
  bool Unsubscribe(Session& session, Kind kind, std::string_view name);
  void RemoveSession(Session& session);

  // To a channel's subscribers and those of patterns it matches. Returns how many were told; one who listens twice counts twice.
  // O(subscribers + patterns).
  size_t Publish(std::string_view channel, std::string_view message);
  size_t PublishToShard(std::string_view channel, std::string_view message);

  const Topics& topics(Kind kind) const { return topics_[static_cast<size_t>(kind)]; }
  size_t CountSubscribers(Kind kind, std::string_view name) const;
  // Invariants: every topic has subscribers, and each of them knows its place.
  void Validate() const;
  // Whether a message to a channel could have a reader.
  bool anybody_listens() const { return !topics(Kind::kChannel).empty() || !topics(Kind::kPattern).empty(); }

 private:
  Topics& own_topics(Kind kind) { return topics_[static_cast<size_t>(kind)]; }
  size_t Tell(const Topic& topic, std::string_view kind, bool name_pattern, std::string_view channel,
              std::string_view message);

  Shard& shard_;
  Topics topics_[3];
};

}  // namespace kvorum
