// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
//
// The effects of a transaction need no marks around them: all that a turn of the event loop states is one entry of the log, which is
// replayed whole or not at all, and a transaction never spans two turns.
#include <algorithm>

#include "shard/search_service.h"
#include "shard/shard.h"

namespace kvorum {

void Shard::Queue(Session& session, const Command& command, Arguments args, ReplyWriter& reply) {
  // A transaction that cannot succeed keeps nothing more.
  if (!session.multi_failed && !session.watch_broken) {
    session.queued.emplace_back(&command, args);
    session.multi_bytes += sizeof(StoredCommand) + session.queued.back().bytes();
  }
  reply.Status("QUEUED");
}

void Shard::DiscardTransaction(Session& session) {
  session.queued.clear();
  session.multi_bytes = 0;
  session.in_multi = session.multi_failed = session.watch_broken = false;
  UnwatchAll(session);
}

void Shard::UnwatchAll(Session& session) {
  for (const WatchedKey& watched : session.watched) {
    auto it = watchers_.find({watched.db, watched.key});
    std::erase(it->second, &session);
    if (it->second.empty()) watchers_.erase(it);
  }
  session.watched.clear();
  RecomputeInterest();
}

void Shard::Watch(Session& session, Database& db, std::string_view key) {
  std::vector<Session*>& watchers = watchers_[{db.index(), std::string(key)}];
  if (std::find(watchers.begin(), watchers.end(), &session) != watchers.end()) return;
  watchers.push_back(&session);
  const Entry* entry = db.Find(key);
  const bool expired = entry != nullptr && entry->has_deadline() && entry->deadline_ms() <= now_ms_;
  session.watched.push_back({db.index(), std::string(key), expired});
  RecomputeInterest();
}

bool Shard::WatchedKeyExpired(const Session& session) {
  return std::any_of(session.watched.begin(), session.watched.end(), [this](const WatchedKey& watched) {
    if (watched.was_expired) return false;
    const Entry* entry = keyspace_.database(watched.db).Find(watched.key);
    return entry != nullptr && entry->has_deadline() && entry->deadline_ms() <= now_ms_;
  });
}

void Shard::TouchWatch(Session& session, const KeyOf& key, bool exists) {
  if (session.watch_broken) return;
  for (WatchedKey& watched : session.watched) {
    if (watched.db != key.db || watched.key != key.key) continue;
    if (watched.was_expired && !exists) {
      // It was as good as gone before. From now on it counts as any key that does not exist.
      watched.was_expired = false;
    } else {
      session.watch_broken = true;
    }
    return;
  }
}

void Shard::DatabaseChanged(Database& db, Database* other) {
  search_->DatabaseChanged(db.index());
  if (other != nullptr) search_->DatabaseChanged(other->index());
  auto expired = [this](const Entry* entry) { return entry->has_deadline() && entry->deadline_ms() <= now_ms_; };
  for (auto& [watched_name, sessions] : watchers_) {
    const KeyOf& name = watched_name;  // a lambda of clang 14 cannot take the binding itself
    if (name.db != db.index() && (other == nullptr || name.db != other->index())) continue;
    Database* next = other == nullptr ? nullptr : name.db == db.index() ? other : &db;
    const Entry* before = (name.db == db.index() ? db : *other).Find(name.key);
    const Entry* after = next == nullptr ? nullptr : next->Find(name.key);
    if (before == nullptr && after == nullptr) continue;
    for (Session* session : sessions) {
      if (session->watch_broken) continue;
      auto watched = std::find_if(session->watched.begin(), session->watched.end(), [&](const WatchedKey& candidate) {
        return candidate.db == name.db && candidate.key == name.key;
      });
      const bool was_there = before != nullptr && !watched->was_expired;
      if (was_there || (after != nullptr && !expired(after))) {
        session->watch_broken = true;
      } else {
        watched->was_expired = after != nullptr;
      }
    }
  }
  for (auto& [name, waiters] : waiting_) {
    if (name.db == db.index() || (other != nullptr && name.db == other->index())) MakeReady(name, waiters);
  }
}

namespace {

void Multi(Context& ctx) {
  if (ctx.session.in_multi) return ctx.Error("ERR MULTI calls can not be nested");
  ctx.session.in_multi = true;
  ctx.reply.Ok();
}

void Discard(Context& ctx) {
  if (!ctx.session.in_multi) return ctx.Error("ERR DISCARD without MULTI");
  ShardOf(ctx).DiscardTransaction(ctx.session);
  ctx.reply.Ok();
}

void Exec(Context& ctx) {
  Session& session = ctx.session;
  Shard& shard = ShardOf(ctx);
  if (!session.in_multi) return ctx.Error("ERR EXEC without MULTI");
  if (shard.WatchedKeyExpired(session)) session.watch_broken = true;
  if (session.multi_failed || session.watch_broken) {
    session.multi_failed ? ctx.Error("EXECABORT Transaction discarded because of previous errors.")
                         : ctx.reply.NullArray();
    return shard.DiscardTransaction(session);
  }
  shard.UnwatchAll(session);
  const std::vector<StoredCommand> commands = std::move(session.queued);
  session.queued.clear();
  session.executing_multi = true;
  ctx.reply.Array(commands.size());
  for (const StoredCommand& stored : commands) {
    const std::vector<std::string_view> args = stored.Views();
    // The session will be closed for so long a reply; what it asked for is done all the same.
    const bool is_hopeless = ctx.ReplyIsHopeless();
    const size_t replied = ctx.reply.buffer().size();
    shard.Call(session, *stored.command, args, ctx.reply);
    if (is_hopeless) ctx.reply.buffer().Truncate(replied);
  }
  session.executing_multi = false;
  shard.DiscardTransaction(session);
}

void WatchKeys(Context& ctx) {
  if (ctx.session.in_multi) return ctx.Error("ERR WATCH inside MULTI is not allowed");
  if (!ctx.session.watch_broken) {
    for (std::string_view key : ctx.args.subspan(1)) ShardOf(ctx).Watch(ctx.session, ctx.db(), key);
  }
  ctx.reply.Ok();
}

void Unwatch(Context& ctx) {
  ShardOf(ctx).UnwatchAll(ctx.session);
  ctx.session.watch_broken = false;
  ctx.reply.Ok();
}

}  // namespace

void RegisterTransactionCommands(CommandTable& table) {
  table.Bind("multi", Multi);
  table.Bind("exec", Exec);
  table.Bind("discard", Discard);
  table.Bind("watch", WatchKeys);
  table.Bind("unwatch", Unwatch);
}

}  // namespace kvorum
