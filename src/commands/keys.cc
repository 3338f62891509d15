// The generic family: keys as such. Deadlines are in expire.cc, whole databases in databases.cc.
#include <algorithm>
#include <string>

#include "base/glob.h"
#include "commands/help.h"
#include "commands/scan_options.h"
#include "commands/table.h"
#include "keyspace/access_clock.h"

namespace kvorum {
namespace {

void DeleteKeys(Context& ctx, bool lazy) {
  int64_t deleted = 0;
  for (std::string_view key : ctx.args.subspan(1)) {
    if (ctx.Write(key, lookup::kNoTouch | lookup::kWholeValue) == nullptr) continue;
    ctx.Delete(key, lazy);
    ctx.Changed(key);
    ctx.Notify(event::kGeneric, "del", key);
    ++deleted;
  }
  ctx.reply.Integer(deleted);
}
void Del(Context& ctx) { DeleteKeys(ctx, ctx.settings().lazyfree_lazy_user_del); }
void Unlink(Context& ctx) { DeleteKeys(ctx, true); }

void CountKeys(Context& ctx, uint32_t lookup_flags) {
  int64_t found = 0;
  for (std::string_view key : ctx.args.subspan(1)) found += ctx.Read(key, lookup_flags) != nullptr;
  ctx.reply.Integer(found);
}
void Exists(Context& ctx) { CountKeys(ctx, lookup::kNoTouch); }
void Touch(Context& ctx) { CountKeys(ctx, 0); }

void Type(Context& ctx) {
  const Entry* entry = ctx.Read(ctx.args[1], lookup::kNoTouch);
  ctx.reply.Status(entry == nullptr ? "none" : TypeName(entry->type()));
}

bool IsExpired(const Context& ctx, const Entry* entry) {
  return entry->has_deadline() && entry->deadline_ms() <= ctx.now_ms;
}

// Takes keys found in passing that turn out to be expired out of the way, as a lookup would.
void DeleteExpired(Context& ctx, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) (void)ctx.Write(key, lookup::kNoTouch | lookup::kWholeValue);
}

// Leaves what has expired where it is, as Redis does.
void Keys(Context& ctx) {
  const std::string_view pattern = ctx.args[1];
  const ReplyWriter::Deferred count_place = ctx.reply.Defer();
  size_t count = 0;
  ctx.db().ForEach([&](const Entry* entry) {
    if ((pattern != "*" && !GlobMatch(pattern, entry->key())) || IsExpired(ctx, entry)) return;
    ctx.reply.Bulk(entry->key());
    ++count;
  });
  ctx.reply.SetDeferredArray(count_place, count);
}

void Scan(Context& ctx) {
  uint64_t cursor;
  ScanOptions options;
  if (!ParseScanCursor(ctx, 1, &cursor) || !ParseScanOptions(ctx, 2, true, &options)) return;
  std::vector<std::string> found;
  std::vector<std::string> expired;
  cursor = ScanTable(ctx.db(), cursor, options.count, [&](const Entry* entry) {
    if (!options.Matches(entry->key())) return;
    if (IsExpired(ctx, entry)) return expired.emplace_back(entry->key()), void();
    const std::string_view type = TypeName(entry->type());
    if (options.has_type && !std::equal(options.type.begin(), options.type.end(), type.begin(), type.end(),
                                        [](char x, char y) { return (x | 0x20) == y; })) {
      return;
    }
    found.emplace_back(entry->key());
  });
  DeleteExpired(ctx, expired);
  ctx.reply.Array(2);
  ctx.reply.Bulk(std::to_string(cursor));
  ctx.reply.Array(found.size());
  for (const std::string& key : found) ctx.reply.Bulk(key);
}

void RandomKey(Context& ctx) {
  // When nearly all keys have expired unseen, this many draws are enough of trying.
  constexpr int kDraws = 100;
  for (int i = 0; ctx.db().size() > 0; ++i) {
    const std::string key(ctx.db().RandomEntry(ctx.random())->key());
    if (i < kDraws ? ctx.Write(key, lookup::kNoTouch | lookup::kWholeValue) != nullptr : true)
      return ctx.reply.Bulk(key);
  }
  ctx.reply.Null();
}

void RenameKey(Context& ctx, bool only_if_missing) {
  const std::string_view from = ctx.args[1];
  const std::string_view to = ctx.args[2];
  if (ctx.Write(from, lookup::kWholeValue) == nullptr) return ctx.NoSuchKey();
  if (from == to) return only_if_missing ? ctx.reply.Integer(0) : ctx.reply.Ok();
  if (ctx.Write(to, lookup::kWholeValue) != nullptr) {
    if (only_if_missing) return ctx.reply.Integer(0);
    ctx.Delete(to, ctx.settings().lazyfree_lazy_server_del);
  }
  ctx.db().Attach(ctx.db().Detach(from), to);
  ctx.Changed(from, 1);
  ctx.Changed(to, 0);
  ctx.Notify(event::kGeneric, "rename_from", from);
  ctx.Notify(event::kGeneric, "rename_to", to);
  only_if_missing ? ctx.reply.Integer(1) : ctx.reply.Ok();
}
void Rename(Context& ctx) { RenameKey(ctx, false); }
void RenameNx(Context& ctx) { RenameKey(ctx, true); }

// The number of a database, as COPY and MOVE take it.
bool DatabaseArg(Context& ctx, size_t index, int64_t* number) {
  if (!ctx.IntegerArg(index, number, INT32_MIN, INT32_MAX)) return false;
  if (*number >= 0 && *number < ctx.keyspace.size()) return true;
  ctx.Error("ERR DB index is out of range");
  return false;
}

void Move(Context& ctx) {
  const std::string_view key = ctx.args[1];
  int64_t number;
  if (!DatabaseArg(ctx, 2, &number)) return;
  Database& target = ctx.keyspace.database(static_cast<int>(number));
  if (&target == &ctx.db()) return ctx.Error("ERR source and destination objects are the same");
  if (ctx.Write(key, lookup::kWholeValue) == nullptr || ctx.WriteIn(target, key, lookup::kWholeValue) != nullptr) {
    return ctx.reply.Integer(0);
  }
  target.Attach(ctx.db().Detach(key), key);
  ctx.Changed(key);
  ctx.ChangedIn(target, key, 0);
  ctx.Notify(event::kGeneric, "move_from", key);
  ctx.NotifyIn(target, event::kGeneric, "move_to", key);
  ctx.reply.Integer(1);
}

void Copy(Context& ctx) {
  const std::string_view from = ctx.args[1];
  const std::string_view to = ctx.args[2];
  int64_t number = ctx.db().index();
  bool replace = false;
  for (size_t i = 3; i < ctx.args.size(); ++i) {
    if (ctx.Is(i, "REPLACE")) {
      replace = true;
    } else if (ctx.Is(i, "DB") && i + 1 < ctx.args.size()) {
      if (!DatabaseArg(ctx, ++i, &number)) return;
    } else {
      return ctx.SyntaxError();
    }
  }
  Database& target = ctx.keyspace.database(static_cast<int>(number));
  if (&target == &ctx.db() && from == to) return ctx.Error("ERR source and destination objects are the same");
  const Entry* entry = ctx.Read(from);
  if (entry == nullptr) return ctx.reply.Integer(0);
  if (ctx.WriteIn(target, to, lookup::kWholeValue) != nullptr) {
    if (!replace) return ctx.reply.Integer(0);
    if (ctx.settings().lazyfree_lazy_server_del) {
      target.DeleteLazily(to, ctx.host().reclaimer());
    } else {
      target.Delete(to);
    }
  }
  target.PutCopy(to, *entry, ctx.NewClock());
  ctx.ChangedIn(target, to);
  ctx.NotifyIn(target, event::kGeneric, "copy_to", to);
  ctx.reply.Integer(1);
}

// --- OBJECT -----------------------------------------------------------------------------------------------------------

// As in Redis.
constexpr int64_t kSharedIntegers = 10000;

// False: there is no such key, and that was replied.
bool ObjectOf(Context& ctx, const Entry** entry) {
  *entry = ctx.Read(ctx.args[2], lookup::kNoTouch | lookup::kNoStats | lookup::kNoNotify);
  if (*entry == nullptr) ctx.reply.Null();
  return *entry != nullptr;
}

void ObjectEncoding(Context& ctx) {
  const Entry* entry;
  if (ObjectOf(ctx, &entry)) ctx.reply.Bulk(entry->encoding_name());
}

void ObjectRefcount(Context& ctx) {
  const Entry* entry;
  if (!ObjectOf(ctx, &entry)) return;
  // Redis shares its small integers, and says so, unless each needs a clock of its own; what tells them apart here is nothing
  // but this number.
  const EvictionPolicy policy = ctx.settings().maxmemory_policy;
  const bool needs_clocks = ctx.settings().maxmemory != 0 && (IsLru(policy) || IsLfu(policy));
  const bool shared =
      !needs_clocks && entry->is_integer() && entry->integer() >= 0 && entry->integer() < kSharedIntegers;
  ctx.reply.Integer(shared ? INT32_MAX : 1);
}

void ObjectIdletime(Context& ctx) {
  const Entry* entry;
  if (!ObjectOf(ctx, &entry)) return;
  if (IsLfu(ctx.settings().maxmemory_policy)) {
    return ctx.Error(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between "
        "policies "
        "at runtime LRU and LFU data will take some time to adjust.");
  }
  ctx.reply.Integer(IdleMs(entry->clock(), ctx.now_ms) / 1000);
}

void ObjectFreq(Context& ctx) {
  const Entry* entry;
  if (!ObjectOf(ctx, &entry)) return;
  if (!IsLfu(ctx.settings().maxmemory_policy)) {
    return ctx.Error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
        "between policies at runtime LRU and LFU data will take some time to adjust.");
  }
  ctx.reply.Integer(LfuCounter(entry->clock(), ctx.settings(), ctx.now_ms));
}

}  // namespace

void RegisterGenericCommands(CommandTable& table) {
  table.Bind("del", Del);
  table.Bind("unlink", Unlink);
  table.Bind("exists", Exists);
  table.Bind("touch", Touch);
  table.Bind("type", Type);
  table.Bind("keys", Keys);
  table.Bind("scan", Scan);
  table.Bind("randomkey", RandomKey);
  table.Bind("rename", Rename);
  table.Bind("renamenx", RenameNx);
  table.Bind("move", Move);
  table.Bind("copy", Copy);
  table.Bind("object|encoding", ObjectEncoding);
  table.Bind("object|refcount", ObjectRefcount);
  table.Bind("object|idletime", ObjectIdletime);
  table.Bind("object|freq", ObjectFreq);
  table.Bind("object|help", HelpCommand);
}

}  // namespace kvorum
