// MEMORY USAGE, STATS, DOCTOR, PURGE, MALLOC-STATS.
#include "base/allocator_report.h"
#include "commands/help.h"
#include "server/memory_usage.h"
#include "server/server.h"

namespace kvorum {
namespace {

constexpr int64_t kDefaultSamples = 5;

void MemoryUsageCommand(Context& ctx) {
  int64_t samples = kDefaultSamples;
  for (size_t i = 3; i < ctx.args.size(); i += 2) {
    if (!ctx.Is(i, "SAMPLES") || i + 1 == ctx.args.size()) return ctx.SyntaxError();
    if (!ctx.IntegerArg(i + 1, &samples)) return;
    if (samples < 0) return ctx.SyntaxError();
  }
  const Entry* entry = ctx.Read(ctx.args[2], lookup::kNoTouch | lookup::kNoStats | lookup::kNoNotify);
  if (entry == nullptr) return ctx.reply.Null();
  ctx.reply.Integer(static_cast<int64_t>(entry->MemoryBytes(static_cast<size_t>(samples))));
}

void MemoryStats(Context& ctx) {
  const MemoryUsage usage = MeasureMemory(ServerOf(ctx));
  size_t count = 0;
  const auto place = ctx.reply.Defer();
  auto number = [&](std::string_view name, size_t value) {
    ++count;
    ctx.reply.Bulk(name);
    ctx.reply.Integer(static_cast<int64_t>(value));
  };
  auto fraction = [&](std::string_view name, double value) {
    ++count;
    ctx.reply.Bulk(name);
    ctx.reply.Double(value);
  };
  number("peak.allocated", usage.peak);
  number("total.allocated", usage.allocated);
  number("startup.allocated", usage.startup);
  number("replication.backlog", 0);
  number("clients.slaves", 0);
  number("clients.normal", usage.clients);
  for (std::string_view name : {"cluster.links", "aof.buffer", "lua.caches", "functions.caches"}) number(name, 0);
  for (const MemoryUsage::OfDatabase& database : usage.databases) {
    ++count;
    ctx.reply.Bulk("db." + std::to_string(database.index));
    ctx.reply.Map(3);
    ctx.reply.Bulk("overhead.hashtable.main");
    ctx.reply.Integer(static_cast<int64_t>(database.keys));
    ctx.reply.Bulk("overhead.hashtable.expires");
    ctx.reply.Integer(static_cast<int64_t>(database.deadlines));
    ctx.reply.Bulk("overhead.hashtable.slot-to-keys");
    ctx.reply.Integer(0);
  }
  number("overhead.total", usage.overhead);
  number("keys.count", usage.key_count);
  const size_t data = usage.allocated > usage.startup ? usage.allocated - usage.startup : 0;
  number("keys.bytes-per-key", usage.key_count == 0 ? 0 : data / usage.key_count);
  number("dataset.bytes", usage.dataset);
  fraction("dataset.percentage", usage.DatasetPercent());
  fraction("peak.percentage", usage.PeakPercent());
  number("allocator.allocated", usage.allocated);
  number("allocator.active", usage.resident);
  number("allocator.resident", usage.resident);
  fraction("allocator-fragmentation.ratio", usage.FragmentationRatio());
  const auto excess = usage.resident - usage.allocated;
  number("allocator-fragmentation.bytes", excess);
  fraction("allocator-rss.ratio", 1);
  number("allocator-rss.bytes", 0);
  fraction("rss-overhead.ratio", 1);
  number("rss-overhead.bytes", 0);
  fraction("fragmentation", usage.FragmentationRatio());
  number("fragmentation.bytes", excess);
  ctx.reply.SetDeferredMap(place, count);
}

void MemoryDoctor(Context& ctx) { ctx.reply.Verbatim("txt", MemoryReport(MeasureMemory(ServerOf(ctx)))); }

void MemoryMallocStats(Context& ctx) { ctx.reply.Verbatim("txt", AllocatorReport()); }

void MemoryPurge(Context& ctx) {
  PurgeAllocator();
  ctx.reply.Ok();
}

}  // namespace

void RegisterMemoryCommands(CommandTable& table) {
  table.Bind("memory|usage", MemoryUsageCommand);
  table.Bind("memory|stats", MemoryStats);
  table.Bind("memory|doctor", MemoryDoctor);
  table.Bind("memory|malloc-stats", MemoryMallocStats);
  table.Bind("memory|purge", MemoryPurge);
  table.Bind("memory|help", HelpCommand);
}

}  // namespace kvorum
