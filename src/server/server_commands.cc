// TIME, ROLE, LOLWUT, and what there is of MODULE and FUNCTION.
#include "base/version.h"
#include "commands/help.h"
#include "server/server.h"

namespace kvorum {
namespace {

void Time(Context& ctx) {
  const int64_t micros = ServerOf(ctx).clock().UnixMicros();
  ctx.reply.Array(2);
  ctx.reply.BulkInteger(micros / 1000000);
  ctx.reply.BulkInteger(micros % 1000000);
}

void Role(Context& ctx) {
  ctx.reply.Array(3);
  ctx.reply.Bulk("master");
  ctx.reply.Integer(0);
  ctx.reply.EmptyArray();
}

// An assembly in which somebody is missing now and then, but never so many that it could not decide.
std::string Assembly(Random& random) {
  constexpr int kRows = 5;
  constexpr int kSeats = 15;
  std::string text;
  for (int row = 0; row < kRows; ++row) {
    const int seats = kSeats + 4 * row;
    text += std::string(static_cast<size_t>(2 * (kRows - row)), ' ');
    int absent = 0;
    for (int seat = 0; seat < seats; ++seat) {
      const bool away = random.Below(4) == 0 && 2 * (absent + 1) < seats;
      absent += away;
      text += away ? '.' : 'o';
      text += seat + 1 < seats ? " " : "\n";
    }
  }
  return text;
}

void Lolwut(Context& ctx) {
  int64_t version;
  if (ctx.args.size() >= 3 && ctx.Is(1, "VERSION") && !ctx.IntegerArg(2, &version)) return;
  ctx.reply.Verbatim("txt", Assembly(ctx.random()) + "\nA quorum. Kvorum ver. " + std::string(kVersion) +
                                " (Redis ver. " + std::string(kRedisVersion) + ")\n");
}

constexpr int64_t kSearchModuleVersion = 21005;  // 2.10.5
constexpr int64_t kJsonModuleVersion = 20611;    // 2.6.11

void ModuleRow(Context& ctx, std::string_view name, int64_t version) {
  ctx.reply.Map(4);
  ctx.reply.Bulk("name");
  ctx.reply.Bulk(name);
  ctx.reply.Bulk("ver");
  ctx.reply.Integer(version);
  ctx.reply.Bulk("path");
  ctx.reply.Bulk("");
  ctx.reply.Bulk("args");
  ctx.reply.EmptyArray();
}

// Search and JSON are no modules here, but programs look for them by name and version before they use them.
void ModuleList(Context& ctx) {
  ctx.reply.Array(2);
  ModuleRow(ctx, "search", kSearchModuleVersion);
  ModuleRow(ctx, "ReJSON", kJsonModuleVersion);
}

// There are no functions, so there is nothing to flush; test harnesses send it before every test.
void FunctionFlush(Context& ctx) {
  if (ctx.args.size() > 3 || (ctx.args.size() == 3 && !ctx.Is(2, "SYNC") && !ctx.Is(2, "ASYNC"))) {
    return ctx.Error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  ctx.reply.Ok();
}

}  // namespace

void RegisterServerCommands(CommandTable& table) {
  table.Bind("time", Time);
  table.Bind("role", Role);
  table.Bind("lolwut", Lolwut);
  table.Bind("module|list", ModuleList);
  table.Bind("module|help", HelpCommand);
  table.Bind("function|flush", FunctionFlush);
  table.Bind("function|help", HelpCommand);
}

}  // namespace kvorum
