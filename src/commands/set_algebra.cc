// SINTER, SINTERCARD, SUNION, SDIFF, and those that store their result.
#include <algorithm>
#include <memory>
#include <vector>

#include "commands/packed_reply.h"
#include "commands/sets.h"
#include "keyspace/set_object.h"

namespace kvorum {
namespace {

// The sets of these keys, nullptr for a missing one. False: one is no set, and the error has been replied.
bool ReadSets(Context& ctx, Arguments keys, std::vector<const SetObject*>* sets) {
  for (std::string_view key : keys) {
    SetObject* set;
    if (!ctx.ReadAs(key, &set)) return false;
    sets->push_back(set);
  }
  return true;
}

// Puts a result under `key`, or deletes what is there if nothing came out, and replies its size.
void Store(Context& ctx, std::string_view key, std::string_view event_name, std::unique_ptr<SetObject> result) {
  const bool lazy = ctx.settings().lazyfree_lazy_server_del;
  if (result == nullptr || result->size() == 0) {
    if (ctx.Delete(key, lazy)) {
      ctx.Changed(key);
      ctx.Notify(event::kGeneric, "del", key);
    }
    return ctx.reply.Integer(0);
  }
  const size_t size = result->size();
  (void)ctx.Write(key, lookup::kNoTouch | lookup::kWholeValue);  // one that has expired goes first, and that is told
  ctx.Put(key, std::move(result));
  ctx.Changed(key);
  ctx.Notify(event::kSet, event_name, key);
  ctx.reply.Integer(static_cast<int64_t>(size));
}

void ReplySet(Context& ctx, const SetObject& set) {
  ctx.reply.Set(set.size());
  set.ForEach([&ctx](const PackedValue& member) { ReplyBulk(ctx.reply, member); });
}

// --- Intersection -----------------------------------------------------------------------------------------------------

// `visit` gets each member of all of `sets`, which are in ascending order of size, until it returns false.
template <typename Visit>
void ForEachCommon(std::span<const SetObject* const> sets, Visit visit) {
  sets[0]->ForEachWhile([&sets, &visit](const PackedValue& member) {
    for (const SetObject* other : sets.subspan(1)) {
      if (other != sets[0] && !other->Contains(member)) return true;
    }
    return static_cast<bool>(visit(member));
  });
}

bool AnyMissing(std::span<const SetObject* const> sets) {
  return std::find(sets.begin(), sets.end(), nullptr) != sets.end();
}

// The smallest first: it is the one walked.
void SortBySize(std::vector<const SetObject*>& sets) {
  std::stable_sort(sets.begin(), sets.end(),
                   [](const SetObject* a, const SetObject* b) { return a->size() < b->size(); });
}

void Sinter(Context& ctx) {
  std::vector<const SetObject*> sets;
  if (!ReadSets(ctx, ctx.args.subspan(1), &sets)) return;
  if (AnyMissing(sets)) return ctx.reply.Set(0);
  SortBySize(sets);
  const ReplyWriter::Deferred place = ctx.reply.Defer();
  size_t count = 0;
  ForEachCommon(sets, [&](const PackedValue& member) {
    ReplyBulk(ctx.reply, member);
    ++count;
    return true;
  });
  ctx.reply.SetDeferredSet(place, count);
}

void Sinterstore(Context& ctx) {
  std::vector<const SetObject*> sets;
  if (!ReadSets(ctx, ctx.args.subspan(2), &sets)) return;
  if (AnyMissing(sets)) return Store(ctx, ctx.args[1], "sinterstore", nullptr);
  SortBySize(sets);
  // As in Redis, integers alone become an intset, wherever they came from.
  const bool from_integers = sets[0]->form() == SetObject::Encoding::kIntSet;
  auto result =
      std::make_unique<SetObject>(from_integers ? SetObject::Encoding::kIntSet : SetObject::Encoding::kListpack);
  bool only_integers = true;
  ForEachCommon(sets, [&](const PackedValue& member) {
    int64_t number;
    only_integers = only_integers && (member.is_number || ParseInt64(member.text, &number));
    result->Add(member, ctx.settings());
    return true;
  });
  if (only_integers) result->ConvertToIntSet(ctx.settings());
  Store(ctx, ctx.args[1], "sinterstore", std::move(result));
}

void Sintercard(Context& ctx) {
  int64_t key_count;
  if (!ctx.IntegerArg(1, &key_count, 1, INT64_MAX, "ERR numkeys should be greater than 0")) return;
  if (key_count > static_cast<int64_t>(ctx.args.size()) - 2) {
    return ctx.Error("ERR Number of keys can't be greater than number of args");
  }
  const Arguments keys = ctx.args.subspan(2, static_cast<size_t>(key_count));
  int64_t limit = 0;
  for (size_t i = 2 + keys.size(); i < ctx.args.size(); i += 2) {
    if (!ctx.Is(i, "LIMIT") || i + 1 == ctx.args.size()) return ctx.SyntaxError();
    if (!ctx.IntegerArg(i + 1, &limit, 0, INT64_MAX, "ERR LIMIT can't be negative")) return;
  }
  std::vector<const SetObject*> sets;
  if (!ReadSets(ctx, keys, &sets)) return;
  if (AnyMissing(sets)) return ctx.reply.Integer(0);
  SortBySize(sets);
  int64_t count = 0;
  ForEachCommon(sets, [&count, limit](const PackedValue&) { return ++count != limit; });
  ctx.reply.Integer(count);
}

// --- Union, difference ------------------------------------------------------------------------------------------------

std::unique_ptr<SetObject> Union(Context& ctx, std::span<const SetObject* const> sets) {
  auto result = std::make_unique<SetObject>();
  for (const SetObject* set : sets) {
    if (set == nullptr) continue;
    set->ForEach([&](const PackedValue& member) { result->Add(member, ctx.settings()); });
  }
  return result;
}

// Either looks each member of the first set up in the others, or takes the others' members out of a copy of it; whichever is
// less work. (Redis chooses in the same way, and the choice shows in the encoding of what is stored.)
std::unique_ptr<SetObject> Difference(Context& ctx, std::span<const SetObject* const> sets) {
  auto result = std::make_unique<SetObject>();
  const SetObject* first = sets[0];
  if (first == nullptr) return result;
  std::vector<const SetObject*> others;
  size_t lookups = first->size();
  size_t all_members = first->size();
  for (const SetObject* set : sets.subspan(1)) {
    if (set == nullptr) continue;
    if (set == first) return result;
    others.push_back(set);
    lookups += first->size();
    all_members += set->size();
  }
  if (lookups / 2 <= all_members) {
    // The largest first: it is the likeliest to have a member.
    std::stable_sort(others.begin(), others.end(),
                     [](const SetObject* a, const SetObject* b) { return a->size() > b->size(); });
    first->ForEach([&](const PackedValue& member) {
      for (const SetObject* other : others) {
        if (other->Contains(member)) return;
      }
      result->Add(member, ctx.settings());
    });
    return result;
  }
  first->ForEach([&](const PackedValue& member) { result->Add(member, ctx.settings()); });
  for (const SetObject* other : others) {
    other->ForEachWhile([&result](const PackedValue& member) {
      result->Remove(member);
      return result->size() > 0;
    });
    if (result->size() == 0) break;
  }
  return result;
}

using Combine = std::unique_ptr<SetObject> (*)(Context& ctx, std::span<const SetObject* const> sets);

void ReplyCombined(Context& ctx, Combine combine) {
  std::vector<const SetObject*> sets;
  if (ReadSets(ctx, ctx.args.subspan(1), &sets)) ReplySet(ctx, *combine(ctx, sets));
}

void StoreCombined(Context& ctx, Combine combine, std::string_view event_name) {
  std::vector<const SetObject*> sets;
  if (ReadSets(ctx, ctx.args.subspan(2), &sets)) Store(ctx, ctx.args[1], event_name, combine(ctx, sets));
}

void Sunion(Context& ctx) { ReplyCombined(ctx, Union); }
void Sunionstore(Context& ctx) { StoreCombined(ctx, Union, "sunionstore"); }
void Sdiff(Context& ctx) { ReplyCombined(ctx, Difference); }
void Sdiffstore(Context& ctx) { StoreCombined(ctx, Difference, "sdiffstore"); }

}  // namespace

void RegisterSetAlgebraCommands(CommandTable& table) {
  table.Bind("sinter", Sinter);
  table.Bind("sinterstore", Sinterstore);
  table.Bind("sintercard", Sintercard);
  table.Bind("sunion", Sunion);
  table.Bind("sunionstore", Sunionstore);
  table.Bind("sdiff", Sdiff);
  table.Bind("sdiffstore", Sdiffstore);
}

}  // namespace kvorum
