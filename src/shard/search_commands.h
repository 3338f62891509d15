// What the search commands share. For search_*.cc only.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "commands/context.h"
#include "search/plan.h"
#include "shard/search_service.h"
#include "shard/shard.h"
#include "shard/vector_pool.h"
#include "vector/vector_work.h"

namespace kvorum {

class CommandTable;

SearchService& SearchOf(Context& ctx);
// Up to date. Null: there is none, and the error has been replied.
SearchService::NamedIndex* FindIndex(Context& ctx, std::string_view name);
// An error without a code gets one.
void SearchError(Context& ctx, std::string_view text);

class LiveDocuments final : public DocumentSource {
 public:
  LiveDocuments(const SearchService* search, int64_t now_ms) : search_(search), now_ms_(now_ms) {}
  std::unique_ptr<Document> Open(std::string_view key) const override { return search_->Open(key, now_ms_); }
  std::vector<std::unique_ptr<Document>> OpenAll(std::span<const std::string_view> keys) const override {
    return search_->OpenAll(keys, now_ms_);
  }

 private:
  const SearchService* search_;
  int64_t now_ms_;
};

// What a search runs with: the documents as they are, and an end to its patience.
SearchEnvironment EnvironmentOf(Context& ctx, const DocumentSource* documents, const SearchRequest& request);
void WriteAggregateRow(ReplyWriter& reply, const AggregateRow& row);

// The searches of vectors of a command that is run again when each has run.
class SearchJob final : public VectorJob {
 public:
  void Run(SearchContext* context) override { searches.asked->Run(context); }
  void Finish() override { searches.done.push_back(std::move(searches.asked)); }
  VectorSearches searches;
};

// Calls search(VectorSearches*), if it may wait and searches run elsewhere, until it needs no further search of vectors; else once, without. False: the
// command waits for one, and is run again.
template <typename Function>
[[nodiscard]] bool WithVectorSearches(Context& ctx, bool may_wait, Function search) {
  std::unique_ptr<VectorJob> job = may_wait ? ShardOf(ctx).TakeVectorJob(ctx) : nullptr;
  if (job == nullptr) {
    if (!may_wait || !ShardOf(ctx).vector_pool().works_apart()) {
      search(nullptr);
      return true;
    }
    job = std::make_unique<SearchJob>();
  }
  auto* searches = &static_cast<SearchJob*>(job.get())->searches;
  for (search(searches); searches->asked != nullptr; search(searches)) {
    if (ShardOf(ctx).AwaitVectors(ctx, &job)) return false;
  }
  return true;
}

void RegisterSearchQueryCommands(CommandTable& table);  // FT.SEARCH, FT.AGGREGATE, FT.CURSOR
void RegisterSearchHybridCommand(CommandTable& table);
void RegisterSearchInfoCommand(CommandTable& table);  // FT.INFO

}  // namespace kvorum
