// PING, ECHO, SELECT, HELLO, AUTH, QUIT, RESET.
#include "base/numbers.h"
#include "base/version.h"
#include "shard/client_names.h"
#include "shard/shard.h"

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
  if (!ctx.IntegerArg(1, &index, INT32_MIN, INT32_MAX)) return;
  if (index < 0 || index >= ctx.keyspace.size()) return ctx.Error("ERR DB index is out of range");
  ctx.session.db = static_cast<int>(index);
  ctx.reply.Ok();
}

void Quit(Context& ctx) {
  ctx.reply.Ok();
  ctx.session.CloseAfterReply();
}

// Takes as long whatever the two differ in.
bool SamePassword(std::string_view given, std::string_view wanted) {
  size_t difference = given.size() ^ wanted.size();
  for (size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(i < wanted.size() ? wanted[i] : 0);
  }
  return difference == 0;
}

// There is one user, "default", who needs a password if one is set.
bool Authenticate(Context& ctx, std::string_view user, std::string_view password) {
  const std::string& wanted = ShardOf(ctx).settings().requirepass;
  if (user != "default" || (!wanted.empty() && !SamePassword(password, wanted))) {
    ctx.Error("WRONGPASS invalid username-password pair or user is disabled.");
    return false;
  }
  ctx.session.authenticated = true;
  return true;
}

void Auth(Context& ctx) {
  if (ctx.args.size() > 3) return ctx.SyntaxError();
  if (ctx.args.size() == 2 && ShardOf(ctx).settings().requirepass.empty()) {
    return ctx.Error(
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
        "configuration is correct?");
  }
  const bool named = ctx.args.size() == 3;
  if (Authenticate(ctx, named ? ctx.args[1] : "default", ctx.args[named ? 2 : 1])) ctx.reply.Ok();
}

struct HelloOptions {
  int64_t protocol = 0;
  bool auth = false;
  std::string_view user;
  std::string_view password;
  bool set_name = false;
  std::string_view name;
};

bool ParseHello(Context& ctx, HelloOptions* options) {
  if (ctx.args.size() == 1) return true;
  if (!ctx.IntegerArg(1, &options->protocol, "ERR Protocol version is not an integer or out of range")) return false;
  if (options->protocol < 2 || options->protocol > 3) {
    ctx.Error("NOPROTO unsupported protocol version");
    return false;
  }
  for (size_t i = 2; i < ctx.args.size(); ++i) {
    const size_t more = ctx.args.size() - 1 - i;
    if (ctx.Is(i, "AUTH") && more >= 2) {
      options->auth = true;
      options->user = ctx.args[i + 1];
      options->password = ctx.args[i + 2];
      i += 2;
    } else if (ctx.Is(i, "SETNAME") && more >= 1) {
      options->set_name = true;
      options->name = ctx.args[++i];
      if (IsClientName(options->name)) continue;
      ctx.Error(kBadClientName);
      return false;
    } else {
      ctx.Error("ERR Syntax error in HELLO option '" + std::string(ctx.args[i]) + "'");
      return false;
    }
  }
  return true;
}

void Hello(Context& ctx) {
  HelloOptions options;
  if (!ParseHello(ctx, &options)) return;
  Session& session = ctx.session;
  if (options.auth && !Authenticate(ctx, options.user, options.password)) return;
  if (!session.authenticated) {
    return ctx.Error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> "
        "<pass> option can be used to authenticate the client and select the RESP protocol version at the same time");
  }
  if (options.set_name) session.name = options.name;
  if (options.protocol != 0) session.resp = static_cast<int>(options.protocol);
  ReplyWriter& reply = ctx.reply;
  reply.set_resp(session.resp);
  reply.Map(7);
  reply.Bulk("server");
  reply.Bulk("redis");
  reply.Bulk("version");
  reply.Bulk(kRedisVersion);
  reply.Bulk("proto");
  reply.Integer(session.resp);
  reply.Bulk("id");
  reply.Integer(session.id);
  reply.Bulk("mode");
  reply.Bulk("standalone");
  reply.Bulk("role");
  reply.Bulk("master");
  reply.Bulk("modules");
  reply.Array(0);
}

void Reset(Context& ctx) {
  Session& session = ctx.session;
  Shard& shard = ShardOf(ctx);
  shard.ForgetInterests(session);
  shard.DiscardTransaction(session);
  session.db = 0;
  session.resp = 2;
  ctx.reply.set_resp(2);
  session.authenticated = shard.settings().requirepass.empty();
  session.name.clear();
  session.reply_mode = ReplyMode::kOn;
  session.no_evict = session.no_touch = session.has_own_durability = false;
  ctx.reply.Status("RESET");
}

}  // namespace

void RegisterConnectionCommands(CommandTable& table) {
  table.Bind("ping", Ping);
  table.Bind("echo", Echo);
  table.Bind("select", Select);
  table.Bind("quit", Quit);
  table.Bind("auth", Auth);
  table.Bind("hello", Hello);
  table.Bind("reset", Reset);
}

}  // namespace kvorum
