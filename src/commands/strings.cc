// The string family.
#include "commands/table.h"

namespace kvorum {
namespace {

void Get(Context& ctx) {
  Entry* entry;
  if (!ctx.ReadString(ctx.args[1], &entry)) return;
  if (entry == nullptr) return ctx.reply.Null();
  if (entry->is_integer()) return ctx.reply.BulkInteger(entry->integer());
  ctx.reply.Bulk(entry->string());
}

void Set(Context& ctx) {
  ctx.PutText(ctx.args[1], ctx.args[2]);
  ctx.Changed(ctx.args[1]);
  ctx.Notify(event::kString, "set", ctx.args[1]);
  ctx.reply.Ok();
}

}  // namespace

void RegisterStringCommands(CommandTable& table) {
  table.Bind("get", Get);
  table.Bind("set", Set);
}

}  // namespace kvorum
