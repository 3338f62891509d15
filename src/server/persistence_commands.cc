// SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF, SHUTDOWN.
#include "server/log.h"
#include "server/persistence.h"
#include "server/server.h"

namespace kvorum {
namespace {

// nullptr, and the error has been replied: there is none (in tests).
Persistence* PersistenceOf(Context& ctx) {
  Server* server = ShardOf(ctx).server;
  Persistence* persistence = server == nullptr ? nullptr : server->persistence();
  if (persistence == nullptr) ctx.Error("ERR this server has no data folder");
  return persistence;
}

void Save(Context& ctx) {
  Persistence* persistence = PersistenceOf(ctx);
  if (persistence == nullptr) return;
  if (persistence->is_saving()) return ctx.Error("ERR Background save already in progress");
  std::string error;
  if (!persistence->Save(&error)) return ctx.Error("ERR " + error);
  ctx.reply.Ok();
}

// Begins, or, inside of a transaction, schedules a snapshot. False: the error has been replied.
bool Begin(Context& ctx, Persistence& persistence, SaveReason reason) {
  if (ctx.session.executing_multi) {
    persistence.Schedule(reason);
    return true;
  }
  std::string error;
  if (persistence.BeginSnapshot(reason, &error)) return true;
  ctx.Error("ERR " + error);
  return false;
}

void BackgroundSave(Context& ctx) {
  if (ctx.args.size() > 2 || (ctx.args.size() == 2 && !ctx.Is(1, "SCHEDULE"))) return ctx.SyntaxError();
  Persistence* persistence = PersistenceOf(ctx);
  if (persistence == nullptr) return;
  const bool is_rewriting = persistence->is_saving() && persistence->save_reason() >= SaveReason::kRewrite;
  if (persistence->is_saving() && !is_rewriting) return ctx.Error("ERR Background save already in progress");
  if (is_rewriting) {
    if (ctx.args.size() == 1) {
      return ctx.Error(
          "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to "
          "schedule a "
          "BGSAVE whenever possible.");
    }
    persistence->Schedule(SaveReason::kAsked);
    return ctx.reply.Status("Background saving scheduled");
  }
  if (Begin(ctx, *persistence, SaveReason::kAsked)) ctx.reply.Status("Background saving started");
}

// What takes the journal's place is a snapshot.
void BackgroundRewrite(Context& ctx) {
  Persistence* persistence = PersistenceOf(ctx);
  if (persistence == nullptr) return;
  if (persistence->is_saving()) {
    if (persistence->save_reason() >= SaveReason::kRewrite) {
      return ctx.Error("ERR Background append only file rewriting already in progress");
    }
    persistence->Schedule(SaveReason::kRewrite);
    return ctx.reply.Status("Background append only file rewriting scheduled");
  }
  if (Begin(ctx, *persistence, SaveReason::kRewrite)) {
    ctx.reply.Status("Background append only file rewriting started");
  }
}

void LastSave(Context& ctx) {
  const Persistence* persistence = PersistenceOf(ctx);
  if (persistence != nullptr) ctx.reply.Integer(persistence->stats().last_save_unix_ms / 1000);
}

void Shutdown(Context& ctx) {
  uint32_t flags = 0;
  bool abort = false;
  for (size_t i = 1; i < ctx.args.size(); ++i) {
    if (ctx.Is(i, "SAVE")) {
      flags |= shutdown_flag::kSave;
    } else if (ctx.Is(i, "NOSAVE")) {
      flags |= shutdown_flag::kNoSave;
    } else if (ctx.Is(i, "NOW")) {
      flags |= shutdown_flag::kNow;
    } else if (ctx.Is(i, "FORCE")) {
      flags |= shutdown_flag::kForce;
    } else if (ctx.Is(i, "ABORT")) {
      abort = true;
    } else {
      return ctx.SyntaxError();
    }
  }
  constexpr uint32_t kBoth = shutdown_flag::kSave | shutdown_flag::kNoSave;
  if ((flags & kBoth) == kBoth || (abort && flags != 0)) return ctx.SyntaxError();
  // Nothing is waited for before the end, so there is never one in progress.
  if (abort) return ctx.Error("ERR No shutdown in progress.");
  if (!ServerOf(ctx).End(flags)) return ctx.Error("ERR Errors trying to SHUTDOWN. Check logs.");
  ctx.session.CloseNow();
}

}  // namespace

void RegisterPersistenceCommands(CommandTable& table) {
  table.Bind("save", Save);
  table.Bind("bgsave", BackgroundSave);
  table.Bind("bgrewriteaof", BackgroundRewrite);
  table.Bind("lastsave", LastSave);
  table.Bind("shutdown", Shutdown);
}

}  // namespace kvorum
