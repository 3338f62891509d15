// CONFIG GET, SET, REWRITE, RESETSTAT, HELP.
#include "commands/help.h"
#include "server/config.h"
#include "server/log.h"
#include "server/server.h"

namespace kvorum {
namespace {

void ConfigGet(Context& ctx) {
  const auto matches = ServerOf(ctx).config->Match(ctx.args.subspan(2));
  ctx.reply.Map(matches.size());
  for (const auto& [name, value] : matches) {
    ctx.reply.Bulk(name);
    ctx.reply.Bulk(value);
  }
}

bool MayChangeProtected(Context& ctx) {
  const std::string& allowed = ServerOf(ctx).settings().enable_protected_configs;
  return allowed == "yes" || (allowed == "local" && ctx.session.is_local());
}

void ConfigSet(Context& ctx) {
  if (ctx.args.size() % 2 != 0) return ctx.SyntaxError();
  std::string error;
  Server& server = ServerOf(ctx);
  if (!server.config->Change(ctx.args.subspan(2), MayChangeProtected(ctx), server, &error)) return ctx.Error(error);
  ctx.reply.Ok();
}

void ConfigRewrite(Context& ctx) {
  const Config& config = *ServerOf(ctx).config;
  if (config.file().empty()) return ctx.Error("ERR The server is running without a config file");
  std::string error;
  if (!config.Rewrite(false, &error)) {
    Log(LogLevel::kWarning, "CONFIG REWRITE failed: " + error);
    return ctx.Error("ERR Rewriting config file: " + error);
  }
  Log(LogLevel::kNotice, "CONFIG REWRITE executed with success.");
  ctx.reply.Ok();
}

void ConfigResetStat(Context& ctx) {
  ServerOf(ctx).ResetStats();
  ctx.reply.Ok();
}

}  // namespace

void RegisterConfigCommands(CommandTable& table) {
  table.Bind("config|get", ConfigGet);
  table.Bind("config|set", ConfigSet);
  table.Bind("config|rewrite", ConfigRewrite);
  table.Bind("config|resetstat", ConfigResetStat);
  table.Bind("config|help", HelpCommand);
}

}  // namespace kvorum
