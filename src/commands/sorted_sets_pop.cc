// Taking the lowest or highest members out of sorted sets, waiting for some if asked to.
#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/numbers.h"
#include "commands/sorted_sets.h"

namespace kvorum {
namespace {

enum class Side : uint8_t { kMin, kMax };

// How the popped members are replied.
enum class PopReply : uint8_t {
  kFlat,        // [member, score, ...]
  kPairs,       // [[member, score], ...]
  kKeyFlat,     // [key, member, score]
  kKeyAndPairs  // [key, [[member, score], ...]]
};

void ReplyHeader(ReplyWriter& reply, PopReply form, std::string_view key, size_t count) {
  switch (form) {
    case PopReply::kFlat:
      return reply.Array(2 * count);
    case PopReply::kPairs:
      return reply.Array(count);
    case PopReply::kKeyFlat:
      reply.Array(2 * count + 1);
      return reply.Bulk(key);
    case PopReply::kKeyAndPairs:
      reply.Array(2);
      reply.Bulk(key);
      return reply.Array(count);
  }
}

// Pops up to `count` (at least 1) members of a set that has some, replies them, and says what happened.
void Pop(Context& ctx, std::string_view key, SortedSetObject& object, Side side, size_t count, PopReply form) {
  const size_t size = object.size();
  CHECK(size > 0 && count > 0);
  count = std::min(count, size);
  ReplyHeader(ctx.reply, form, key, count);
  const bool pairs = form == PopReply::kPairs || form == PopReply::kKeyAndPairs;
  const RankRange ranks = side == Side::kMin ? RankRange{0, count} : RankRange{size - count, size};
  object.VisitRanks(ranks, side == Side::kMax, [&](std::string_view member, double score) {
    if (pairs) ctx.reply.Array(2);
    ctx.reply.Bulk(member);
    ctx.reply.Double(score);
  });
  object.RemoveRanks(ranks, [](std::string_view, double) {});
  ctx.Notify(event::kSortedSet, side == Side::kMin ? "zpopmin" : "zpopmax", key);
  ctx.DeleteIfEmpty(key, object);
  ctx.Changed(key, count);
}

// A pop of one key replays the same: which members are lowest is part of the state.
void StatePop(Context& ctx, std::string_view key, Side side, std::string_view count) {
  const std::string_view name = side == Side::kMin ? "ZPOPMIN" : "ZPOPMAX";
  count.empty() ? ctx.Effect({name, key}) : ctx.Effect({name, key, count});
}

void PopOne(Context& ctx, Side side) {
  if (ctx.args.size() > 3) return ctx.SyntaxError();
  const bool with_count = ctx.args.size() == 3;
  int64_t count = 1;
  if (with_count && !ctx.IntegerArg(2, &count, 0, INT64_MAX, "ERR value is out of range, must be positive")) return;
  const std::string_view key = ctx.args[1];
  SortedSetObject* object;
  if (!ctx.WriteAs(key, &object)) return;
  if (object == nullptr || count == 0) return ctx.reply.EmptyArray();
  const bool pairs = with_count && ctx.reply.resp() > 2;
  Pop(ctx, key, *object, side, static_cast<size_t>(count), pairs ? PopReply::kPairs : PopReply::kFlat);
}

void ZPopMin(Context& ctx) { PopOne(ctx, Side::kMin); }
void ZPopMax(Context& ctx) { PopOne(ctx, Side::kMax); }

// The first of the keys that holds a sorted set: *key and *object. False: another is of a wrong type, and the error is replied.
bool FindFirst(Context& ctx, Arguments keys, std::string_view* key, SortedSetObject** object) {
  for (std::string_view candidate : keys) {
    if (!ctx.WriteAs(candidate, object)) return false;
    if (*object == nullptr) continue;
    *key = candidate;
    return true;
  }
  return true;
}

void BlockingPop(Context& ctx, Side side) {
  const Arguments keys = ctx.args.subspan(1, ctx.args.size() - 2);
  int64_t deadline_ms;
  if (!ctx.ParseTimeout(ctx.args.back(), &deadline_ms)) return;
  std::string_view key;
  SortedSetObject* object = nullptr;
  if (!FindFirst(ctx, keys, &key, &object)) return;
  if (object != nullptr) {
    StatePop(ctx, key, side, {});
    return Pop(ctx, key, *object, side, 1, PopReply::kKeyFlat);
  }
  if (!ctx.MayBlock()) return ctx.reply.NullArray();
  ctx.Block(keys, ObjectType::kSortedSet, deadline_ms, TimeoutReply::kNullArray);
}

void BZPopMin(Context& ctx) { BlockingPop(ctx, Side::kMin); }
void BZPopMax(Context& ctx) { BlockingPop(ctx, Side::kMax); }

// numkeys key ... MIN|MAX [COUNT count], from args[first].
struct MultiPopArgs {
  Arguments keys;
  Side side = Side::kMin;
  int64_t count = 1;

