// LATENCY LATEST, HISTORY, RESET, GRAPH, DOCTOR, HISTOGRAM.
#include "base/latency_histogram.h"
#include "commands/help.h"
#include "shard/latency.h"
#include "shard/shard.h"

namespace kvorum {
namespace {

void LatencyLatest(Context& ctx) {
  const auto& events = ShardOf(ctx).latency().events();
  ctx.reply.Array(events.size());
  for (const auto& [name, event] : events) {
    ctx.reply.Array(4);
    ctx.reply.Bulk(name);
    ctx.reply.Integer(event.last().unix_seconds);
    ctx.reply.Integer(event.last().ms);
    ctx.reply.Integer(event.max_ms());
  }
}

void LatencyHistory(Context& ctx) {
  const LatencyMonitor::Event* event = ShardOf(ctx).latency().Find(ctx.args[2]);
  const size_t count = event == nullptr ? 0 : event->size();
  ctx.reply.Array(count);
  for (size_t i = 0; i < count; ++i) {
    ctx.reply.Array(2);
    ctx.reply.Integer(event->sample(i).unix_seconds);
    ctx.reply.Integer(event->sample(i).ms);
  }
}

void LatencyReset(Context& ctx) {
  LatencyMonitor& monitor = ShardOf(ctx).latency();
  int64_t forgotten = 0;
  if (ctx.args.size() == 2) {
    forgotten = static_cast<int64_t>(monitor.events().size());
    monitor.Clear();
  }
  for (std::string_view name : ctx.args.subspan(2)) forgotten += monitor.Forget(name);
  ctx.reply.Integer(forgotten);
}

void LatencyGraphCommand(Context& ctx) {
  const LatencyMonitor::Event* event = ShardOf(ctx).latency().Find(ctx.args[2]);
  if (event == nullptr) return ctx.Error("ERR No samples available for event '" + std::string(ctx.args[2]) + "'");
  ctx.reply.Verbatim("txt", LatencyGraph(ctx.args[2], *event, ctx.now_ms / 1000));
}

void LatencyDoctor(Context& ctx) {
  const ShardSettings& settings = ShardOf(ctx).settings();
  ctx.reply.Verbatim(
      "txt", LatencyReport(ShardOf(ctx).latency(),
                           {ctx.now_ms / 1000, settings.latency_monitor_threshold, settings.slowlog_log_slower_than}));
}

void ReplyHistogram(Context& ctx, const Command& command, size_t* count) {
  if (command.latency == nullptr || command.latency->total() == 0) return;
  ++*count;
  ctx.reply.Bulk(command.name());
  ctx.reply.Map(2);
  ctx.reply.Bulk("calls");
  ctx.reply.Integer(static_cast<int64_t>(command.latency->total()));
  ctx.reply.Bulk("histogram_usec");
  const auto steps = command.latency->Steps();
  ctx.reply.Map(steps.size());
  for (const auto& [highest_ns, seen] : steps) {
    ctx.reply.Integer(static_cast<int64_t>(highest_ns / 1000));
    ctx.reply.Integer(static_cast<int64_t>(seen));
  }
}

void LatencyHistogramCommand(Context& ctx) {
  const CommandTable& table = ShardOf(ctx).commands();
  const auto place = ctx.reply.Defer();
  size_t count = 0;
  if (ctx.args.size() == 2) {
    for (const auto& command : table.commands()) ReplyHistogram(ctx, *command, &count);
  }
  for (std::string_view name : ctx.args.subspan(2)) {
    const size_t bar = name.find('|');
    const Command* command = table.Find(name.substr(0, bar));
    if (command != nullptr && bar != std::string_view::npos)
      command = table.FindSubcommand(*command, name.substr(bar + 1));
    if (command == nullptr) continue;
    ReplyHistogram(ctx, *command, &count);
    for (const Command* subcommand : command->subcommands) ReplyHistogram(ctx, *subcommand, &count);
  }
  ctx.reply.SetDeferredMap(place, count);
}

}  // namespace

void RegisterLatencyCommands(CommandTable& table) {
  table.Bind("latency|latest", LatencyLatest);
  table.Bind("latency|history", LatencyHistory);
  table.Bind("latency|reset", LatencyReset);
  table.Bind("latency|graph", LatencyGraphCommand);
  table.Bind("latency|doctor", LatencyDoctor);
  table.Bind("latency|histogram", LatencyHistogramCommand);
  table.Bind("latency|help", HelpCommand);
}

}  // namespace kvorum
