// Whole databases: DBSIZE, FLUSHDB, FLUSHALL, SWAPDB.
#include "shard/shard.h"

namespace kvorum {
namespace {

// ASYNC, SYNC, or neither, which the setting decides.
bool ParseFlush(Context& ctx, bool* lazy) {
  *lazy = ctx.settings().lazyfree_lazy_user_flush;
  if (ctx.args.size() == 1) return true;
  if (ctx.args.size() > 2 || (!ctx.Is(1, "ASYNC") && !ctx.Is(1, "SYNC"))) {
    ctx.SyntaxError();
    return false;
  }
  *lazy = ctx.Is(1, "ASYNC");
  return true;
}

void Flush(Context& ctx, int first, int last) {
  bool lazy;
  if (!ParseFlush(ctx, &lazy)) return;
  for (int i = first; i <= last; ++i) {
    Database& db = ctx.keyspace.database(i);
    if (db.size() == 0) continue;
    ShardOf(ctx).DatabaseChanged(db, nullptr);
    ctx.CountChanges(db.size());
    ctx.keyspace.Flush(i, lazy ? &ctx.host().reclaimer() : nullptr);
  }
  ShardOf(ctx).KeysFlushed();
  ctx.CountChanges(1);
  ctx.reply.Ok();
}
void FlushDb(Context& ctx) { Flush(ctx, ctx.db().index(), ctx.db().index()); }
void FlushAll(Context& ctx) { Flush(ctx, 0, ctx.keyspace.size() - 1); }

void DbSize(Context& ctx) { ctx.reply.Integer(static_cast<int64_t>(ctx.db().size())); }

void SwapDb(Context& ctx) {
  int64_t a;
  int64_t b;
  if (!ctx.IntegerArg(1, &a, INT32_MIN, INT32_MAX, "ERR invalid first DB index") ||
      !ctx.IntegerArg(2, &b, INT32_MIN, INT32_MAX, "ERR invalid second DB index")) {
    return;
  }
  if (a < 0 || b < 0 || a >= ctx.keyspace.size() || b >= ctx.keyspace.size()) {
    return ctx.Error("ERR DB index is out of range");
  }
  if (a != b) {
    Database& first = ctx.keyspace.database(static_cast<int>(a));
    Database& second = ctx.keyspace.database(static_cast<int>(b));
    ShardOf(ctx).DatabaseChanged(first, &second);
    ctx.keyspace.SwapDatabases(static_cast<int>(a), static_cast<int>(b));
  }
  ctx.CountChanges(1);
  ctx.reply.Ok();
}

}  // namespace

void RegisterDatabaseCommands(CommandTable& table) {
  table.Bind("flushdb", FlushDb);
  table.Bind("flushall", FlushAll);
  table.Bind("dbsize", DbSize);
  table.Bind("swapdb", SwapDb);
}

}  // namespace kvorum
