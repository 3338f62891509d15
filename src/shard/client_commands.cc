// CLIENT and its subcommands (but for tracking), and MONITOR.
#include <algorithm>

#include "base/numbers.h"
#include "commands/help.h"
#include "shard/client_info.h"
#include "shard/client_names.h"
#include "shard/shard.h"

namespace kvorum {
namespace {

size_t ArgumentBytes(const Context& ctx) {
  size_t bytes = 0;
  for (std::string_view arg : ctx.args) bytes += arg.size();
  return bytes;
}

void Id(Context& ctx) { ctx.reply.Integer(ctx.session.id); }

void Info(Context& ctx) {
  std::string line;
  AppendClientLine(line, ctx.session, ctx.now_ms, ArgumentBytes(ctx));
  line += '\n';
  ctx.reply.Verbatim("txt", line);
}

void List(Context& ctx) {
  const Shard& shard = ShardOf(ctx);
  std::string lines;
  auto add = [&](const Session& session) {
    AppendClientLine(lines, session, ctx.now_ms, &session == &ctx.session ? ArgumentBytes(ctx) : 0);
    lines += '\n';
  };
  if (ctx.args.size() == 2) {
    for (const auto& [id, session] : shard.sessions()) {
      if (!session->close_now) add(*session);
    }
  } else if (ctx.Is(2, "TYPE") && ctx.args.size() == 4) {
    ClientKind kind;
    if (!ParseClientKind(ctx.args[3], &kind)) {
      return ctx.Error("ERR Unknown client type '" + std::string(ctx.args[3]) + "'");
    }
    for (const auto& [id, session] : shard.sessions()) {
      if (!session->close_now && KindOf(*session) == kind) add(*session);
    }
  } else if (ctx.Is(2, "ID") && ctx.args.size() > 3) {
    for (size_t i = 3; i < ctx.args.size(); ++i) {
      int64_t id;
      if (!ctx.IntegerArg(i, &id, "ERR Invalid client ID")) return;
      if (const Session* session = shard.FindSession(id); session != nullptr) add(*session);
    }
  } else {
    return ctx.SyntaxError();
  }
  ctx.reply.Verbatim("txt", lines);
}

void GetName(Context& ctx) { ctx.session.name.empty() ? ctx.reply.Null() : ctx.reply.Bulk(ctx.session.name); }

void SetName(Context& ctx) {
  if (!IsClientName(ctx.args[2])) return ctx.Error(kBadClientName);
  ctx.session.name = ctx.args[2];
  ctx.reply.Ok();
}

void SetInfo(Context& ctx) {
  const bool is_name = ctx.Is(2, "LIB-NAME");
  if (!is_name && !ctx.Is(2, "LIB-VER")) {
    return ctx.Error("ERR Unrecognized option '" + std::string(ctx.args[2]) + "'");
  }
  if (!IsClientName(ctx.args[3])) {
    return ctx.Error("ERR " + std::string(ctx.args[2]) + " cannot contain spaces, newlines or special characters.");
  }
  (is_name ? ctx.session.library_name : ctx.session.library_version) = ctx.args[3];
  ctx.reply.Ok();
}

// --- KILL -----------------------------------------------------------------------------------------------------------

struct KillFilter {
  bool by_id = false;
  int64_t id = 0;
  bool by_kind = false;
  ClientKind kind = ClientKind::kNormal;
  std::string_view address;        // empty: any
  std::string_view local_address;  // empty: any
  bool skip_me = true;

