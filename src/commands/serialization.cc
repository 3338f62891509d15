// Values as bytes that a Redis understands, and back: DUMP and RESTORE. (MIGRATE, which needs a socket, is the shard's.)
#include <algorithm>
#include <string>

#include "commands/table.h"
#include "keyspace/access_clock.h"
#include "rdb/payload.h"
#include "rdb/writer.h"

namespace kvorum {
namespace {

void Dump(Context& ctx) {
  const Entry* entry = ctx.Read(ctx.args[1]);
  if (entry == nullptr) return ctx.reply.Null();
  RdbWriter writer({.compresses = ctx.settings().rdb_compression,
                    .plain_bytes = std::min(ctx.settings().list_plain_threshold, kMaxLzfBytes)});
  ctx.reply.Bulk(writer.Payload(*entry));
}

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;  // the deadline is a time, not a duration
  int64_t idle_s = -1;    // -1: not given
  int64_t frequency = -1;
};

bool ParseRestore(Context& ctx, RestoreOptions* options) {
  for (size_t i = 4; i < ctx.args.size(); ++i) {
    const bool has_value = i + 1 < ctx.args.size();
    if (ctx.Is(i, "REPLACE")) {
      options->replace = true;
    } else if (ctx.Is(i, "ABSTTL")) {
      options->absolute = true;
    } else if (ctx.Is(i, "IDLETIME") && has_value && options->frequency == -1) {
      if (!ctx.IntegerArg(++i, &options->idle_s)) return false;
      if (options->idle_s < 0) {
        ctx.Error("ERR Invalid IDLETIME value, must be >= 0");
        return false;
      }
    } else if (ctx.Is(i, "FREQ") && has_value && options->idle_s == -1) {
      if (!ctx.IntegerArg(++i, &options->frequency)) return false;
      if (options->frequency < 0 || options->frequency > 255) {
        ctx.Error("ERR Invalid FREQ value, must be >= 0 and <= 255");
        return false;
      }
    } else {
      ctx.SyntaxError();
      return false;
    }
  }
  return true;
}

// What the options say about how recently the key was used counts if the policy in force keeps that.
void SetClock(const Context& ctx, const RestoreOptions& options, Entry* entry) {
  if (IsLfu(ctx.settings().maxmemory_policy)) {
    if (options.frequency >= 0)
      entry->set_clock(LfuMinutes(ctx.now_ms) << 8 | static_cast<uint32_t>(options.frequency));
  } else if (options.idle_s >= 0) {
    // Longer than the clock's range is as long as it can tell.
    const auto idle = static_cast<uint32_t>(std::min<int64_t>(options.idle_s, kClockMask));
    entry->set_clock((LruClock(ctx.now_ms) - idle) & kClockMask);
  }
}

void Restore(Context& ctx) {
  const std::string_view key = ctx.args[1];
  const std::string_view payload = ctx.args[3];
  RestoreOptions options;
  int64_t deadline_ms;
  if (!ParseRestore(ctx, &options)) return;
  if (!options.replace && ctx.Write(key, lookup::kWholeValue) != nullptr)
    return ctx.Error("BUSYKEY Target key name already exists.");
  if (!ctx.IntegerArg(2, &deadline_ms)) return;
  if (deadline_ms < 0) return ctx.Error("ERR Invalid TTL value, must be >= 0");
  if (!IsIntactPayload(payload)) return ctx.Error("ERR DUMP payload version or checksum are wrong");
  PayloadReader reader(payload, ctx.settings());
  RdbValue value;
  if (!reader.Read(&value)) return ctx.Error("ERR Bad data format");

  const bool lazy = ctx.settings().lazyfree_lazy_server_del;
  const bool deleted = options.replace && ctx.Delete(key, lazy);
  const bool expires = deadline_ms != 0;
  // A sum beyond the end of time wraps, as in Redis: it lies in the past then.
  if (expires && !options.absolute)
    deadline_ms = static_cast<int64_t>(static_cast<uint64_t>(deadline_ms) + static_cast<uint64_t>(ctx.now_ms));
  if (expires && deadline_ms <= ctx.now_ms) {
    if (deleted) {
      ctx.Changed(key);
      ctx.Notify(event::kGeneric, "del", key);
      ctx.Effect({lazy ? "UNLINK" : "DEL", key});
    }
    return ctx.reply.Ok();
  }
  const int64_t deadline = expires ? deadline_ms : Entry::kNoDeadline;
  Entry* entry = value.object != nullptr ? ctx.PutObject(key, std::move(value.object), deadline)
                                         : ctx.PutText(key, value.text, deadline);
  SetClock(ctx, options, entry);
  ctx.Changed(key);
  ctx.Notify(event::kGeneric, "restore", key);
  if (ctx.wants_effects())
    ctx.Effect({"RESTORE", key, std::to_string(expires ? deadline_ms : 0), payload, "ABSTTL", "REPLACE"});
  ctx.reply.Ok();
}

}  // namespace

void RegisterSerializationCommands(CommandTable& table) {
  table.Bind("dump", Dump);
  table.Bind("restore", Restore);
  table.Bind("restore-asking", Restore);
}

}  // namespace kvorum
