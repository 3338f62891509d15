// SPOP and SRANDMEMBER.
#include <string>
#include <vector>

#include "commands/packed_reply.h"
#include "commands/sets.h"
#include "keyspace/set_object.h"

namespace kvorum {
namespace {

// The members that chance chose, named, so that a replay takes the same ones.
void StateRemoval(Context& ctx, std::string_view key, std::span<const PackedValue> members) {
  if (!ctx.wants_effects()) return ctx.NoEffect();
  std::vector<char> digits(members.size() * kMaxInt64Chars);
  std::vector<std::string_view> words = {"SREM", key};
  words.reserve(members.size() + 2);
  for (const PackedValue& member : members) words.push_back(member.View(&digits[(words.size() - 2) * kMaxInt64Chars]));
  ctx.Effect(words);
}

void PopOne(Context& ctx) {
  const std::string_view key = ctx.args[1];
  SetObject* set;
  if (!ctx.WriteAs(key, &set)) return;
  if (set == nullptr) return ctx.reply.Null();
  const PackedValue member = set->RandomMember(ctx.random());
  ReplyBulk(ctx.reply, member);
  StateRemoval(ctx, key, {&member, 1});
  set->Remove(member);
  ctx.Changed(key);
  ctx.Notify(event::kSet, "spop", key);
  ctx.DeleteIfEmpty(key, *set);
}

void ReplySet(Context& ctx, std::span<const PackedValue> members) {
  ctx.reply.Set(members.size());
  for (const PackedValue& member : members) ReplyBulk(ctx.reply, member);
}

void Spop(Context& ctx) {
  if (ctx.args.size() == 2) return PopOne(ctx);
  if (ctx.args.size() > 3) return ctx.SyntaxError();
  const std::string_view key = ctx.args[1];
  int64_t count;
  SetObject* set;
  if (!ctx.IntegerArg(2, &count, 0, INT64_MAX, "ERR value is out of range, must be positive") ||
      !ctx.WriteAs(key, &set))
    return;
  if (set == nullptr || count == 0) return ctx.reply.Set(0);
  const std::vector<PackedValue> members = set->Sample(static_cast<size_t>(count), ctx.random());
  ReplySet(ctx, members);
  ctx.Notify(event::kSet, "spop", key);
  if (members.size() < set->size()) {
    StateRemoval(ctx, key, members);
    set->RemoveAll(members);
  } else {
    const bool lazy = ctx.settings().lazyfree_lazy_server_del;
    ctx.Effect({lazy ? "UNLINK" : "DEL", key});
    ctx.Delete(key, lazy);
    ctx.Notify(event::kGeneric, "del", key);
  }
  ctx.Changed(key, members.size());
}

// `count` members, drawn one by one: the same may come again.
void ReplyRepeated(Context& ctx, const SetObject& set, uint64_t count) {
  const size_t start = ctx.reply.buffer().size();
  std::vector<PackedValue> members;
  if (count > 1 && set.form() == SetObject::Encoding::kListpack) members = set.Sample(set.size(), ctx.random());
  ctx.reply.Array(count);
  for (uint64_t i = 0; i < count; ++i) {
    ReplyBulk(ctx.reply,
              members.empty() ? set.RandomMember(ctx.random()) : members[ctx.random().Below(members.size())]);
    if (ctx.ReplyIsHopeless()) return;
    if (ctx.reply.buffer().size() - start > kMaxRepeatedReplyBytes) {
      ctx.reply.buffer().Truncate(start);
      return ctx.Error("ERR value is out of range");
    }
  }
}

void Srandmember(Context& ctx) {
  if (ctx.args.size() > 3) return ctx.SyntaxError();
  int64_t count = 1;
  const bool with_count = ctx.args.size() == 3;
  if (with_count && !ctx.IntegerArg(2, &count, -INT64_MAX, INT64_MAX)) return;
  SetObject* set;
  if (!ctx.ReadAs(ctx.args[1], &set)) return;
  if (set == nullptr) return with_count ? ctx.reply.EmptyArray() : ctx.reply.Null();
  if (!with_count) return ReplyBulk(ctx.reply, set->RandomMember(ctx.random()));
  if (count < 0) return ReplyRepeated(ctx, *set, static_cast<uint64_t>(-count));
  const std::vector<PackedValue> members = set->Sample(static_cast<size_t>(count), ctx.random());
  ctx.reply.Array(members.size());
  for (const PackedValue& member : members) ReplyBulk(ctx.reply, member);
}

}  // namespace

void RegisterSetRandomCommands(CommandTable& table) {
  table.Bind("spop", Spop);
  table.Bind("srandmember", Srandmember);
}

}  // namespace kvorum