  bool Matches(const Session& session, const Session& me) const {
    return (!by_id || session.id == id) && (!by_kind || KindOf(session) == kind) &&
           (address.empty() || session.address == address) &&
           (local_address.empty() || session.local_address == local_address) && !(skip_me && &session == &me) &&
           !session.close_now;
  }
};

bool ParseKillOption(Context& ctx, size_t i, KillFilter* filter) {
  const std::string_view value = ctx.args[i + 1];
  if (ctx.Is(i, "ID")) {
    filter->by_id = true;
    return ctx.IntegerArg(i + 1, &filter->id, 1, INT64_MAX, "ERR client-id should be greater than 0");
  }
  if (ctx.Is(i, "TYPE")) {
    filter->by_kind = true;
    if (ParseClientKind(value, &filter->kind)) return true;
    ctx.Error("ERR Unknown client type '" + std::string(value) + "'");
    return false;
  }
  if (ctx.Is(i, "ADDR")) {
    filter->address = value;
    return true;
  }
  if (ctx.Is(i, "LADDR")) {
    filter->local_address = value;
    return true;
  }
  if (ctx.Is(i, "USER")) {
    if (value == "default") return true;
    ctx.Error("ERR No such user '" + std::string(value) + "'");
    return false;
  }
  if (ctx.Is(i, "SKIPME") && (ctx.Is(i + 1, "YES") || ctx.Is(i + 1, "NO"))) {
    filter->skip_me = ctx.Is(i + 1, "YES");
    return true;
  }
  ctx.SyntaxError();
  return false;
}

void Kill(Context& ctx) {
  const bool old_form = ctx.args.size() == 3;
  KillFilter filter;
  if (old_form) {
    filter.address = ctx.args[2];
    filter.skip_me = false;
  } else {
    for (size_t i = 2; i < ctx.args.size(); i += 2) {
      if (i + 1 >= ctx.args.size()) return ctx.SyntaxError();
      if (!ParseKillOption(ctx, i, &filter)) return;
    }
  }
  Shard& shard = ShardOf(ctx);
  int64_t killed = 0;
  for (const auto& [id, session] : shard.sessions()) {
    if (!filter.Matches(*session, ctx.session) || (old_form && filter.address.empty())) continue;
    ++killed;
    // Whoever kills itself still gets the reply.
    session == &ctx.session ? session->CloseAfterReply() : shard.Kill(*session);
    if (old_form) break;
  }
  if (!old_form) return ctx.reply.Integer(killed);
  killed == 0 ? ctx.Error("ERR No such client") : ctx.reply.Ok();
}

// --- The rest -----------------------------------------------------------------------------------------------------------

void PauseClients(Context& ctx) {
  PauseMode mode = PauseMode::kAll;
  if (ctx.args.size() > 4) return ctx.WrongSubcommandArity();
  if (ctx.args.size() == 4) {
    if (!ctx.Is(3, "WRITE") && !ctx.Is(3, "ALL")) return ctx.Error("ERR CLIENT PAUSE mode must be WRITE or ALL");
    if (ctx.Is(3, "WRITE")) mode = PauseMode::kWrites;
  }
  int64_t timeout_ms;
  if (!ctx.IntegerArg(2, &timeout_ms, "ERR timeout is not an integer or out of range")) return;
  if (timeout_ms < 0) return ctx.Error("ERR timeout is negative");
  if (timeout_ms > INT64_MAX - ctx.now_ms) return ctx.Error("ERR timeout is out of range");
  ShardOf(ctx).Pause(mode, ctx.now_ms + timeout_ms);
  ctx.reply.Ok();
}

void UnpauseClients(Context& ctx) {
  ShardOf(ctx).Unpause();
  ctx.reply.Ok();
}

void Reply(Context& ctx) {
  ReplyMode& mode = ctx.session.reply_mode;
  if (ctx.Is(2, "ON")) {
    mode = ReplyMode::kOn;
    ctx.reply.Ok();
  } else if (ctx.Is(2, "OFF")) {
    mode = ReplyMode::kOff;
  } else if (ctx.Is(2, "SKIP")) {
    if (mode != ReplyMode::kOff) mode = ReplyMode::kSkipNext;
  } else {
    ctx.SyntaxError();
  }
}

// Parses ON or OFF in args[2].
bool ParseSwitch(Context& ctx, bool* on) {
  if (!ctx.Is(2, "ON") && !ctx.Is(2, "OFF")) {
    ctx.SyntaxError();
    return false;
  }
  *on = ctx.Is(2, "ON");
  return true;
}

void NoEvict(Context& ctx) {
  if (ParseSwitch(ctx, &ctx.session.no_evict)) ctx.reply.Ok();
}

void ClientDurability(Context& ctx) {
  Shard& shard = ShardOf(ctx);
  if (ctx.args.size() > 3) return ctx.SyntaxError();
  if (ctx.args.size() == 2) return ctx.reply.Bulk(DurabilityName(shard.DurabilityOf(ctx.session)));
  if (ctx.Is(2, "DEFAULT")) {
    ctx.session.has_own_durability = false;
    return ctx.reply.Ok();
  }
  constexpr std::pair<std::string_view, Durability> kPolicies[] = {
      {"MEMORY", Durability::kMemory}, {"PERIODIC", Durability::kPeriodic}, {"SYNC", Durability::kSync}};
  for (const auto& [word, durability] : kPolicies) {
    if (!ctx.Is(2, word)) continue;
    if (durability != Durability::kMemory && shard.log() == nullptr) {
      return ctx.Error("ERR this server keeps no journal (durability memory), so a connection cannot have one");
    }
    ctx.session.has_own_durability = true;
    ctx.session.own_durability = durability;
    return ctx.reply.Ok();
  }
  ctx.SyntaxError();
}

void NoTouch(Context& ctx) {
  if (ParseSwitch(ctx, &ctx.session.no_touch)) ctx.reply.Ok();
}

void UnblockClient(Context& ctx) {
  bool with_error = false;
  if (ctx.args.size() > 4) return ctx.WrongSubcommandArity();
  if (ctx.args.size() == 4) {
    with_error = ctx.Is(3, "ERROR");
    if (!with_error && !ctx.Is(3, "TIMEOUT")) {
      return ctx.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
  }
  int64_t id;
  if (!ctx.IntegerArg(2, &id)) return;
  Session* session = ShardOf(ctx).FindSession(id);
  // A pause is not a wait that could end for one alone.
  if (session == nullptr || session->blocked == BlockReason::kNone || session->blocked == BlockReason::kPaused ||
      session->blocked == BlockReason::kVectors) {
    return ctx.reply.Integer(0);
  }
  ShardOf(ctx).Unblock(*session, with_error ? "UNBLOCKED client unblocked via CLIENT UNBLOCK" : "");
  ctx.reply.Integer(1);
}

void Monitor(Context& ctx) {
  if (ctx.session.executing_multi) return ctx.Error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  if (ctx.session.is_monitor) return;
  ShardOf(ctx).AddMonitor(ctx.session);
  ctx.reply.Ok();
}

}  // namespace

void RegisterClientCommands(CommandTable& table) {
  table.Bind("client|help", HelpCommand);
  table.Bind("client|id", Id);
  table.Bind("client|info", Info);
  table.Bind("client|list", List);
  table.Bind("client|getname", GetName);
  table.Bind("client|setname", SetName);
  table.Bind("client|setinfo", SetInfo);
  table.Bind("client|kill", Kill);
  table.Bind("client|pause", PauseClients);
  table.Bind("client|unpause", UnpauseClients);
  table.Bind("client|reply", Reply);
  table.Bind("client|no-evict", NoEvict);
  table.Bind("client|durability", ClientDurability);
  table.Bind("client|no-touch", NoTouch);
  table.Bind("client|unblock", UnblockClient);
  table.Bind("monitor", Monitor);
}

}  // namespace kvorum
