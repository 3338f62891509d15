// The string family: whole values and parts of them. Numbers are in counters.cc, LCS in lcs.cc.
#include <algorithm>
#include <cstring>
#include <string>

#include "commands/expiry_argument.h"
#include "commands/string_limits.h"
#include "commands/table.h"

namespace kvorum {

bool FitsString(Context& ctx, uint64_t size) {
  if (size <= static_cast<uint64_t>(ctx.settings().proto_max_bulk_len)) return true;
  ctx.Error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  return false;
}

namespace {

void ReplyString(Context& ctx, const Entry* entry) {
  if (entry == nullptr) return ctx.reply.Null();
  if (entry->is_integer()) return ctx.reply.BulkInteger(entry->integer());
  ctx.reply.Bulk(entry->string());
}

void Get(Context& ctx) {
  Entry* entry;
  if (ctx.ReadString(ctx.args[1], &entry)) ReplyString(ctx, entry);
}

// What SET and GETEX may be told after their values.
struct StringOptions {
  bool if_missing = false;
  bool if_exists = false;
  bool get = false;
  bool keep_deadline = false;
  bool persist = false;
  size_t deadline_index = 0;  // the argument with the time; 0: none
  ExpiryUnit unit;
};

bool ParseOptions(Context& ctx, size_t first, bool is_set, StringOptions* options) {
  for (size_t i = first; i < ctx.args.size(); ++i) {
    const bool has_time = options->deadline_index != 0;
    ExpiryUnit unit;
    if (is_set && ctx.Is(i, "NX") && !options->if_exists) {
      options->if_missing = true;
    } else if (is_set && ctx.Is(i, "XX") && !options->if_missing) {
      options->if_exists = true;
    } else if (is_set && ctx.Is(i, "GET")) {
      options->get = true;
    } else if (is_set && ctx.Is(i, "KEEPTTL") && !has_time) {
      options->keep_deadline = true;
    } else if (!is_set && ctx.Is(i, "PERSIST") && !has_time) {
      options->persist = true;
    } else if (!has_time && !options->keep_deadline && !options->persist && i + 1 < ctx.args.size() &&
               IsExpiryWord(ctx, i, &unit)) {
      options->unit = unit;
      options->deadline_index = ++i;
    } else {
      ctx.SyntaxError();
      return false;
    }
  }
  return true;
}

// What all commands that give a key a new value do. `deadline_ms` was given in whatever form; its effect is absolute.
void Store(Context& ctx, std::string_view key, std::string_view value, int64_t deadline_ms, bool kept = false) {
  ctx.PutText(key, value, deadline_ms);
  ctx.Changed(key);
  ctx.Notify(event::kString, "set", key);
  if (deadline_ms == Entry::kNoDeadline || kept) return;
  ctx.Notify(event::kGeneric, "expire", key);
  if (ctx.wants_effects()) ctx.Effect({"SET", key, value, "PXAT", std::to_string(deadline_ms)});
}

void Set(Context& ctx) {
  const std::string_view key = ctx.args[1];
  StringOptions options;
  int64_t deadline_ms = Entry::kNoDeadline;
  if (ctx.args.size() > 3) {
    if (!ParseOptions(ctx, 3, true, &options)) return;
    if (options.deadline_index != 0 && !ParseDeadline(ctx, options.deadline_index, options.unit, &deadline_ms)) return;
  }
  Entry* old = nullptr;
  if (options.get) {
    if (!ctx.ReadString(key, &old)) return;
    ReplyString(ctx, old);
  } else {
    old = ctx.Write(key, lookup::kNoTouch | lookup::kWholeValue);
  }
  if ((options.if_missing && old != nullptr) || (options.if_exists && old == nullptr)) {
    if (!options.get) ctx.reply.Null();
    return;
  }
  const bool kept = options.keep_deadline && old != nullptr && old->has_deadline();
  Store(ctx, key, ctx.args[2], kept ? old->deadline_ms() : deadline_ms, kept);
  if (!options.get) ctx.reply.Ok();
}

void SetNx(Context& ctx) {
  const bool missing = ctx.Write(ctx.args[1], lookup::kWholeValue) == nullptr;
  if (missing) Store(ctx, ctx.args[1], ctx.args[2], Entry::kNoDeadline);
  ctx.reply.Integer(missing ? 1 : 0);
}

void SetWithTime(Context& ctx, ExpiryUnit unit) {
  int64_t deadline_ms;
  if (!ParseDeadline(ctx, 2, unit, &deadline_ms)) return;
  (void)ctx.Write(ctx.args[1], lookup::kNoTouch | lookup::kWholeValue);
  Store(ctx, ctx.args[1], ctx.args[3], deadline_ms);
  ctx.reply.Ok();
}
void SetEx(Context& ctx) { SetWithTime(ctx, {.seconds = true, .absolute = false}); }
void PsetEx(Context& ctx) { SetWithTime(ctx, {.seconds = false, .absolute = false}); }

void GetSet(Context& ctx) {
  Entry* old;
  if (!ctx.ReadString(ctx.args[1], &old)) return;
  ReplyString(ctx, old);
  Store(ctx, ctx.args[1], ctx.args[2], Entry::kNoDeadline);
}

void GetDel(Context& ctx) {
  const std::string_view key = ctx.args[1];
  Entry* entry;
  if (!ctx.ReadString(key, &entry)) return;
  ReplyString(ctx, entry);
  if (entry == nullptr) return;
  ctx.Delete(key, ctx.settings().lazyfree_lazy_user_del);
  ctx.Changed(key);
  ctx.Notify(event::kGeneric, "del", key);
  ctx.Effect({"DEL", key});
}

void GetEx(Context& ctx) {
  const std::string_view key = ctx.args[1];
  StringOptions options;
  if (!ParseOptions(ctx, 2, false, &options)) return;
  Entry* entry;
  if (!ctx.ReadString(key, &entry)) return;
  if (entry == nullptr) return ctx.reply.Null();
  int64_t deadline_ms = Entry::kNoDeadline;
  if (options.deadline_index != 0 && !ParseDeadline(ctx, options.deadline_index, options.unit, &deadline_ms)) return;
  ReplyString(ctx, entry);
  if (options.persist) {
    if (!entry->has_deadline()) return;
    ctx.db().ClearDeadline(entry);
    ctx.Changed(key);
    ctx.Notify(event::kGeneric, "persist", key);
    return ctx.Effect({"PERSIST", key});
  }
  if (deadline_ms == Entry::kNoDeadline) return;
  if (deadline_ms <= ctx.now_ms) {
    ctx.Delete(key, ctx.settings().lazyfree_lazy_expire);
    ctx.Changed(key);
    ctx.Notify(event::kGeneric, "del", key);
    return ctx.Effect({"DEL", key});
  }
  ctx.db().SetDeadline(entry, deadline_ms);
  ctx.Changed(key);
  ctx.Notify(event::kGeneric, "expire", key);
  ctx.Effect({"PEXPIREAT", key, std::to_string(deadline_ms)});
}

void Mget(Context& ctx) {
  ctx.reply.Array(ctx.args.size() - 1);
  for (std::string_view key : ctx.args.subspan(1)) {
    if (ctx.ReplyIsHopeless()) return;
    const Entry* entry = ctx.Read(key);
    ReplyString(ctx, entry != nullptr && entry->is_string() ? entry : nullptr);
  }
}

void StorePairs(Context& ctx) {
  for (size_t i = 1; i < ctx.args.size(); i += 2) {
    (void)ctx.Write(ctx.args[i], lookup::kNoTouch | lookup::kWholeValue);
    Store(ctx, ctx.args[i], ctx.args[i + 1], Entry::kNoDeadline);
  }
}

void Mset(Context& ctx) {
  if (ctx.args.size() % 2 == 0) return ctx.WrongArity();
  StorePairs(ctx);
  ctx.reply.Ok();
}

void MsetNx(Context& ctx) {
  if (ctx.args.size() % 2 == 0) return ctx.WrongArity();
  for (size_t i = 1; i < ctx.args.size(); i += 2) {
    if (ctx.Write(ctx.args[i], lookup::kWholeValue) != nullptr) return ctx.reply.Integer(0);
  }
  StorePairs(ctx);
  ctx.reply.Integer(1);
}

void Strlen(Context& ctx) {
  Entry* entry;
  if (!ctx.ReadString(ctx.args[1], &entry)) return;
  ctx.reply.Integer(entry == nullptr ? 0 : static_cast<int64_t>(entry->StringLength()));
}

void Append(Context& ctx) {
  const std::string_view key = ctx.args[1];
  const std::string_view tail = ctx.args[2];
  Entry* entry;
  if (!ctx.WriteString(key, &entry)) return;
  size_t size = tail.size();
  if (entry == nullptr) {
    ctx.PutText(key, tail);
  } else {
    const size_t old_size = entry->StringLength();
    size += old_size;
    if (!FitsString(ctx, size)) return;
    std::memcpy(ctx.db().MutableString(entry, size) + old_size, tail.data(), tail.size());
  }
  ctx.Changed(key);
  ctx.Notify(event::kString, "append", key);
  ctx.reply.Integer(static_cast<int64_t>(size));
}

void SetRange(Context& ctx) {
  const std::string_view key = ctx.args[1];
  const std::string_view part = ctx.args[3];
  int64_t offset;
  if (!ctx.IntegerArg(2, &offset)) return;
  if (offset < 0) return ctx.Error("ERR offset is out of range");
  Entry* entry;
  if (!ctx.WriteString(key, &entry)) return;
  const size_t old_size = entry == nullptr ? 0 : entry->StringLength();
  if (part.empty()) return ctx.reply.Integer(static_cast<int64_t>(old_size));
  const uint64_t end = static_cast<uint64_t>(offset) + part.size();
  if (!FitsString(ctx, end)) return;
  if (entry == nullptr) entry = ctx.db().PutString(key, {}, ctx.NewClock());
  const size_t size = std::max<size_t>(old_size, end);
  std::memcpy(ctx.db().MutableString(entry, size) + offset, part.data(), part.size());
  ctx.Changed(key);
  ctx.Notify(event::kString, "setrange", key);
  ctx.reply.Integer(static_cast<int64_t>(size));
}

void GetRange(Context& ctx) {
  int64_t start;
  int64_t end;
  if (!ctx.IntegerArg(2, &start) || !ctx.IntegerArg(3, &end)) return;
  Entry* entry;
  if (!ctx.ReadString(ctx.args[1], &entry)) return;
  char digits[kIntegerTextBytes];
  const std::string_view text = entry == nullptr ? std::string_view() : entry->Text(digits);
  const auto size = static_cast<int64_t>(text.size());
  if (start < 0 && end < 0 && start > end) return ctx.reply.Bulk({});
  if (start < 0) start = std::max<int64_t>(start + size, 0);
  if (end < 0) end = std::max<int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (start > end || size == 0) return ctx.reply.Bulk({});
  ctx.reply.Bulk(text.substr(static_cast<size_t>(start), static_cast<size_t>(end - start + 1)));
}

}  // namespace

void RegisterStringCommands(CommandTable& table) {
  table.Bind("get", Get);
  table.Bind("set", Set);
  table.Bind("setnx", SetNx);
  table.Bind("setex", SetEx);
  table.Bind("psetex", PsetEx);
  table.Bind("getset", GetSet);
  table.Bind("getdel", GetDel);
  table.Bind("getex", GetEx);
  table.Bind("mget", Mget);
  table.Bind("mset", Mset);
  table.Bind("msetnx", MsetNx);
  table.Bind("strlen", Strlen);
  table.Bind("append", Append);
  table.Bind("setrange", SetRange);
  table.Bind("getrange", GetRange);
  table.Bind("substr", GetRange);
  RegisterCounterCommands(table);
  RegisterLcsCommand(table);
}

}  // namespace kvorum
