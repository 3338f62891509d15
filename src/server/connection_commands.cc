// PING, ECHO, SELECT, HELLO, AUTH, QUIT, RESET.
#include "server/server.h"

namespace kvorum {
namespace {

void Ping(Context& ctx) {
  if (ctx.args.size() > 2) return ctx.WrongArity();
  if (ctx.session.resp == 2 && ctx.session.is_subscriber()) {
    ctx.reply.Array(2);
    ctx.reply.Bulk("pong");
    return ctx.reply.Bulk(ctx.args.size() == 2 ? ctx.args[1] : "");
  }
  ctx.args.size() == 1 ? ctx.reply.Status("PONG") : ctx.reply.Bulk(ctx.args[1]);
}

void Echo(Context& ctx) { ctx.reply.Bulk(ctx.args[1]); }

void Select(Context& ctx) {
  int64_t index;
  if (!ctx.IntegerArg(1, &index)) return;
  if (index < 0 || index >= ctx.keyspace.size()) return ctx.Error("ERR DB index is out of range");
  ctx.session.db = static_cast<int>(index);
  ctx.reply.Ok();
}

void Quit(Context& ctx) {
  ctx.reply.Ok();
  ctx.session.CloseAfterReply();
}

}  // namespace

void RegisterConnectionCommands(CommandTable& table) {
  table.Bind("ping", Ping);
  table.Bind("echo", Echo);
  table.Bind("select", Select);
  table.Bind("quit", Quit);
}

}  // namespace kvorum
