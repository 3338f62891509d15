// What the search commands share. For search_*.cc only.
#pragma once

#include <string_view>

#include "commands/context.h"
#include "shard/search_service.h"

namespace kvorum {

class CommandTable;

SearchService& SearchOf(Context& ctx);
// Up to date. Null: there is none, and the error has been replied.
SearchService::NamedIndex* FindIndex(Context& ctx, std::string_view name);
// An error without a code gets one.
void SearchError(Context& ctx, std::string_view text);

void RegisterSearchQueryCommands(CommandTable& table);  // FT.SEARCH, FT.AGGREGATE, FT.CURSOR
void RegisterSearchInfoCommand(CommandTable& table);    // FT.INFO

}  // namespace kvorum