  [[nodiscard]] bool Parse(Context& ctx, size_t first) {
    int64_t key_count;
    if (!ctx.IntegerArg(first, &key_count, 1, INT64_MAX, "ERR numkeys should be greater than 0")) return false;
    const size_t left = ctx.args.size() - first - 1;
    if (static_cast<uint64_t>(key_count) >= left) return Wrong(ctx);
    keys = ctx.args.subspan(first + 1, static_cast<size_t>(key_count));
    size_t i = first + 1 + keys.size();
    if (ctx.Is(i, "MAX")) {
      side = Side::kMax;
    } else if (!ctx.Is(i, "MIN")) {
      return Wrong(ctx);
    }
    bool counted = false;
    for (++i; i < ctx.args.size(); i += 2) {
      if (counted || !ctx.Is(i, "COUNT") || i + 1 >= ctx.args.size()) return Wrong(ctx);
      if (!ctx.IntegerArg(i + 1, &count, 1, INT64_MAX, "ERR count should be greater than 0")) return false;
      counted = true;
    }
    return true;
  }

 private:
  static bool Wrong(Context& ctx) {
    ctx.SyntaxError();
    return false;
  }
};

void PopFound(Context& ctx, const MultiPopArgs& args, std::string_view key, SortedSetObject& object) {
  char digits[kMaxInt64Chars];
  const auto popped = static_cast<int64_t>(std::min<uint64_t>(static_cast<uint64_t>(args.count), object.size()));
  StatePop(ctx, key, args.side, {digits, FormatInt64(popped, digits)});
  Pop(ctx, key, object, args.side, static_cast<size_t>(popped), PopReply::kKeyAndPairs);
}

void ZMPop(Context& ctx) {
  MultiPopArgs args;
  if (!args.Parse(ctx, 1)) return;
  std::string_view key;
  SortedSetObject* object = nullptr;
  if (!FindFirst(ctx, args.keys, &key, &object)) return;
  object == nullptr ? ctx.reply.NullArray() : PopFound(ctx, args, key, *object);
}

void BZMPop(Context& ctx) {
  MultiPopArgs args;
  if (!args.Parse(ctx, 2)) return;
  int64_t deadline_ms;
  if (!ctx.ParseTimeout(ctx.args[1], &deadline_ms)) return;
  std::string_view key;
  SortedSetObject* object = nullptr;
  if (!FindFirst(ctx, args.keys, &key, &object)) return;
  if (object != nullptr) return PopFound(ctx, args, key, *object);
  if (!ctx.MayBlock()) return ctx.reply.NullArray();
  ctx.Block(args.keys, ObjectType::kSortedSet, deadline_ms, TimeoutReply::kNullArray);
}

}  // namespace

void RegisterSortedSetPopCommands(CommandTable& table) {
  table.Bind("zpopmin", ZPopMin);
  table.Bind("zpopmax", ZPopMax);
  table.Bind("zmpop", ZMPop);
  table.Bind("bzpopmin", BZPopMin);
  table.Bind("bzpopmax", BZPopMax);
  table.Bind("bzmpop", BZMPop);
}

}  // namespace kvorum
