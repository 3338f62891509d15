// SUBSCRIBE, PUBLISH and their like, PUBSUB.
#include <optional>

#include "base/glob.h"
#include "commands/help.h"
#include "shard/pubsub.h"
#include "shard/shard.h"

namespace kvorum {
namespace {

using Kind = PubSub::Kind;

// One answer to (un)subscribing. It is a push: replies that are turned off do not turn it off.
void Confirm(Context& ctx, std::string_view word, Kind kind, std::optional<std::string_view> name) {
  Session& session = ctx.session;
  Buffer apart;
  ReplyWriter direct(apart, session.resp);
  const bool silent = session.reply_mode != ReplyMode::kOn;
  ReplyWriter& reply = silent ? direct : ctx.reply;
  reply.Push(3);
  reply.Bulk(word);
  name ? reply.Bulk(*name) : reply.Null();
  reply.Integer(
      static_cast<int64_t>(kind == Kind::kShardChannel ? session.shard_channels.size() : session.subscriptions()));
  if (silent) ShardOf(ctx).Push(session, apart.view());
}

void SubscribeTo(Context& ctx, Kind kind, std::string_view word) {
  for (std::string_view name : ctx.args.subspan(1)) {
    ShardOf(ctx).pubsub().Subscribe(ctx.session, kind, name);
    Confirm(ctx, word, kind, name);
  }
}

void Subscribe(Context& ctx) { SubscribeTo(ctx, Kind::kChannel, "subscribe"); }
void PSubscribe(Context& ctx) { SubscribeTo(ctx, Kind::kPattern, "psubscribe"); }

void SSubscribe(Context& ctx) {
  // The other two may, since they could before anybody thought of it.
  if (ctx.session.executing_multi) return ctx.Error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
  SubscribeTo(ctx, Kind::kShardChannel, "ssubscribe");
}

void UnsubscribeFrom(Context& ctx, Kind kind, std::string_view word) {
  PubSub& pubsub = ShardOf(ctx).pubsub();
  for (std::string_view name : ctx.args.subspan(1)) {
    pubsub.Unsubscribe(ctx.session, kind, name);
    Confirm(ctx, word, kind, name);
  }
  if (ctx.args.size() > 1) return;
  const Subscriptions& own = PubSub::SubscriptionsOf(ctx.session, kind);
  if (own.empty()) return Confirm(ctx, word, kind, std::nullopt);
  while (!own.empty()) {
    const std::string name(own.begin()->first);
    pubsub.Unsubscribe(ctx.session, kind, name);
    Confirm(ctx, word, kind, name);
  }
}

void Unsubscribe(Context& ctx) { UnsubscribeFrom(ctx, Kind::kChannel, "unsubscribe"); }
void PUnsubscribe(Context& ctx) { UnsubscribeFrom(ctx, Kind::kPattern, "punsubscribe"); }
void SUnsubscribe(Context& ctx) { UnsubscribeFrom(ctx, Kind::kShardChannel, "sunsubscribe"); }

void Publish(Context& ctx) {
  ctx.reply.Integer(static_cast<int64_t>(ShardOf(ctx).pubsub().Publish(ctx.args[1], ctx.args[2])));
}

void SPublish(Context& ctx) {
  ctx.reply.Integer(static_cast<int64_t>(ShardOf(ctx).pubsub().PublishToShard(ctx.args[1], ctx.args[2])));
}

// --- PUBSUB -------------------------------------------------------------------------------------------------------------

void List(Context& ctx, Kind kind) {
  if (ctx.args.size() > 3) {
    return ctx.Error("ERR unknown subcommand or wrong number of arguments for '" + std::string(ctx.args[1]) +
                     "'. Try PUBSUB HELP.");
  }
  const ReplyWriter::Deferred place = ctx.reply.Defer();
  size_t count = 0;
  for (const auto& [name, topic] : ShardOf(ctx).pubsub().topics(kind)) {
    if (ctx.args.size() == 3 && !GlobMatch(ctx.args[2], name)) continue;
    ctx.reply.Bulk(name);
    ++count;
  }
  ctx.reply.SetDeferredArray(place, count);
}

void Count(Context& ctx, Kind kind) {
  const Arguments names = ctx.args.subspan(2);
  ctx.reply.Array(2 * names.size());
  for (std::string_view name : names) {
    ctx.reply.Bulk(name);
    ctx.reply.Integer(static_cast<int64_t>(ShardOf(ctx).pubsub().CountSubscribers(kind, name)));
  }
}

void Channels(Context& ctx) { List(ctx, Kind::kChannel); }
void ShardChannels(Context& ctx) { List(ctx, Kind::kShardChannel); }
void NumSub(Context& ctx) { Count(ctx, Kind::kChannel); }
void ShardNumSub(Context& ctx) { Count(ctx, Kind::kShardChannel); }

void NumPat(Context& ctx) {
  ctx.reply.Integer(static_cast<int64_t>(ShardOf(ctx).pubsub().topics(Kind::kPattern).size()));
}

}  // namespace

void RegisterPubSubCommands(CommandTable& table) {
  table.Bind("subscribe", Subscribe);
  table.Bind("psubscribe", PSubscribe);
  table.Bind("ssubscribe", SSubscribe);
  table.Bind("unsubscribe", Unsubscribe);
  table.Bind("punsubscribe", PUnsubscribe);
  table.Bind("sunsubscribe", SUnsubscribe);
  table.Bind("publish", Publish);
  table.Bind("spublish", SPublish);
  table.Bind("pubsub|channels", Channels);
  table.Bind("pubsub|shardchannels", ShardChannels);
  table.Bind("pubsub|numsub", NumSub);
  table.Bind("pubsub|shardnumsub", ShardNumSub);
  table.Bind("pubsub|numpat", NumPat);
  table.Bind("pubsub|help", HelpCommand);
}

}  // namespace kvorum
