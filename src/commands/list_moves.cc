// The list family: elements moved from list to list, and popped from the first of several lists that has some; and the same
// waiting for one. What waited states as its effect the command that does not.
#include <algorithm>
#include <string>

#include "commands/lists.h"
#include "commands/table.h"

namespace kvorum {
namespace {

using End = ListObject::End;

bool EndArg(Context& ctx, size_t index, End* end) {
  *end = ctx.Is(index, "LEFT") ? End::kHead : End::kTail;
  if (*end == End::kHead || ctx.Is(index, "RIGHT")) return true;
  ctx.SyntaxError();
  return false;
}

std::string_view SideName(End end) { return end == End::kHead ? "LEFT" : "RIGHT"; }
std::string_view PopName(End end) { return end == End::kHead ? "LPOP" : "RPOP"; }

// --- Moves ------------------------------------------------------------------------------------------------------------------

// From one end to an end of the same list.
void Rotate(Context& ctx, std::string_view key, ListObject& list, End from, End to) {
  PackedValue value = list.Peek(from);
  ReplyElement(ctx, value);
  const std::string text(value.text);
  value.text = text;
  list.Pop(from);
  list.Push(to, value, ListObject::LimitsOf(ctx.settings()));
  ctx.Notify(event::kList, to == End::kHead ? "lpush" : "rpush", key);
  AfterPop(ctx, key, list, from, 1);
}

// True if it moved one. False: it replied an error, or there is nothing to move.
bool Move(Context& ctx, ListObject& source, End from, End to) {
  const std::string_view source_key = ctx.args[1];
  const std::string_view target_key = ctx.args[2];
  if (source_key == target_key) {
    Rotate(ctx, source_key, source, from, to);
    return true;
  }
  ListObject* target;
  if (!ctx.WriteAs(target_key, &target)) return false;
  if (target == nullptr) target = ctx.Put(target_key, std::make_unique<ListObject>());
  const PackedValue value = source.Peek(from);
  ReplyElement(ctx, value);
  target->Push(to, value, ListObject::LimitsOf(ctx.settings()));
  ctx.Changed(target_key, 0);
  ctx.Notify(event::kList, to == End::kHead ? "lpush" : "rpush", target_key);
  source.Pop(from);
  AfterPop(ctx, source_key, source, from, 1);
  return true;
}

void MoveNow(Context& ctx, End from, End to) {
  ListObject* source;
  if (!ctx.WriteAs(ctx.args[1], &source)) return;
  source == nullptr ? ctx.reply.Null() : void(Move(ctx, *source, from, to));
}

void Lmove(Context& ctx) {
  End from, to;
  if (EndArg(ctx, 3, &from) && EndArg(ctx, 4, &to)) MoveNow(ctx, from, to);
}
void RpopLpush(Context& ctx) { MoveNow(ctx, End::kTail, End::kHead); }

// False: there is no source, and it waits or has replied; or it replied an error.
bool MoveOrBlock(Context& ctx, size_t timeout_index, End from, End to) {
  int64_t deadline_ms;
  if (!ctx.ParseTimeout(ctx.args[timeout_index], &deadline_ms)) return false;
  ListObject* source;
  if (!ctx.WriteAs(ctx.args[1], &source)) return false;
  if (source != nullptr) return Move(ctx, *source, from, to);
  if (!ctx.MayBlock()) {
    ctx.reply.Null();
  } else {
    ctx.Block(ctx.args.subspan(1, 1), ObjectType::kList, deadline_ms, TimeoutReply::kNullArray);
  }
  return false;
}

void Blmove(Context& ctx) {
  End from, to;
  if (!EndArg(ctx, 3, &from) || !EndArg(ctx, 4, &to)) return;
  if (MoveOrBlock(ctx, 5, from, to)) ctx.Effect({"LMOVE", ctx.args[1], ctx.args[2], SideName(from), SideName(to)});
}
void BrpopLpush(Context& ctx) {
  if (MoveOrBlock(ctx, 3, End::kTail, End::kHead)) ctx.Effect({"RPOPLPUSH", ctx.args[1], ctx.args[2]});
}

// --- Pops from the first list that is there -----------------------------------------------------------------------------------

// False: one of the keys up to that is of another type, and that was replied. *key_index: which it is, keys.size() if none.
bool FirstList(Context& ctx, Arguments keys, size_t* key_index, ListObject** list) {
  *list = nullptr;
  for (*key_index = 0; *key_index < keys.size(); ++*key_index) {
    if (!ctx.WriteAs(keys[*key_index], list)) return false;
    if (*list != nullptr) return true;
  }
  return true;
}

// LMPOP's reply.
void PopMany(Context& ctx, std::string_view key, ListObject& list, End end, int64_t most) {
  const auto count = static_cast<size_t>(std::min(most, static_cast<int64_t>(list.size())));
  ctx.reply.Array(2);
  ctx.reply.Bulk(key);
  PopAndReply(ctx, key, list, end, count);
  if (ctx.wants_effects()) ctx.Effect({PopName(end), key, std::to_string(count)});
}

void Block(Context& ctx, Arguments keys, int64_t deadline_ms) {
  if (!ctx.MayBlock()) return ctx.reply.NullArray();
  ctx.Block(keys, ObjectType::kList, deadline_ms, TimeoutReply::kNullArray);
}

void BlockingPop(Context& ctx, End end) {
  const Arguments keys = ctx.args.subspan(1, ctx.args.size() - 2);
  int64_t deadline_ms;
  if (!ctx.ParseTimeout(ctx.args.back(), &deadline_ms)) return;
  size_t index;
  ListObject* list;
  if (!FirstList(ctx, keys, &index, &list)) return;
  if (list == nullptr) return Block(ctx, keys, deadline_ms);
  const std::string_view key = keys[index];
  ctx.reply.Array(2);
  ctx.reply.Bulk(key);
  ReplyElement(ctx, list->Peek(end));
  list->Pop(end);
  AfterPop(ctx, key, *list, end, 1);
  ctx.Effect({PopName(end), key});
}
void Blpop(Context& ctx) { BlockingPop(ctx, End::kHead); }
void Brpop(Context& ctx) { BlockingPop(ctx, End::kTail); }

// numkeys key ... LEFT | RIGHT [COUNT count], from args[first] on.
struct PopArguments {
  Arguments keys;
  End end;
  int64_t count = 1;
};

bool ParsePop(Context& ctx, size_t first, PopArguments* pop) {
  int64_t key_count;
  if (!ctx.IntegerArg(first, &key_count, 1, INT64_MAX, "ERR numkeys should be greater than 0")) return false;
  if (static_cast<uint64_t>(key_count) >= ctx.args.size() - first - 1) {
    ctx.SyntaxError();
    return false;
  }
  pop->keys = ctx.args.subspan(first + 1, static_cast<size_t>(key_count));
  size_t i = first + 1 + pop->keys.size();
  if (!EndArg(ctx, i++, &pop->end)) return false;
  if (i == ctx.args.size()) return true;
  if (i + 2 != ctx.args.size() || !ctx.Is(i, "COUNT")) {
    ctx.SyntaxError();
    return false;
  }
  return ctx.IntegerArg(i + 1, &pop->count, 1, INT64_MAX, "ERR count should be greater than 0");
}

void Lmpop(Context& ctx) {
  PopArguments pop;
  size_t index;
  ListObject* list;
  if (!ParsePop(ctx, 1, &pop) || !FirstList(ctx, pop.keys, &index, &list)) return;
  list == nullptr ? ctx.reply.NullArray() : PopMany(ctx, pop.keys[index], *list, pop.end, pop.count);
}

void Blmpop(Context& ctx) {
  PopArguments pop;
  int64_t deadline_ms;
  size_t index;
  ListObject* list;
  if (!ParsePop(ctx, 2, &pop) || !ctx.ParseTimeout(ctx.args[1], &deadline_ms)) return;
  if (!FirstList(ctx, pop.keys, &index, &list)) return;
  list == nullptr ? Block(ctx, pop.keys, deadline_ms) : PopMany(ctx, pop.keys[index], *list, pop.end, pop.count);
}

}  // namespace

void RegisterListMoveCommands(CommandTable& table) {
  table.Bind("lmove", Lmove);
  table.Bind("rpoplpush", RpopLpush);
  table.Bind("lmpop", Lmpop);
  table.Bind("blpop", Blpop);
  table.Bind("brpop", Brpop);
  table.Bind("blmove", Blmove);
  table.Bind("brpoplpush", BrpopLpush);
  table.Bind("blmpop", Blmpop);
}

}  // namespace kvorum
