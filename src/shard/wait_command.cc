// WAIT and WAITAOF. There are no replicas yet, so none ever has anybody's writes: WAIT replies 0, at once where that is enough, or when
// its time is up. WAITAOF waits for the journal's sync.
#include "shard/shard.h"

namespace kvorum {
namespace {

// *deadline_ms: kNoDeadline for 0. False: the error has been replied.
bool TimeoutArg(Context& ctx, size_t index, int64_t* deadline_ms) {
  int64_t timeout_ms;
  if (!ctx.IntegerArg(index, &timeout_ms, "ERR timeout is not an integer or out of range")) return false;
  if (timeout_ms < 0) {
    ctx.Error("ERR timeout is negative");
    return false;
  }
  *deadline_ms = Entry::kNoDeadline;
  if (timeout_ms > 0 && __builtin_add_overflow(ctx.now_ms, timeout_ms, deadline_ms)) {
    ctx.Error("ERR timeout is out of range");
    return false;
  }
  return true;
}

void Wait(Context& ctx) {
  int64_t replicas;
  int64_t deadline_ms;
  if (!ctx.IntegerArg(1, &replicas) || !TimeoutArg(ctx, 2, &deadline_ms)) return;
  if (replicas <= 0 || !ctx.MayBlock()) return ctx.reply.Integer(0);
  ctx.Block({}, ObjectType::kList, deadline_ms, TimeoutReply::kZero);
}

void WaitAof(Context& ctx) {
  Shard& shard = ShardOf(ctx);
  int64_t local;
  int64_t replicas;
  int64_t deadline_ms;
  if (!ctx.IntegerArg(1, &local)) return;
  if (local < 0 || local > 1) return ctx.Error("ERR value is out of range, value must between 0 and 1");
  if (!ctx.IntegerArg(2, &replicas)) return;
  if (replicas < 0) return ctx.Error("ERR value is out of range, must be positive");
  if (!TimeoutArg(ctx, 3, &deadline_ms)) return;
  if (local > 0 && shard.log() == nullptr) {
    return ctx.Error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
  }
  const uint64_t index = shard.last_index();
  const bool synced = shard.log() != nullptr && shard.log()->committed(Durability::kSync) >= index;
  if ((replicas == 0 && (synced || local == 0)) || !ctx.MayBlock()) {
    ctx.reply.Array(2);
    ctx.reply.Integer(synced ? 1 : 0);
    return ctx.reply.Integer(0);
  }
  shard.AwaitSync(ctx.session, ctx.command, ctx.args,
                  {.index = index, .replicas = static_cast<uint64_t>(replicas), .until_ms = deadline_ms});
}

}  // namespace

void RegisterWaitCommand(CommandTable& table) {
  table.Bind("wait", Wait);
  table.Bind("waitaof", WaitAof);
}

}  // namespace kvorum
