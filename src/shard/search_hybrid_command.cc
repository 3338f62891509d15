// FT.HYBRID.
#include <string>

#include "commands/table.h"
#include "search/hybrid.h"
#include "search/value.h"
#include "shard/search_commands.h"
#include "shard/shard.h"

namespace kvorum {
namespace {

void WriteHybrid(ReplyWriter& reply, const AggregateResults& results, double micros) {
  reply.Map(4);
  reply.Bulk("total_results");
  reply.Integer(static_cast<int64_t>(results.total));
  reply.Bulk("results");
  reply.Array(results.rows.size());
  for (const AggregateRow& row : results.rows) WriteAggregateRow(reply, row);
  reply.Bulk("warnings");
  reply.Array(results.timed_out ? 1 : 0);
  if (results.timed_out) reply.Bulk("Timeout limit was reached");
  reply.Bulk("execution_time");
  reply.resp() == 3 ? reply.Double(micros / 1000) : reply.Bulk(NumberText(micros / 1000));
}

void Hybrid(Context& ctx) {
  SearchService::NamedIndex* index = FindIndex(ctx, ctx.args[1]);
  if (index == nullptr) return;
  HybridRequest request;
  AggregateResults results;
  std::string error;
  if (!ParseHybridRequest(ctx.args.subspan(2), &request, &error)) return SearchError(ctx, error);
  if (request.steps.with_cursor) return SearchError(ctx, "WITHCURSOR is not supported by FT.HYBRID");
  Clock& clock = ShardOf(ctx).clock();
  const int64_t begin = clock.MonotonicMicros();
  const LiveDocuments documents(&SearchOf(ctx), ctx.now_ms);
  bool found = false;
  SearchEnvironment environment = EnvironmentOf(ctx, &documents, request.steps.search);
  auto search = [&](VectorSearches* searches) {
    environment.searches = searches;
    found = SearchHybrid(index->index.get(), request, environment, &ctx.random(), &results, &error);
  };
  if (!WithVectorSearches(ctx, true, search)) return;
  ++index->uses;
  if (!found) return SearchError(ctx, error);
  WriteHybrid(ctx.reply, results, static_cast<double>(clock.MonotonicMicros() - begin));
}

}  // namespace

void RegisterSearchHybridCommand(CommandTable& table) { table.Bind("ft.hybrid", Hybrid); }

}  // namespace kvorum
