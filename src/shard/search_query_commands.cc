// FT.SEARCH, FT.AGGREGATE, FT.CURSOR.
#include <string>
#include <utility>
#include <vector>

#include "base/numbers.h"
#include "commands/table.h"
#include "search/aggregate.h"
#include "search/search.h"
#include "search/words.h"
#include "shard/search_commands.h"
#include "shard/shard.h"

namespace kvorum {

SearchEnvironment EnvironmentOf(Context& ctx, const DocumentSource* documents, const SearchRequest& request) {
  SearchEnvironment environment{.documents = documents, .context = ShardOf(ctx).vector_pool().context()};
  const uint64_t timeout_ms = request.timeout_ms.value_or(SearchOf(ctx).settings.timeout_ms);
  if (timeout_ms == 0) return environment;
  Clock& clock = ShardOf(ctx).clock();
  const int64_t end_micros =
      clock.MonotonicMicros() + static_cast<int64_t>(std::min<uint64_t>(timeout_ms, INT32_MAX)) * 1000;
  environment.is_late = [&clock, end_micros] { return clock.MonotonicMicros() > end_micros; };
  return environment;
}

namespace {

void WriteValue(ReplyWriter& reply, const Value& value) {
  if (value.IsNull()) return reply.Null();
  if (!value.IsList()) return reply.Bulk(value.ToText());
  reply.Array(value.list().size());
  for (const Value& item : value.list()) WriteValue(reply, item);
}

}  // namespace

void WriteAggregateRow(ReplyWriter& reply, const AggregateRow& row) {
  reply.Map(row.fields.size());
  for (const auto& [name, value] : row.fields) {
    reply.Bulk(name);
    WriteValue(reply, value);
  }
}

namespace {

std::string ScoreText(double score) {
  char text[kMaxDoubleChars];
  return std::string(text, FormatDouble(score, text));
}

class SearchReply {
 public:
  SearchReply(Context& ctx, SearchIndex* index, const SearchRequest& request, const DocumentSource& documents)
      : reply_(ctx.reply), request_(request), formatter_(index, &request), documents_(documents) {}

  void Write(const SearchResults& results) {
    if (reply_.resp() == 3) return WriteMap(results);
    const size_t row_size = 1 + size_t{request_.with_scores} + size_t{request_.with_payloads} +
                            size_t{request_.with_sort_keys} + size_t{!request_.no_content};
    reply_.Array(1 + results.rows.size() * row_size);
    reply_.Integer(static_cast<int64_t>(results.total));
    for (const SearchRow& row : results.rows) {
      reply_.Bulk(row.document->key);
      WriteExtras(row, false);
      if (!request_.no_content) WriteFields(row);
    }
  }

 private:
  void WriteScore(const SearchRow& row) {
    if (!request_.explain_score)
      return reply_.resp() == 3 ? reply_.Double(row.score) : reply_.Bulk(ScoreText(row.score));
    reply_.Array(2);
    reply_.resp() == 3 ? reply_.Double(row.score) : reply_.Bulk(ScoreText(row.score));
    reply_.Array(1);
    reply_.Bulk("Final score " + ScoreText(row.score) + ", the document's own score being " +
                ScoreText(static_cast<double>(row.document->score)));
  }

  void WriteExtras(const SearchRow& row, bool named) {
    if (request_.with_scores) {
      if (named) reply_.Bulk("score");
      WriteScore(row);
    }
    if (request_.with_payloads) {
      if (named) reply_.Bulk("payload");
      row.document->payload.empty() ? reply_.Null() : reply_.Bulk(row.document->payload);
    }
    if (request_.with_sort_keys) {
      if (named) reply_.Bulk("sortkey");
      row.sort_key.IsNull() ? reply_.Null()
                            : reply_.Bulk((row.sort_key.IsNumber() ? "#" : "$") + row.sort_key.ToText());
    }
  }

  // A document that has expired since, or is no longer one, is null.
  void WriteFields(const SearchRow& row) {
    const std::unique_ptr<Document> document = documents_.Open(row.document->key);
    if (document == nullptr) return reply_.resp() == 3 ? reply_.Null() : reply_.NullArray();
    const auto fields = formatter_.Fields(row, *document);
    reply_.Map(fields.size());
    for (const auto& [name, value] : fields) {
      reply_.Bulk(name);
      reply_.Bulk(value);
    }
  }

