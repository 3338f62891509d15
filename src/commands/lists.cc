// The list family: what is about one list. Moves, and what waits for elements, are in list_moves.cc.
#include "commands/lists.h"

#include <algorithm>

#include "commands/table.h"

namespace kvorum {

using End = ListObject::End;

void AfterPop(Context& ctx, std::string_view key, ListObject& list, End end, size_t count) {
  ctx.Changed(key, count);
  ctx.Notify(event::kList, end == End::kHead ? "lpop" : "rpop", key);
  if (!ctx.DeleteIfEmpty(key, list)) list.ShrinkIfSmall(ListObject::LimitsOf(ctx.settings()));
}

void PopAndReply(Context& ctx, std::string_view key, ListObject& list, End end, size_t count) {
  ctx.reply.Array(count);
  const bool head = end == End::kHead;
  list.VisitRange(head ? 0 : list.size() - 1, count, head ? End::kTail : End::kHead,
                  [&ctx](const PackedValue& value) { ReplyElement(ctx, value); });
  list.EraseRange(head ? 0 : list.size() - count, count);
  AfterPop(ctx, key, list, end, count);
}

namespace {

void Push(Context& ctx, End end, bool only_existing) {
  const std::string_view key = ctx.args[1];
  ListObject* list;
  if (!ctx.WriteAs(key, &list)) return;
  if (list == nullptr) {
    if (only_existing) return ctx.reply.Integer(0);
    list = ctx.Put(key, std::make_unique<ListObject>());
  }
  const Arguments values = ctx.args.subspan(2);
  list->PushAll(end, values, ListObject::LimitsOf(ctx.settings()));
  ctx.Changed(key, values.size());
  ctx.Notify(event::kList, end == End::kHead ? "lpush" : "rpush", key);
  ctx.reply.Integer(static_cast<int64_t>(list->size()));
}
void Lpush(Context& ctx) { Push(ctx, End::kHead, false); }
void Rpush(Context& ctx) { Push(ctx, End::kTail, false); }
void LpushX(Context& ctx) { Push(ctx, End::kHead, true); }
void RpushX(Context& ctx) { Push(ctx, End::kTail, true); }

void Pop(Context& ctx, End end) {
  const std::string_view key = ctx.args[1];
  if (ctx.args.size() > 3) return ctx.WrongArity();
  const bool has_count = ctx.args.size() == 3;
  int64_t count = 1;
  if (has_count && !ctx.IntegerArg(2, &count, 0, INT64_MAX, "ERR value is out of range, must be positive")) return;
  ListObject* list;
  if (!ctx.WriteAs(key, &list)) return;
  if (list == nullptr) return has_count ? ctx.reply.NullArray() : ctx.reply.Null();
  if (count == 0) return ctx.reply.EmptyArray();
  if (has_count) {
    return PopAndReply(ctx, key, *list, end, static_cast<size_t>(std::min(count, static_cast<int64_t>(list->size()))));
  }
  ReplyElement(ctx, list->Peek(end));
  list->Pop(end);
  AfterPop(ctx, key, *list, end, 1);
}
void Lpop(Context& ctx) { Pop(ctx, End::kHead); }
void Rpop(Context& ctx) { Pop(ctx, End::kTail); }

void Llen(Context& ctx) {
  ListObject* list;
  if (!ctx.ReadAs(ctx.args[1], &list)) return;
  ctx.reply.Integer(list == nullptr ? 0 : static_cast<int64_t>(list->size()));
}

void Lindex(Context& ctx) {
  ListObject* list;
  if (!ctx.ReadAs(ctx.args[1], &list)) return;
  if (list == nullptr) return ctx.reply.Null();
  int64_t index;
  if (!ctx.IntegerArg(2, &index)) return;
  PackedValue value;
  list->Get(index, &value) ? ReplyElement(ctx, value) : ctx.reply.Null();
}

void Lset(Context& ctx) {
  const std::string_view key = ctx.args[1];
  ListObject* list;
  if (!ctx.WriteAs(key, &list)) return;
  if (list == nullptr) return ctx.NoSuchKey();
  int64_t index;
  if (!ctx.IntegerArg(2, &index)) return;
  if (!list->Set(index, ctx.args[3], ListObject::LimitsOf(ctx.settings()))) {
    return ctx.Error("ERR index out of range");
  }
  ctx.Changed(key);
  ctx.Notify(event::kList, "lset", key);
  ctx.reply.Ok();
}

void Linsert(Context& ctx) {
  const std::string_view key = ctx.args[1];
  const bool behind = ctx.Is(2, "AFTER");
  if (!behind && !ctx.Is(2, "BEFORE")) return ctx.SyntaxError();
  ListObject* list;
  if (!ctx.WriteAs(key, &list)) return;
  if (list == nullptr) return ctx.reply.Integer(0);
  if (!list->Insert(ctx.args[3], behind, ctx.args[4], ListObject::LimitsOf(ctx.settings()))) {
    return ctx.reply.Integer(-1);
  }
  ctx.Changed(key);
  ctx.Notify(event::kList, "linsert", key);
  ctx.reply.Integer(static_cast<int64_t>(list->size()));
}

// The part of `size` elements that start and end name, both included, as LRANGE has it. False: nothing.
bool ResolveRange(int64_t start, int64_t end, size_t size, size_t* first, size_t* count) {
  const auto length = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + length, 0);
  if (end < 0) end += length;
  end = std::min(end, length - 1);
  if (start > end) return false;
  *first = static_cast<size_t>(start);
  *count = static_cast<size_t>(end - start + 1);
  return true;
}

void Lrange(Context& ctx) {
  int64_t start, end;
  if (!ctx.IntegerArg(2, &start) || !ctx.IntegerArg(3, &end)) return;
  ListObject* list;
  if (!ctx.ReadAs(ctx.args[1], &list)) return;
  size_t first, count;
  if (list == nullptr || !ResolveRange(start, end, list->size(), &first, &count)) return ctx.reply.EmptyArray();
  ctx.reply.Array(count);
  list->VisitRange(first, count, End::kTail, [&ctx](const PackedValue& value) { ReplyElement(ctx, value); });
}

void Ltrim(Context& ctx) {
  const std::string_view key = ctx.args[1];
  int64_t start, end;
  if (!ctx.IntegerArg(2, &start) || !ctx.IntegerArg(3, &end)) return;
  ListObject* list;
  if (!ctx.WriteAs(key, &list)) return;
  if (list == nullptr) return ctx.reply.Ok();
  const size_t size = list->size();
  size_t first = size;
  size_t count = 0;
  if (!ResolveRange(start, end, size, &first, &count)) first = size;
  list->EraseRange(first + count, size - first - count);
  list->EraseRange(0, first);
  ctx.Changed(key, size - count);
  ctx.Notify(event::kList, "ltrim", key);
  if (!ctx.DeleteIfEmpty(key, *list)) list->ShrinkIfSmall(ListObject::LimitsOf(ctx.settings()));
  ctx.reply.Ok();
}

void Lrem(Context& ctx) {
  const std::string_view key = ctx.args[1];
  int64_t count;
  if (!ctx.IntegerArg(2, &count)) return;
  ListObject* list;
  if (!ctx.WriteAs(key, &list)) return;
  if (list == nullptr) return ctx.reply.Integer(0);
  const auto magnitude = static_cast<size_t>(count);
  const size_t most = count == 0 ? SIZE_MAX : count < 0 ? 0 - magnitude : magnitude;
  const size_t removed = list->Remove(ctx.args[3], most, count < 0 ? End::kTail : End::kHead);
  if (removed > 0) {
    ctx.Changed(key, removed);
    ctx.Notify(event::kList, "lrem", key);
    if (!ctx.DeleteIfEmpty(key, *list)) list->ShrinkIfSmall(ListObject::LimitsOf(ctx.settings()));
  }
  ctx.reply.Integer(static_cast<int64_t>(removed));
}

struct PositionOptions {
  int64_t rank = 1;    // the first match to tell of; negative: from the tail
  int64_t count = -1;  // how many; 0: all, -1: one, not as an array
  int64_t most = 0;    // elements to look at; 0: all
};

bool ParsePositionOptions(Context& ctx, PositionOptions* options) {
  for (size_t i = 3; i < ctx.args.size(); i += 2) {
    const bool has_value = i + 1 < ctx.args.size();
    if (ctx.Is(i, "RANK") && has_value) {
      if (!ctx.IntegerArg(i + 1, &options->rank, -INT64_MAX, INT64_MAX)) return false;
      if (options->rank == 0) {
        ctx.Error(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to "
            "start from the end of the list");
        return false;
      }
    } else if (ctx.Is(i, "COUNT") && has_value) {
      if (!ctx.IntegerArg(i + 1, &options->count, 0, INT64_MAX, "ERR COUNT can't be negative")) return false;
    } else if (ctx.Is(i, "MAXLEN") && has_value) {
      if (!ctx.IntegerArg(i + 1, &options->most, 0, INT64_MAX, "ERR MAXLEN can't be negative")) return false;
    } else {
      ctx.SyntaxError();
      return false;
    }
  }
  return true;
}

void Lpos(Context& ctx) {
  PositionOptions options;
  if (!ParsePositionOptions(ctx, &options)) return;
  ListObject* list;
  if (!ctx.ReadAs(ctx.args[1], &list)) return;
  const bool as_array = options.count >= 0;
  if (list == nullptr) return as_array ? ctx.reply.EmptyArray() : ctx.reply.Null();
  const size_t most = options.most == 0 ? SIZE_MAX : static_cast<size_t>(options.most);
  const size_t wanted = as_array && options.count == 0 ? SIZE_MAX : static_cast<size_t>(std::abs(options.count));
  int64_t skipped = std::abs(options.rank) - 1;
  size_t found = 0;
  const ReplyWriter::Deferred count_place = ctx.reply.Defer();
  list->FindAll(ctx.args[2], most, options.rank > 0 ? End::kHead : End::kTail, [&](size_t index) {
    if (skipped-- > 0) return true;
    ctx.reply.Integer(static_cast<int64_t>(index));
    return ++found < wanted;
  });
  if (as_array) return ctx.reply.SetDeferredArray(count_place, found);
  if (found == 0) ctx.reply.Null();
}

}  // namespace

void RegisterListCommands(CommandTable& table) {
  table.Bind("lpush", Lpush);
  table.Bind("rpush", Rpush);
  table.Bind("lpushx", LpushX);
  table.Bind("rpushx", RpushX);
  table.Bind("lpop", Lpop);
  table.Bind("rpop", Rpop);
  table.Bind("llen", Llen);
  table.Bind("lindex", Lindex);
  table.Bind("lset", Lset);
  table.Bind("linsert", Linsert);
  table.Bind("lrange", Lrange);
  table.Bind("ltrim", Ltrim);
  table.Bind("lrem", Lrem);
  table.Bind("lpos", Lpos);
  RegisterListMoveCommands(table);
}

}  // namespace kvorum
