// The subcommands of DEBUG that tell how values are kept. They neither count as reads nor renew a clock.
#pragma once

#include "commands/context.h"

namespace kvorum {

void DebugObject(Context& ctx);
void DebugHtStats(Context& ctx);
void DebugHtStatsKey(Context& ctx);
void DebugListPack(Context& ctx);
void DebugQuickList(Context& ctx);
void DebugStringLength(Context& ctx);
void DebugStructSize(Context& ctx);

}  // namespace kvorum
