// WAIT. There are no replicas yet, so none ever has anybody's writes: it replies 0, at once where that is enough, or when its time
// is up.
#include "shard/shard.h"

namespace kvorum {
namespace {

void Wait(Context& ctx) {
  int64_t replicas;
  int64_t timeout_ms;
  if (!ctx.IntegerArg(1, &replicas) ||
      !ctx.IntegerArg(2, &timeout_ms, "ERR timeout is not an integer or out of range")) {
    return;
  }
  if (timeout_ms < 0) return ctx.Error("ERR timeout is negative");
  int64_t deadline_ms = Entry::kNoDeadline;
  if (timeout_ms > 0 && __builtin_add_overflow(ctx.now_ms, timeout_ms, &deadline_ms)) {
    return ctx.Error("ERR timeout is out of range");
  }
  if (replicas <= 0 || !ctx.MayBlock()) return ctx.reply.Integer(0);
  ctx.Block({}, ObjectType::kList, deadline_ms, TimeoutReply::kZero);
}

}  // namespace

void RegisterWaitCommand(CommandTable& table) { table.Bind("wait", Wait); }

}  // namespace kvorum