  void WriteMap(const SearchResults& results) {
    reply_.Map(5);
    reply_.Bulk("attributes");
    reply_.EmptyArray();
    reply_.Bulk("warning");
    reply_.Array(results.timed_out ? 1 : 0);
    if (results.timed_out) reply_.Bulk("Timeout limit was reached");
    reply_.Bulk("total_results");
    reply_.Integer(static_cast<int64_t>(results.total));
    reply_.Bulk("format");
    reply_.Bulk("STRING");
    reply_.Bulk("results");
    reply_.Array(results.rows.size());
    for (const SearchRow& row : results.rows) {
      reply_.Map(2 + size_t{request_.with_scores} + size_t{request_.with_payloads} + size_t{request_.with_sort_keys} +
                 size_t{!request_.no_content});
      reply_.Bulk("id");
      reply_.Bulk(row.document->key);
      WriteExtras(row, true);
      if (!request_.no_content) {
        reply_.Bulk("extra_attributes");
        WriteFields(row);
      }
      reply_.Bulk("values");
      reply_.EmptyArray();
    }
  }

  ReplyWriter& reply_;
  const SearchRequest& request_;
  RowFormatter formatter_;
  const DocumentSource& documents_;
};

void SearchWith(Context& ctx, SearchService::NamedIndex* index, Arguments words, bool may_wait = true) {
  SearchRequest request;
  SearchResults results;
  std::string error;
  if (!ParseSearchRequest(words, SearchOf(ctx).settings.default_dialect, &request, &error)) {
    return SearchError(ctx, error);
  }
  const LiveDocuments documents(&SearchOf(ctx), ctx.now_ms);
  bool found = false;
  SearchEnvironment environment = EnvironmentOf(ctx, &documents, request);
  auto search = [&](VectorSearches* searches) {
    environment.searches = searches;
    found = Search(index->index.get(), request, environment, &results, &error);
  };
  if (!WithVectorSearches(ctx, may_wait, search)) return;
  ++index->uses;
  if (!found) return SearchError(ctx, error);
  SearchReply(ctx, index->index.get(), request, documents).Write(results);
}

void SearchCommand(Context& ctx) {
  SearchService::NamedIndex* index = FindIndex(ctx, ctx.args[1]);
  if (index != nullptr) SearchWith(ctx, index, ctx.args.subspan(2));
}

void WriteRows(ReplyWriter& reply, std::span<const AggregateRow> rows, uint64_t total, bool timed_out) {
  if (reply.resp() != 3) {
    reply.Array(1 + rows.size());
    reply.Integer(static_cast<int64_t>(total));
    for (const AggregateRow& row : rows) WriteAggregateRow(reply, row);
    return;
  }
  reply.Map(5);
  reply.Bulk("attributes");
  reply.EmptyArray();
  reply.Bulk("warning");
  reply.Array(timed_out ? 1 : 0);
  if (timed_out) reply.Bulk("Timeout limit was reached");
  reply.Bulk("total_results");
  reply.Integer(static_cast<int64_t>(total));
  reply.Bulk("format");
  reply.Bulk("STRING");
  reply.Bulk("results");
  reply.Array(rows.size());
  for (const AggregateRow& row : rows) {
    reply.Map(2);
    reply.Bulk("extra_attributes");
    WriteAggregateRow(reply, row);
    reply.Bulk("values");
    reply.EmptyArray();
  }
}

void AggregateWith(Context& ctx, SearchService::NamedIndex* index, Arguments words, bool may_wait = true) {
  SearchService& search = SearchOf(ctx);
  AggregateRequest request;
  AggregateResults results;
  std::string error;
  if (!ParseAggregateRequest(words, search.settings.default_dialect, &request, &error)) {
    return SearchError(ctx, error);
  }
  const std::string& name = index->index->name();
  if (request.with_cursor && search.CursorsOf(name) >= kMaxSearchCursors) {
    return SearchError(ctx,
                       "INDEX_CURSOR_LIMIT of " + std::to_string(kMaxSearchCursors) + " has been reached for an index");
  }
  const LiveDocuments documents(&search, ctx.now_ms);
  bool found = false;
  SearchEnvironment environment = EnvironmentOf(ctx, &documents, request.search);
  auto aggregate = [&](VectorSearches* searches) {
    environment.searches = searches;
    found = Aggregate(index->index.get(), request, environment, &ctx.random(), &results, &error);
  };
  if (!WithVectorSearches(ctx, may_wait, aggregate)) return;
  ++index->uses;
  if (!found) return SearchError(ctx, error);
  if (!request.with_cursor) return WriteRows(ctx.reply, results.rows, results.total, results.timed_out);
  const size_t now = std::min<size_t>(results.rows.size(), request.cursor_count);
  ctx.reply.Array(2);
  WriteRows(ctx.reply, std::span(results.rows).first(now), results.total, results.timed_out);
  if (now == results.rows.size()) return ctx.reply.Integer(0);
  SearchCursor cursor{.index = name,
                      .rows = std::move(results.rows),
                      .next = now,
                      .count = request.cursor_count,
                      .max_idle_ms = static_cast<int64_t>(request.cursor_max_idle_ms),
                      .used_ms = ctx.now_ms};
  ctx.reply.Integer(static_cast<int64_t>(search.AddCursor(std::move(cursor))));
}

void AggregateCommand(Context& ctx) {
  SearchService::NamedIndex* index = FindIndex(ctx, ctx.args[1]);
  if (index != nullptr) AggregateWith(ctx, index, ctx.args.subspan(2));
}

// The reply of the search, and what it took. What would be an error is found before anything is replied.
void Profile(Context& ctx) {
  const bool is_search = ctx.Is(2, "SEARCH");
  const size_t at = ctx.Is(3, "LIMITED") ? 4 : 3;
  if ((!is_search && !ctx.Is(2, "AGGREGATE")) || !ctx.Is(at, "QUERY") || ctx.args.size() <= at + 1) {
    return SearchError(ctx, "The QUERY keyword is expected");
  }
  SearchService::NamedIndex* index = FindIndex(ctx, ctx.args[1]);
  if (index == nullptr) return;
  const Arguments words = ctx.args.subspan(at + 1);
  const int64_t begin = ShardOf(ctx).clock().MonotonicMicros();
  SearchRequest parsed;
  AggregateRequest aggregate;
  std::string error;
  const int dialect = SearchOf(ctx).settings.default_dialect;
  const bool good = is_search ? ParseSearchRequest(words, dialect, &parsed, &error)
                              : ParseAggregateRequest(words, dialect, &aggregate, &error);
  const SearchRequest& request = is_search ? parsed : aggregate.search;
  const QueryPtr query = good ? ParseRequestQuery(*index->index, request, &error) : nullptr;
  if (query == nullptr) return SearchError(ctx, error);
  const std::string tree =
      ExplainQuery(*query, index->index->schema(), request.language.value_or(index->index->schema().language));
  const int64_t parsed_at = ShardOf(ctx).clock().MonotonicMicros();
  ctx.reply.Array(2);
  is_search ? SearchWith(ctx, index, words, false) : AggregateWith(ctx, index, words, false);
  const int64_t end = ShardOf(ctx).clock().MonotonicMicros();
  auto millis = [](int64_t micros) { return static_cast<double>(micros) / 1000; };
  ctx.reply.Map(3);
  ctx.reply.Bulk("Total profile time");
  ctx.reply.Double(millis(end - begin));
  ctx.reply.Bulk("Parsing time");
  ctx.reply.Double(millis(parsed_at - begin));
  ctx.reply.Bulk("Query");
  ctx.reply.Bulk(tree);
}

// The cursor named by the third and fourth words; null when the error has been replied.
SearchCursor* CursorOf(Context& ctx, uint64_t* id) {
  SearchService::NamedIndex* index = FindIndex(ctx, ctx.args[2]);
  if (index == nullptr) return nullptr;
  SearchCursor* cursor = ParseUint64(ctx.args[3], id) ? SearchOf(ctx).FindCursor(*id, index->index->name()) : nullptr;
  if (cursor == nullptr) SearchError(ctx, "Cursor not found, id: " + std::string(ctx.args[3]));
  return cursor;
}

void CursorRead(Context& ctx) {
  uint64_t id;
  SearchCursor* cursor = CursorOf(ctx, &id);
  if (cursor == nullptr) return;
  uint64_t count = cursor->count;
  if (ctx.args.size() > 4) {
    if (ctx.args.size() != 6 || !ctx.Is(4, "COUNT") || !ParseUint64(ctx.args[5], &count) || count == 0) {
      return SearchError(ctx, "Bad value for COUNT");
    }
  }
  const size_t now = std::min<size_t>(cursor->rows.size() - cursor->next, count);
  ctx.reply.Array(2);
  WriteRows(ctx.reply, std::span(cursor->rows).subspan(cursor->next, now), 0, false);
  cursor->next += now;
  cursor->used_ms = ctx.now_ms;
  const bool done = cursor->next == cursor->rows.size();
  if (done) SearchOf(ctx).RemoveCursor(id);
  ctx.reply.Integer(done ? 0 : static_cast<int64_t>(id));
}

void CursorDel(Context& ctx) {
  uint64_t id;
  if (CursorOf(ctx, &id) == nullptr) return;
  SearchOf(ctx).RemoveCursor(id);
  ctx.reply.Ok();
}

}  // namespace

void RegisterSearchQueryCommands(CommandTable& table) {
  table.Bind("ft.search", SearchCommand);
  table.Bind("ft.aggregate", AggregateCommand);
  table.Bind("ft.profile", Profile);
  table.Bind("ft.cursor|read", CursorRead);
  table.Bind("ft.cursor|del", CursorDel);
}

}  // namespace kvorum
