// The set family: single sets. Their algebra is in set_algebra.cc, what chance has a part in in set_random.cc.
#include "commands/sets.h"

#include "commands/packed_reply.h"
#include "commands/scan_options.h"
#include "keyspace/set_object.h"

namespace kvorum {
namespace {

void Sadd(Context& ctx) {
  const std::string_view key = ctx.args[1];
  const Arguments members = ctx.args.subspan(2);
  SetObject* set;
  if (!ctx.WriteAs(key, &set)) return;
  if (set == nullptr) {
    set = ctx.Put(key, SetObject::For(members[0], members.size(), ctx.settings()));
  } else {
    set->PrepareFor(members.size(), ctx.settings());
  }
  uint64_t added = 0;
  for (std::string_view member : members) added += set->Add(member, ctx.settings());
  if (added > 0) {
    ctx.Changed(key, added);
    ctx.Notify(event::kSet, "sadd", key);
  }
  ctx.reply.Integer(static_cast<int64_t>(added));
}

void Srem(Context& ctx) {
  const std::string_view key = ctx.args[1];
  SetObject* set;
  if (!ctx.WriteAs(key, &set)) return;
  uint64_t removed = 0;
  for (size_t i = 2; set != nullptr && i < ctx.args.size() && set->size() > 0; ++i) removed += set->Remove(ctx.args[i]);
  if (removed > 0) {
    ctx.Changed(key, removed);
    ctx.Notify(event::kSet, "srem", key);
    ctx.DeleteIfEmpty(key, *set);
  }
  ctx.reply.Integer(static_cast<int64_t>(removed));
}

void Sismember(Context& ctx) {
  SetObject* set;
  if (!ctx.ReadAs(ctx.args[1], &set)) return;
  ctx.reply.Integer(set != nullptr && set->Contains(ctx.args[2]) ? 1 : 0);
}

void Smismember(Context& ctx) {
  SetObject* set;
  if (!ctx.ReadAs(ctx.args[1], &set)) return;
  ctx.reply.Array(ctx.args.size() - 2);
  for (std::string_view member : ctx.args.subspan(2)) {
    ctx.reply.Integer(set != nullptr && set->Contains(member) ? 1 : 0);
  }
}

void Scard(Context& ctx) {
  SetObject* set;
  if (!ctx.ReadAs(ctx.args[1], &set)) return;
  ctx.reply.Integer(set == nullptr ? 0 : static_cast<int64_t>(set->size()));
}

void Smembers(Context& ctx) {
  SetObject* set;
  if (!ctx.ReadAs(ctx.args[1], &set)) return;
  if (set == nullptr) return ctx.reply.Set(0);
  ctx.reply.Set(set->size());
  set->ForEach([&ctx](const PackedValue& member) { ReplyBulk(ctx.reply, member); });
}

void Smove(Context& ctx) {
  const std::string_view source_key = ctx.args[1];
  const std::string_view destination_key = ctx.args[2];
  const std::string_view member = ctx.args[3];
  Entry* source_entry = ctx.Write(source_key);
  Entry* destination_entry = source_entry == nullptr ? nullptr : ctx.Write(destination_key);
  SetObject* source;
  SetObject* destination;
  if (!ctx.As(source_entry, &source) || !ctx.As(destination_entry, &destination)) return;
  if (source == nullptr) return ctx.reply.Integer(0);
  if (source == destination) return ctx.reply.Integer(source->Contains(member) ? 1 : 0);
  if (!source->Remove(member)) return ctx.reply.Integer(0);
  ctx.Notify(event::kSet, "srem", source_key);
  ctx.DeleteIfEmpty(source_key, *source);
  ctx.Changed(source_key);
  if (destination == nullptr) destination = ctx.Put(destination_key, SetObject::For(member, 1, ctx.settings()));
  if (destination->Add(member, ctx.settings())) {
    ctx.Changed(destination_key);
    ctx.Notify(event::kSet, "sadd", destination_key);
  }
  ctx.reply.Integer(1);
}

void Sscan(Context& ctx) {
  uint64_t cursor;
  SetObject* set;
  if (!ParseScanCursor(ctx, 2, &cursor) || !ctx.ReadAs(ctx.args[1], &set)) return;
  if (set == nullptr) return ReplyEmptyScan(ctx.reply);
  ScanOptions options;
  if (!ParseScanOptions(ctx, 3, false, &options)) return;
  std::vector<PackedValue> found;
  auto take = [&](const PackedValue& member) {
    char digits[kMaxInt64Chars];
    if (!options.has_pattern || options.Matches(member.View(digits))) found.push_back(member);
  };
  if (set->form() == SetObject::Encoding::kHashTable) {
    cursor = ScanTable(set->table(), cursor, options.count,
                       [&take](const MemberRecord* record) { take({.text = record->member()}); });
  } else {
    set->ForEach(take);
    cursor = 0;
  }
  ReplyScanCursor(ctx.reply, cursor);
  ctx.reply.Array(found.size());
  for (const PackedValue& member : found) ReplyBulk(ctx.reply, member);
}

bool WarmUpMember(const Object& value, Arguments args, Warmup* warmup) {
  return value.type() == ObjectType::kSet && static_cast<const SetObject&>(value).WarmUp(args[2], warmup);
}

}  // namespace

void RegisterSetCommands(CommandTable& table) {
  table.Bind("sadd", Sadd);
  table.Bind("srem", Srem);
  table.Bind("sismember", Sismember);
  table.Bind("smismember", Smismember);
  table.Bind("scard", Scard);
  table.Bind("smembers", Smembers);
  table.Bind("smove", Smove);
  table.Bind("sscan", Sscan);
  for (std::string_view name : {"sadd", "srem", "sismember", "smismember"}) table.BindWarmup(name, WarmUpMember);
  RegisterSetAlgebraCommands(table);
  RegisterSetRandomCommands(table);
}

}  // namespace kvorum
