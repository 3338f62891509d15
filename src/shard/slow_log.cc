#include "shard/slow_log.h"

#include <algorithm>

#include "commands/help.h"
#include "shard/shard.h"

namespace kvorum {

void SlowLog::Add(const Slow& slow, int64_t max_length) {
  Entry entry{next_id_++, slow.unix_seconds, slow.micros, {}, std::string(slow.address), std::string(slow.client_name)};
  const size_t kept = std::min(slow.args.size(), kMaxArgs);
  for (size_t i = 0; i < kept; ++i) {
    const std::string_view arg = slow.args[i];
    if (kept < slow.args.size() && i == kept - 1) {
      entry.args.push_back("... (" + std::to_string(slow.args.size() - kept + 1) + " more arguments)");
    } else if (arg.size() > kMaxArgBytes) {
      entry.args.push_back(std::string(arg.substr(0, kMaxArgBytes)) + "... (" +
                           std::to_string(arg.size() - kMaxArgBytes) + " more bytes)");
    } else {
      entry.args.emplace_back(arg);
    }
  }
  entries_.push_front(std::move(entry));
  while (entries_.size() > static_cast<size_t>(max_length)) entries_.pop_back();
}

namespace {

void SlowLogGet(Context& ctx) {
  int64_t count = 10;
  if (ctx.args.size() > 3) return ctx.WrongSubcommandArity();
  if (ctx.args.size() == 3 &&
      !ctx.IntegerArg(2, &count, -1, INT64_MAX, "ERR count should be greater than or equal to -1")) {
    return;
  }
  const auto& entries = ShardOf(ctx).slow_log().entries();
  const size_t shown = count < 0 ? entries.size() : std::min(entries.size(), static_cast<size_t>(count));
  ctx.reply.Array(shown);
  for (size_t i = 0; i < shown; ++i) {
    const SlowLog::Entry& entry = entries[i];
    ctx.reply.Array(6);
    ctx.reply.Integer(entry.id);
    ctx.reply.Integer(entry.unix_seconds);
    ctx.reply.Integer(entry.micros);
    ctx.reply.Array(entry.args.size());
    for (const std::string& arg : entry.args) ctx.reply.Bulk(arg);
    ctx.reply.Bulk(entry.address);
    ctx.reply.Bulk(entry.client_name);
  }
}

void SlowLogLen(Context& ctx) { ctx.reply.Integer(static_cast<int64_t>(ShardOf(ctx).slow_log().entries().size())); }

void SlowLogReset(Context& ctx) {
  ShardOf(ctx).slow_log().Clear();
  ctx.reply.Ok();
}

}  // namespace

void RegisterSlowLogCommands(CommandTable& table) {
  table.Bind("slowlog|get", SlowLogGet);
  table.Bind("slowlog|len", SlowLogLen);
  table.Bind("slowlog|reset", SlowLogReset);
  table.Bind("slowlog|help", HelpCommand);
}

}  // namespace kvorum
