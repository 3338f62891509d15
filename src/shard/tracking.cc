#include "shard/tracking.h"

#include <algorithm>

#include "base/check.h"
#include "commands/table.h"
#include "protocol/reply.h"
#include "shard/shard.h"

namespace kvorum {
namespace {

constexpr std::string_view kChannel = "__redis__:invalidate";
constexpr size_t kForgottenARound = 100;

void AppendKeys(Buffer& out, std::span<const std::string_view> keys) {
  ReplyWriter writer(out);
  writer.Array(keys.size());
  for (std::string_view key : keys) writer.Bulk(key);
}

}  // namespace

void Tracking::Enable(Session& session, const TrackingState& options) {
  TrackingState& state = session.tracking;
  const bool caching = state.caching;
  std::set<std::string, std::less<>> prefixes = std::move(state.prefixes);
  std::vector<std::string> added(options.prefixes.begin(), options.prefixes.end());
  if (options.broadcast && added.empty()) added.emplace_back();
  for (const std::string& prefix : added) {
    prefixes_[prefix].sessions[session.id] = &session;
    prefixes.insert(prefix);
  }
  state = options;
  state.on = true;
  state.broken_redirect = false;
  state.caching = caching;
  state.prefixes = std::move(prefixes);
  sessions_[session.id] = &session;
  shard_.TrackingChanged();
}

void Tracking::Disable(Session& session) {
  if (!session.tracking.on) return;
  for (const std::string& prefix : session.tracking.prefixes) {
    auto it = prefixes_.find(prefix);
    it->second.sessions.erase(session.id);
    if (it->second.sessions.empty()) prefixes_.erase(it);
  }
  session.tracking = TrackingState();
  sessions_.erase(session.id);
  // Nobody is left to be told.
  if (sessions_.empty()) Forget();
  shard_.TrackingChanged();
}

void Tracking::Forget() {
  table_.ForEach([](TrackedKey* tracked) { delete tracked; });
  table_.Clear();
  items_ = added_ = rounds_over_limit_ = 0;
}

void Tracking::RememberKeys(Session& session, const Command& command, Arguments args) {
  const TrackingState& state = session.tracking;
  if (!state.on || state.broadcast || (state.opt_in && !state.caching) || (state.opt_out && state.caching)) return;
  // A shard channel stands where keys stand, but is none.
  if (command.Is(flag::kPubsub)) return;
  keys_.clear();
  if (!ExtractKeys(*command.spec, args, keys_)) return;
  for (const KeyRef& ref : keys_) {
    const std::string_view key = args[static_cast<size_t>(ref.index)];
    const uint64_t hash = HashBytes(key);
    TrackedKey** slot = table_.Find(key, hash);
    TrackedKey* tracked = slot == nullptr ? new TrackedKey{std::string(key), {}} : *slot;
    if (slot == nullptr) {
      table_.Insert(tracked, hash);
      ++added_;
    }
    std::vector<int64_t>& readers = tracked->readers;
    auto place = std::lower_bound(readers.begin(), readers.end(), session.id);
    if (place != readers.end() && *place == session.id) continue;
    readers.insert(place, session.id);
    ++items_;
  }
}

void Tracking::KeyChanged(std::string_view key, const Session* by) {
  const int64_t by_id = by == nullptr ? 0 : by->id;
  for (auto& [prefix, group] : prefixes_) {
    if (!key.starts_with(prefix)) continue;
    has_changed_prefixes_ = true;
    auto it = group.changed.find(key);
    if (it == group.changed.end()) {
      group.changed.emplace(key, by_id);
    } else if (it->second != by_id) {
      it->second = kSeveral;
    }
  }
  const uint64_t hash = HashBytes(key);
  if (TrackedKey** slot = table_.Find(key, hash); slot != nullptr) Invalidate(slot, hash);
}

void Tracking::Invalidate(TrackedKey** slot, uint64_t hash) {
  TrackedKey* tracked = table_.Erase(slot, hash);
  items_ -= tracked->readers.size();
  Buffer keys;
  AppendKeys(keys, std::array<std::string_view, 1>{tracked->key});
  for (int64_t id : tracked->readers) {
    auto it = sessions_.find(id);
    // Those who broadcast now have read it before they did.
    if (it == sessions_.end() || it->second->tracking.broadcast) continue;
    Session& session = *it->second;
    const bool running = &session == shard_.current_session();
    if (running && session.tracking.no_loop) continue;
    if (running) {
      held_.emplace_back(tracked->key);
      shard_.HoldPushes();
    } else {
      Send(session, keys.view());
    }
  }
  delete tracked;
}

void Tracking::AllKeysChanged() {
  for (auto& [id, session] : sessions_) {
    if (session == shard_.current_session()) {
      held_.emplace_back(std::nullopt);
      shard_.HoldPushes();
    } else {
      SendAll(*session);
    }
  }
  Forget();
}

void Tracking::SendAll(Session& session) { Send(session, session.resp == 3 ? "_\r\n" : "$-1\r\n"); }

void Tracking::SendHeld(Session& session) {
  for (const std::optional<std::string>& key : held_) {
    if (!session.tracking.on) break;
    if (!key) {
      SendAll(session);
      continue;
    }
    Buffer keys;
    AppendKeys(keys, std::array<std::string_view, 1>{*key});
    Send(session, keys.view());
  }
  held_.clear();
}

void Tracking::Send(Session& session, std::string_view keys) {
  Buffer message;
  Session* target = &session;
  const int64_t redirect = session.tracking.redirect;
  if (redirect != 0) {
    target = shard_.FindSession(redirect);
    if (target == nullptr) {
      session.tracking.broken_redirect = true;
      if (session.resp != 3) return;
      ReplyWriter writer(message, 3);
      writer.Push(2);
      writer.Bulk("tracking-redir-broken");
      writer.Integer(redirect);
      return shard_.Push(session, message.view());
    }
  }
  ReplyWriter writer(message, target->resp);
  if (target->resp == 3) {
    writer.Push(2);
    writer.Bulk("invalidate");
  } else if (redirect != 0 && target->is_subscriber()) {
    writer.Push(3);
    writer.Bulk("message");
    writer.Bulk(kChannel);
  } else {
    // RESP2 has no words for it.
    return;
  }
  writer.Raw(keys);
  shard_.Push(*target, message.view());
}

void Tracking::Broadcast() {
  if (!has_changed_prefixes_) return;
  has_changed_prefixes_ = false;
  for (auto& [prefix, group] : prefixes_) {
    if (group.changed.empty()) continue;
    std::vector<std::string_view> names;
    for (const auto& [key, by] : group.changed) names.push_back(key);
    Buffer all;
    AppendKeys(all, names);
    for (auto& [id, session] : group.sessions) {
      if (!session->tracking.no_loop) {
        Send(*session, all.view());
        continue;
      }
      names.clear();
      for (const auto& [key, by] : group.changed) {
        if (by != id) names.push_back(key);
      }
      if (names.empty()) continue;
      Buffer others;
      AppendKeys(others, names);
      Send(*session, others.view());
    }
    group.changed.clear();
  }
}

void Tracking::LimitTable(int64_t max_keys) {
  const auto limit = static_cast<size_t>(max_keys);
  if (max_keys == 0 || table_.size() <= limit) {
    added_ = rounds_over_limit_ = 0;
    return;
  }
  size_t budget = added_ + kForgottenARound * ++rounds_over_limit_;
  added_ = 0;
  for (; budget > 0 && table_.size() > limit; --budget) {
    const std::string_view key = table_.RandomRecord(shard_.random())->key;
    const uint64_t hash = HashBytes(key);
    Invalidate(table_.Find(key, hash), hash);
  }
}

}  // namespace kvorum
