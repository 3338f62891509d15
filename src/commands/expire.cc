// Deadlines of keys: EXPIRE and its like.
#include <algorithm>
#include <string>

#include "commands/table.h"

namespace kvorum {
namespace {

struct Condition {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;
};

bool ParseCondition(Context& ctx, Condition* condition) {
  for (size_t i = 3; i < ctx.args.size(); ++i) {
    if (ctx.Is(i, "NX")) {
      condition->nx = true;
    } else if (ctx.Is(i, "XX")) {
      condition->xx = true;
    } else if (ctx.Is(i, "GT")) {
      condition->gt = true;
    } else if (ctx.Is(i, "LT")) {
      condition->lt = true;
    } else {
      ctx.Error("ERR Unsupported option " + std::string(ctx.args[i]));
      return false;
    }
  }
  if (condition->nx && (condition->xx || condition->gt || condition->lt)) {
    ctx.Error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (condition->gt && condition->lt) {
    ctx.Error("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

// No deadline counts as later than any.
bool Holds(const Condition& condition, int64_t current, int64_t wanted) {
  const bool has_one = current != Entry::kNoDeadline;
  if (condition.nx && has_one) return false;
  if (condition.xx && !has_one) return false;
  if (condition.gt && (!has_one || wanted <= current)) return false;
  return !(condition.lt && has_one && wanted >= current);
}

void SetDeadline(Context& ctx, int64_t base_ms, int64_t unit_ms) {
  const std::string_view key = ctx.args[1];
  Condition condition;
  if (!ParseCondition(ctx, &condition)) return;
  int64_t deadline_ms;
  if (!ctx.IntegerArg(2, &deadline_ms)) return;
  if (__builtin_mul_overflow(deadline_ms, unit_ms, &deadline_ms) ||
      __builtin_add_overflow(deadline_ms, base_ms, &deadline_ms)) {
    return ctx.Error("ERR invalid expire time in '" + std::string(ctx.command.name()) + "' command");
  }
  Entry* entry = ctx.Write(key, lookup::kWholeValue);
  if (entry == nullptr || !Holds(condition, entry->deadline_ms(), deadline_ms)) return ctx.reply.Integer(0);
  if (deadline_ms <= ctx.now_ms) {
    const bool lazy = ctx.settings().lazyfree_lazy_expire;
    ctx.Delete(key, lazy);
    ctx.Changed(key);
    ctx.Notify(event::kGeneric, "del", key);
    ctx.Effect({lazy ? "UNLINK" : "DEL", key});
    return ctx.reply.Integer(1);
  }
  ctx.db().SetDeadline(entry, deadline_ms);
  ctx.Changed(key);
  ctx.Notify(event::kGeneric, "expire", key);
  if (ctx.wants_effects()) ctx.Effect({"PEXPIREAT", key, std::to_string(deadline_ms)});
  ctx.reply.Integer(1);
}

void Expire(Context& ctx) { SetDeadline(ctx, ctx.now_ms, 1000); }
void Pexpire(Context& ctx) { SetDeadline(ctx, ctx.now_ms, 1); }
void ExpireAt(Context& ctx) { SetDeadline(ctx, 0, 1000); }
void PexpireAt(Context& ctx) { SetDeadline(ctx, 0, 1); }

// -2: no such key; -1: no deadline.
void ReplyDeadline(Context& ctx, int64_t base_ms, int64_t unit_ms) {
  const Entry* entry = ctx.Read(ctx.args[1], lookup::kNoTouch);
  if (entry == nullptr) return ctx.reply.Integer(-2);
  if (!entry->has_deadline()) return ctx.reply.Integer(-1);
  const int64_t ms = std::max<int64_t>(entry->deadline_ms() - base_ms, 0);
  ctx.reply.Integer((ms + unit_ms / 2) / unit_ms);
}

void Ttl(Context& ctx) { ReplyDeadline(ctx, ctx.now_ms, 1000); }
void Pttl(Context& ctx) { ReplyDeadline(ctx, ctx.now_ms, 1); }
void ExpireTime(Context& ctx) { ReplyDeadline(ctx, 0, 1000); }
void PexpireTime(Context& ctx) { ReplyDeadline(ctx, 0, 1); }

void Persist(Context& ctx) {
  Entry* entry = ctx.Write(ctx.args[1], lookup::kWholeValue);
  if (entry == nullptr || !entry->has_deadline()) return ctx.reply.Integer(0);
  ctx.db().ClearDeadline(entry);
  ctx.Changed(ctx.args[1]);
  ctx.Notify(event::kGeneric, "persist", ctx.args[1]);
  ctx.reply.Integer(1);
}

}  // namespace

void RegisterExpireCommands(CommandTable& table) {
  table.Bind("expire", Expire);
  table.Bind("pexpire", Pexpire);
  table.Bind("expireat", ExpireAt);
  table.Bind("pexpireat", PexpireAt);
  table.Bind("ttl", Ttl);
  table.Bind("pttl", Pttl);
  table.Bind("expiretime", ExpireTime);
  table.Bind("pexpiretime", PexpireTime);
  table.Bind("persist", Persist);
}

}  // namespace kvorum
