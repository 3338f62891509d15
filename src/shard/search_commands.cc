// FT.CREATE, FT.ALTER, FT.DROPINDEX, FT._LIST, FT.ALIASADD, FT.ALIASUPDATE, FT.ALIASDEL, FT.TAGVALS, FT.EXPLAIN, FT.EXPLAINCLI, FT.CONFIG.
#include "shard/search_commands.h"

#include <array>
#include <string>
#include <vector>

#include "commands/table.h"
#include "search/words.h"
#include "shard/shard.h"

namespace kvorum {

SearchService& SearchOf(Context& ctx) { return ShardOf(ctx).search(); }

void SearchError(Context& ctx, std::string_view text) { ctx.Error("ERR " + std::string(text)); }

SearchService::NamedIndex* FindIndex(Context& ctx, std::string_view name) {
  SearchService& search = SearchOf(ctx);
  search.CatchUp();
  SearchService::NamedIndex* index = search.Find(name);
  if (index == nullptr) {
    // Clients look for one or the other of these words.
    SearchError(ctx, "Unknown index name '" + std::string(name) + "' (unknown: no such index)");
  }
  return index;
}

namespace {

void Create(Context& ctx) {
  const std::string error = SearchOf(ctx).Create(ctx.args[1], ctx.args.subspan(2));
  if (!error.empty()) return SearchError(ctx, error);
  ctx.CountChanges(1);
  ShardOf(ctx).SearchChanged();
  ctx.reply.Ok();
}

void Alter(Context& ctx) {
  SearchService::NamedIndex* index = FindIndex(ctx, ctx.args[1]);
  if (index == nullptr) return;
  size_t at = 2;
  const bool scans = !ctx.Is(at, "SKIPINITIALSCAN");
  if (!scans) ++at;
  if (!ctx.Is(at, "SCHEMA") || !ctx.Is(at + 1, "ADD")) return SearchError(ctx, "ALTER must be followed by SCHEMA ADD");
  const std::string error = SearchOf(ctx).Alter(index, ctx.args.subspan(at + 2), scans);
  if (!error.empty()) return SearchError(ctx, error);
  ctx.CountChanges(1);
  ctx.reply.Ok();
}

void DropWith(Context& ctx, bool deletes) {
  SearchService::NamedIndex* index = FindIndex(ctx, ctx.args[1]);
  if (index == nullptr) return;
  const std::string name = index->index->name();
  std::vector<std::string> keys;
  if (deletes) {
    const IdTable<DocStats>& all = index->index->all();
    for (DocId id = all.Next(0); id != kNoDoc; id = all.Next(id + 1)) keys.push_back(index->index->Find(id)->key);
  }
  SearchOf(ctx).Drop(index);
  ShardOf(ctx).SearchChanged();
  ctx.CountChanges(1);
  // What is in an index when a follower replays this may differ while it is scanning, so the keys are named.
  ctx.Effect({"FT.DROPINDEX", name});
  for (const std::string& key : keys) {
    if (!ctx.Delete(key, true)) continue;
    ctx.Effect({"DEL", key});
    ctx.Changed(key);
    ctx.Notify(event::kGeneric, "del", key);
  }
  ctx.reply.Ok();
}

void DropIndex(Context& ctx) {
  const bool deletes = ctx.Is(2, "DD");
  if (ctx.args.size() > 3 || (ctx.args.size() == 3 && !deletes)) return ctx.SyntaxError();
  DropWith(ctx, deletes);
}

// The older form, which deletes unless told not to.
void Drop(Context& ctx) {
  const bool keeps = ctx.Is(2, "KEEPDOCS");
  // python3-redis sends an empty word where it does not mean to keep.
  if (ctx.args.size() > 3 || (ctx.args.size() == 3 && !keeps && !ctx.args[2].empty())) return ctx.SyntaxError();
  DropWith(ctx, !keeps);
}

void List(Context& ctx) {
  const auto& indexes = SearchOf(ctx).indexes();
  ctx.reply.Set(indexes.size());
  for (const auto& [name, index] : indexes) ctx.reply.Bulk(name);
}

void AliasAdd(Context& ctx) {
  const std::string error = SearchOf(ctx).AddAlias(ctx.args[1], ctx.args[2]);
  if (!error.empty()) return SearchError(ctx, error);
  ctx.CountChanges(1);
  ctx.reply.Ok();
}

void AliasUpdate(Context& ctx) {
  SearchService& search = SearchOf(ctx);
  if (search.Find(ctx.args[2]) == nullptr) return SearchError(ctx, "Unknown index name (or name is an alias itself)");
  search.RemoveAlias(ctx.args[1]);
  AliasAdd(ctx);
}

void AliasDel(Context& ctx) {
  if (!SearchOf(ctx).RemoveAlias(ctx.args[1])) return SearchError(ctx, "Alias does not exist");
  ctx.CountChanges(1);
  ctx.reply.Ok();
}

void TagVals(Context& ctx) {
  SearchService::NamedIndex* index = FindIndex(ctx, ctx.args[1]);
  if (index == nullptr) return;
  const Field* field = index->index->schema().Find(ctx.args[2]);
  if (field == nullptr) return SearchError(ctx, "No such field");
  const TagIndex* tags = field->type == FieldType::kTag ? index->index->tags(*field) : nullptr;
  if (tags == nullptr) return SearchError(ctx, "Not a tag field");
  // Tags whose documents are all gone, and not swept out yet, are none.
  std::vector<std::string_view> values;
  tags->tags().ForEach([&](const Term& tag) {
    PostingCursor cursor(&tag.postings, TagIndex::kFormat);
    for (DocId id = cursor.Next(); id != kNoDoc; id = cursor.Next()) {
      if (!index->index->all().Has(id)) continue;
      values.push_back(tag.text());
      break;
    }
    return true;
  });
  ctx.reply.Set(values.size());
  for (std::string_view value : values) ctx.reply.Bulk(value);
}

// The tree as text; false when the error has been replied.
bool Explained(Context& ctx, std::string* text) {
  SearchService::NamedIndex* index = FindIndex(ctx, ctx.args[1]);
  if (index == nullptr) return false;
  SearchRequest request;
  std::string error;
  QueryPtr query;
  if (ParseSearchRequest(ctx.args.subspan(2), SearchOf(ctx).settings.default_dialect, &request, &error)) {
    query = ParseRequestQuery(*index->index, request, &error);
  }
  if (query == nullptr) {
    SearchError(ctx, error);
    return false;
  }
  *text = ExplainQuery(*query, index->index->schema(), request.language.value_or(index->index->schema().language));
  return true;
}

void Explain(Context& ctx) {
  std::string text;
  if (Explained(ctx, &text)) ctx.reply.Bulk(text);
}

void ExplainCli(Context& ctx) {
  std::string text;
  if (!Explained(ctx, &text)) return;
  std::vector<std::string_view> lines;
  for (std::string_view rest = text; true;) {
    const size_t end = rest.find('\n');
    lines.push_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  ctx.reply.Array(lines.size());
  for (std::string_view line : lines) ctx.reply.Bulk(line);
}

std::vector<std::pair<std::string, std::string>> Options(const SearchSettings& settings) {
  return {{"DEFAULT_DIALECT", std::to_string(settings.default_dialect)},
          {"MAXEXPANSIONS", std::to_string(kMaxExpansions)},
          {"MAXSEARCHRESULTS", std::to_string(kMaxSearchResults)},
          {"MAXAGGREGATERESULTS", std::to_string(kMaxSearchResults)},
          {"MINPREFIX", std::to_string(kMinPrefixLetters)},
          {"MINSTEMLEN", std::to_string(kMinStemLetters)},
          {"ON_TIMEOUT", "return"},
          {"TIMEOUT", std::to_string(settings.timeout_ms)}};
}

void ConfigGet(Context& ctx) {
  std::vector<std::pair<std::string, std::string>> found;
  for (auto& option : Options(SearchOf(ctx).settings)) {
    if (ctx.args[2] == "*" || SameWord(ctx.args[2], option.first)) found.push_back(std::move(option));
  }
  ctx.reply.resp() == 3 ? ctx.reply.Map(found.size()) : ctx.reply.Array(found.size());
  for (const auto& [name, value] : found) {
    if (ctx.reply.resp() != 3) ctx.reply.Array(2);
    ctx.reply.Bulk(name);
    ctx.reply.Bulk(value);
  }
}

void ConfigSet(Context& ctx) {
  SearchSettings& settings = SearchOf(ctx).settings;
  int64_t number;
  if (SameWord(ctx.args[2], "DEFAULT_DIALECT")) {
    if (!ParseInt64(ctx.args[3], &number) || number < kMinDialect || number > kMaxDialect) {
      return SearchError(ctx, "Default dialect version cannot be higher than 4 or lower than 1");
    }
    settings.default_dialect = static_cast<int>(number);
  } else if (SameWord(ctx.args[2], "TIMEOUT")) {
    if (!ParseInt64(ctx.args[3], &number) || number < 0) return SearchError(ctx, "Invalid TIMEOUT value");
    settings.timeout_ms = static_cast<uint64_t>(number);
  } else {
    for (const auto& [name, value] : Options(settings)) {
      if (SameWord(ctx.args[2], name)) return SearchError(ctx, "Not modifiable at runtime");
    }
    return SearchError(ctx, "No such option");
  }
  ctx.reply.Ok();
}

}  // namespace

void RegisterSearchCommands(CommandTable& table) {
  table.Bind("ft.create", Create);
  table.Bind("ft.alter", Alter);
  table.Bind("ft.dropindex", DropIndex);
  table.Bind("ft.drop", Drop);
  table.Bind("ft._list", List);
  table.Bind("ft.aliasadd", AliasAdd);
  table.Bind("ft.aliasupdate", AliasUpdate);
  table.Bind("ft.aliasdel", AliasDel);
  table.Bind("ft.tagvals", TagVals);
  table.Bind("ft.explain", Explain);
  table.Bind("ft.explaincli", ExplainCli);
  table.Bind("ft.config|get", ConfigGet);
  table.Bind("ft.config|set", ConfigSet);
  RegisterSearchQueryCommands(table);
  RegisterSearchHybridCommand(table);
  RegisterSearchInfoCommand(table);
}

}  // namespace kvorum
